import t from 'tap';
import { periodOf } from '../../../src/core/queries/audit-filter.ts';
import { PLATFORM, startService } from '../../support/service.ts';

t.test('a date without a time is its first moment in UTC, and a time keeps its offset', (t) => {
  const filter = { from: '2026-07-01', to: '2026-10-01T02:00:00+02:00' };
  t.strictSame(periodOf(filter), { from: '2026-07-01T00:00:00.000Z', to: '2026-10-01T00:00:00.000Z' });
  t.end();
});

t.test('dates are understood in REST and in GraphQL', async (t) => {
  const service = await startService(t, { executor: false });
  const refused = await service.ask(PLATFORM, { method: 'DELETE', path: '/v1/departments/nosuch' });
  t.ok(refused.status >= 400);
  const count = async (period: string): Promise<number> => {
    const { status, body } = await service.ask(PLATFORM, { path: `/v1/audit-events?${period}` });
    t.equal(status, 200, period);
    return body.items.length as number;
  };
  const all = await count('');
  t.equal(await count('from=2020-01-01'), all);
  t.equal(await count('from=2020-01-01&to=2020-01-02'), 0);
  t.equal(await count('to=2999-01-01'), all);
  const answer = await service.graphql(
    PLATFORM,
    '{ auditEvents(from: "2020-01-01", to: "2020-01-02") { nodes { id } } }',
  );
  t.strictSame(answer.body, { data: { auditEvents: { nodes: [] } } });
});
