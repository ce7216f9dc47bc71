import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { readFeed, type Positions } from '../../../src/audit/stream/feed.ts';
import { cursorSeal } from '../../../src/core/queries/cursor-seal.ts';
import type { CoreParts } from '../../../src/core/parts.ts';
import { tablesOf } from '../../../src/compose/connections.ts';
import type { Asker, Page } from '../../../src/core/core.ts';
import type { Tables } from '../../../src/ledger/client.ts';
import { startEmbedded } from '../../../src/local/embedded.ts';
import type { AuditEvent } from '../../../src/model/audit-event.ts';
import { listAuditEvents } from '../../../src/core/queries/audit-events.ts';
import { KOA, onboardKoaAndPol, PLATFORM, POL, startService, STRANGER } from '../../support/service.ts';
import { chainOf, fillLog } from '../log.ts';
import { runs } from '../../support/extent.ts';

type Query = Readonly<Record<string, unknown>>;

/** Tables of their own, with a count of the items that DynamoDB looked at. */
async function countedTables(t: Test): Promise<{ readonly tables: Tables; readonly looked: () => number }> {
  const embedded = await startEmbedded({ executor: false });
  t.teardown(() => embedded.close());
  const tables = tablesOf(embedded.config, embedded.endpoints);
  let count = 0;
  const send = tables.documents.send.bind(tables.documents) as (
    command: unknown,
  ) => Promise<{ readonly ScannedCount?: number; readonly Responses?: Readonly<Record<string, readonly unknown[]>> }>;
  const documents = Object.assign(Object.create(tables.documents) as object, {
    send: async (command: unknown) => {
      const answer = await send(command);
      count += answer.ScannedCount ?? 0;
      for (const items of Object.values(answer.Responses ?? {})) count += items.length;
      return answer;
    },
  }) as Tables['documents'];
  return { tables: { ...tables, documents }, looked: () => count };
}

/** Asks the query itself, for a page. */
async function pageOf(tables: Tables, query: Query, now = new Date()): Promise<Page<AuditEvent>> {
  const pause = (): Promise<void> => Promise.resolve();
  const parts = { tables, now: () => now, pause, cursors: cursorSeal(tables, () => now) } as unknown as CoreParts;
  if (listAuditEvents.about !== 'anything') throw new Error('It is about anything.');
  const { value } = await listAuditEvents.answer({ parts, asker: {} as Asker, input: { params: {}, query, body: {} } });
  return value as Page<AuditEvent>;
}

async function allPages(tables: Tables, query: Query): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  let after: string | undefined;
  do {
    const page: Page<AuditEvent> = await pageOf(tables, { ...query, ...(after === undefined ? {} : { after }) });
    events.push(...page.items);
    after = page.nextCursor;
  } while (after !== undefined);
  return events;
}

t.test('audit events are found by each filter, alone and together, in both orders, each once', async (t) => {
  const { tables } = await countedTables(t);
  const chains = {
    koa: chainOf('koa', 120),
    'koa.refusals': chainOf('koa.refusals', 15),
    pol: chainOf('pol', 60, '2026-11-01T00:30:30.000Z'),
  };
  await fillLog(tables, chains);
  const all = Object.values(chains)
    .flat()
    .sort((a, b) => (a.time === b.time ? (a.chain < b.chain ? -1 : 1) : a.time < b.time ? -1 : 1));
  const wanted = (query: Query) =>
    all.filter(
      (event) =>
        (query['department'] === undefined || event.department === query['department']) &&
        (query['action'] === undefined || event.action === query['action']) &&
        (query['outcome'] === undefined || event.outcome === query['outcome']) &&
        (query['actorRepositoryId'] === undefined || event.caller?.repositoryId === query['actorRepositoryId']) &&
        (query['subject'] === undefined || event.subject?.id === query['subject']) &&
        (query['from'] === undefined || event.time >= new Date(query['from'] as string).toISOString()) &&
        (query['to'] === undefined || event.time < new Date(query['to'] as string).toISOString()),
    );
  const some = <T>(...values: T[]) => fc.constantFrom<T | undefined>(undefined, ...values);
  const query = fc.record({
    department: some('koa', 'pol'),
    action: some('createGrant', 'createRepository', 'deleteNothing'),
    outcome: some('accepted', 'succeeded', 'failed'),
    actorRepositoryId: some('1003', '1004', '9'),
    subject: some('koa-service-7', 'pol-service-7'),
    from: some('2026-11-01T00:31:00Z', '2026-11-01T01:30:30+01:00'),
    to: some('2026-11-01T01:00:00Z', '2026-11-01T01:00:30.000Z'),
    order: fc.constantFrom('newest', 'oldest'),
    first: fc.constantFrom(1, 7, 50),
  });
  await fc.assert(
    fc.asyncProperty(query, async (record) => {
      const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
      const ids = (await allPages(tables, given)).map(({ id }) => id);
      const expected = wanted(given).map(({ id }) => id);
      t.strictSame(ids, record.order === 'oldest' ? expected : expected.reverse(), JSON.stringify(given));
    }),
    { numRuns: runs(60) },
  );
});

t.test('a page costs the same in a log that is ten times as long', async (t) => {
  const queries: readonly Query[] = [
    {},
    { department: 'koa' },
    { action: 'createGrant' },
    { outcome: 'succeeded' },
    { actorRepositoryId: '1003' },
    { subject: 'koa-service-7' },
    { department: 'koa', action: 'createGrant' },
    { department: 'koa', outcome: 'accepted' },
    { department: 'koa', actorRepositoryId: '1003' },
    { department: 'koa', subject: 'koa-service-7' },
    { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' },
    { action: 'createGrant', outcome: 'failed' },
  ];
  const costs = async (count: number): Promise<readonly number[]> => {
    const { tables, looked } = await countedTables(t);
    await fillLog(tables, { koa: chainOf('koa', count), pol: chainOf('pol', count) });
    const all: number[] = [];
    for (const query of queries) {
      const before = looked();
      await pageOf(tables, { first: 5, ...query });
      all.push(looked() - before);
    }
    return all;
  };
  const [short, long] = [await costs(400), await costs(4_000)];
  t.comment(JSON.stringify({ short, long }));
  for (const [at, query] of queries.entries()) {
    // What an index answers alone costs the page and one entry more, and again what is read of it.
    const bound = 'failed' === query['outcome'] ? 1_005 : 11;
    t.ok((long[at] ?? 0) <= bound, `${JSON.stringify(query)} looks at ${long[at]}`);
  }
});

t.test(
  "a feed gives every event once and in its chain's order, however writers and readers come between each other",
  async (t) => {
    const { tables } = await countedTables(t);
    const whole = {
      koa: chainOf('koa', 200),
      pol: chainOf('pol', 150, '2026-10-31T00:00:00.000Z'),
      'koa.refusals': chainOf('koa.refusals', 90),
      platform: chainOf('platform', 30),
    };
    const written: Record<string, number> = {};
    const got: AuditEvent[] = [];
    let positions: Positions = new Map();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('koa', 'pol', 'koa.refusals', 'platform'),
        fc.nat({ max: 12 }),
        fc.constantFrom(1, 3, 40),
        async (chain, more, limit) => {
          written[chain] = Math.min((written[chain] ?? 0) + more, whole[chain].length);
          await fillLog(tables, { [chain]: whole[chain].slice(0, written[chain]) });
          const page = await readFeed({ tables, department: undefined, positions, from: undefined, limit });
          got.push(...page.events.map(({ event }) => event));
          positions = page.positions;
        },
      ),
      { numRuns: 60 },
    );
    for (;;) {
      const page = await readFeed({ tables, department: undefined, positions, from: undefined, limit: 100 });
      if (page.events.length === 0) break;
      got.push(...page.events.map(({ event }) => event));
      positions = page.positions;
    }
    for (const [chain, count] of Object.entries(written)) {
      t.strictSame(
        got.filter((event) => event.chain === chain).map(({ seq }) => seq),
        Array.from({ length: count }, (_, index) => index + 1),
        chain,
      );
    }
  },
);

t.test('the log is followed through the API', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const begin = await service.ask(PLATFORM, { path: '/v1/audit-events?wait=0&first=100' });
  t.match(begin, { status: 200, body: { nextCursor: String } });
  t.equal(begin.body.items.length, 12);

  await t.test('a request that waits is answered as soon as something happens', async (t) => {
    const waiting = service.ask(PLATFORM, { path: `/v1/audit-events?wait=20&after=${begin.body.nextCursor}` });
    await service.ask(KOA, {
      method: 'POST',
      path: '/v1/departments/koa/repositories',
      body: { name: 'giftcard-service' },
    });
    const answer = await waiting;
    t.match(answer.body.items[0], { id: 'koa/7', action: 'createRepository', outcome: 'accepted' });
  });

  await t.test('a request for which nothing happens has a cursor to go on from', async (t) => {
    const answer = await service.ask(PLATFORM, {
      path: '/v1/audit-events?wait=0&department=pol&from=2999-01-01T00:00:00Z',
    });
    t.match(answer, { status: 200, body: { items: [], nextCursor: String } });
    const again = await service.ask(PLATFORM, {
      path: `/v1/audit-events?wait=0&department=pol&after=${answer.body.nextCursor}`,
    });
    t.same(again.body.items, [], 'and what was before is not given later');
  });

  await t.test('a department follows its own log, its refusals with it', async (t) => {
    await service.ask(
      { ...KOA, ref: 'refs/heads/other' },
      { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'x-y' } },
    );
    const own = await service.ask(KOA, { path: '/v1/departments/koa/audit-events?wait=0&first=100' });
    t.same(new Set(own.body.items.map(({ chain }: AuditEvent) => chain)), new Set(['koa', 'koa.refusals']));
    t.equal((await service.ask(POL, { path: '/v1/departments/koa/audit-events?wait=0' })).status, 404);
    t.equal((await service.ask(STRANGER, { path: '/v1/departments/koa/audit-events' })).status, 404);
    t.equal((await service.ask(KOA, { path: '/v1/audit-events?wait=0' })).status, 403);
  });

  await t.test('the same in GraphQL', async (t) => {
    const answer = await service.graphql(
      PLATFORM,
      '{ auditEvents(wait: 0, first: 3, department: "koa") { nodes { id } pageInfo { endCursor hasNextPage } } }',
    );
    t.match(answer.body.data.auditEvents, {
      nodes: [{ id: 'koa/1' }, { id: 'koa/2' }, { id: 'koa/3' }],
      pageInfo: { hasNextPage: true },
    });
  });

  await t.test('a cursor of another list or of nobody is refused', async (t) => {
    const index = await service.ask(PLATFORM, { path: '/v1/audit-events?first=1' });
    const forged = Buffer.from(JSON.stringify(['audit-feed/*', 'AAAA'])).toString('base64url');
    for (const after of [index.body.nextCursor, 'AAAA', forged]) {
      t.match(await service.ask(PLATFORM, { path: `/v1/audit-events?wait=0&after=${after}` }), {
        status: 400,
        body: { errors: [{ pointer: '/query/after' }] },
      });
    }
    t.equal((await service.ask(PLATFORM, { path: '/v1/audit-events?wait=21' })).status, 400);
  });
});
