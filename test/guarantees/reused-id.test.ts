/** The id of a deleted department is reserved; given out again, it hands over nothing of the department that had it before. */
import t from 'tap';
import { idOf, KOA, onboard, PLATFORM, startService, type Answer, type Ask } from '../support/service.ts';
import type { Job } from '../../src/local/github/job.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const NEW_MANAGER: Job = { repository: 'NewOrg/platform', ref: 'refs/heads/main' };
const NEW_MEMBER: Job = { repository: 'NewOrg/app', ref: 'refs/heads/main' };
const EVENTS = '/v1/departments/koa/audit-events';

t.test('a department whose id another one had before', async (t) => {
  const service = await startService(t);
  const done = async (as: Job, request: Ask): Promise<Answer> => {
    const answer = await service.ask(as, request);
    t.ok(answer.status < 300, `${request.path} answered ${answer.status}`);
    return answer;
  };
  await onboard(service, { id: 'koa', organisation: 'JPPOL-KOA', manager: KOA });
  const secret: Ask = {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'secret-merger' },
    headers: { 'idempotency-key': 'one' },
  };
  const before = (await done(KOA, secret)).body.operation.id as string;
  const removal: Ask = {
    method: 'DELETE',
    path: '/v1/repositories/secret-merger',
    headers: { 'idempotency-key': 'two' },
  };
  t.equal((await service.ask(MEMBER, { method: 'DELETE', path: '/v1/repositories/secret-merger' })).status, 403);
  await done(KOA, removal);
  const followed = (await done(PLATFORM, { path: `${EVENTS}?wait=0&first=1` })).body.nextCursor as string;
  const listed = (await done(PLATFORM, { path: `${EVENTS}?order=oldest&first=1` })).body.nextCursor as string;
  await done(PLATFORM, { method: 'DELETE', path: '/v1/departments/koa' });

  const again: Ask = {
    method: 'POST',
    path: '/v1/departments',
    body: {
      id: 'koa',
      displayName: 'Another company',
      managers: [NEW_MANAGER, KOA].map(({ repository }) => ({
        repositoryId: idOf(repository),
        ref: 'refs/heads/main',
      })),
    },
  };
  const acknowledged = { ...again, body: { ...(again.body as object), acknowledge: ['reused-id'] } };

  await t.test('is made only when the platform says that it is meant, in both APIs', async (t) => {
    for (const dryRun of ['', '?dryRun=true'])
      t.match(await service.ask(PLATFORM, { ...again, path: `/v1/departments${dryRun}` }), {
        status: 422,
        body: { code: 'acknowledgement-required', acknowledge: ['reused-id'] },
      });
    const asked =
      'mutation { createDepartment(input: { id: "koa", displayName: "Another company" }) { operation { id } } }';
    t.match((await service.graphql(PLATFORM, asked)).body.errors[0].extensions, {
      code: 'acknowledgement-required',
      acknowledge: ['reused-id'],
    });
    await done(PLATFORM, acknowledged);
    await done(PLATFORM, {
      method: 'PUT',
      path: '/v1/departments/koa/organisations/NewOrg',
      body: { ownerId: idOf('NewOrg') },
    });
  });

  const isFromBefore = (text: string): boolean => /secret-merger|JPPOL-KOA|"version":[1-6],/.test(text);

  await t.test(
    'shows its members no event from before: list, filters, cursors, feed, export; the platform sees all',
    async (t) => {
      for (const query of [
        'first=100',
        'first=100&order=oldest',
        'first=100&from=2020-01-01T00:00:00Z',
        'first=100&subject=secret-merger',
        'first=100&action=createRepository',
        'first=100&outcome=denied',
        `first=100&actorRepositoryId=${idOf(KOA.repository)}`,
        'first=100&wait=0',
        'first=100&wait=0&from=2020-01-01T00:00:00Z',
        `first=100&wait=0&after=${followed}`,
        `first=100&order=oldest&after=${listed}`,
      ]) {
        const seen = await done(NEW_MEMBER, { path: `${EVENTS}?${query}` });
        t.notOk(isFromBefore(seen.text), query);
        t.ok(isFromBefore((await done(PLATFORM, { path: `${EVENTS}?${query}` })).text), `the platform: ${query}`);
      }
      for (const query of ['', '&from=2020-01-01T00:00:00Z', '&after=koa/1', '&after=koa.refusals/0']) {
        const path = `/v1/departments/koa/audit-events/export?format=ndjson${query}`;
        t.notOk(isFromBefore((await done(NEW_MEMBER, { path })).text), query);
        t.ok(isFromBefore((await done(PLATFORM, { path })).text), `the platform: ${query}`);
      }
      const mine = (await done(NEW_MEMBER, { path: `${EVENTS}?order=oldest&first=100` })).body.items;
      t.match(mine[0], { action: 'createDepartment', outcome: 'accepted' }, 'what is its own begins with its creation');
      t.equal(mine.length, 4);
      t.strictSame((await done(NEW_MEMBER, { path: `${EVENTS}?wait=0&first=100` })).body.items, mine);
    },
  );

  await t.test('shows its members no operation from before, as if there were none; the platform sees it', async (t) => {
    const hidden = await service.ask(NEW_MEMBER, { path: `/v1/operations/${before}` });
    const none = await service.ask(NEW_MEMBER, { path: '/v1/operations/op-01m8ac86wj8ze3vqg1mween0g1' });
    t.equal(hidden.status, 404);
    t.equal(hidden.text, none.text);
    await done(PLATFORM, { path: `/v1/operations/${before}` });
  });

  await t.test('repeats no request from before, and a name that was let go before stays reserved', async (t) => {
    // The same GitHub repository is of both departments.
    await done(PLATFORM, {
      method: 'PUT',
      path: '/v1/departments/koa/organisations/JPPOL-KOA',
      body: { ownerId: idOf('JPPOL-KOA') },
    });
    t.match(await service.ask(KOA, secret), { status: 409, body: { code: 'name-taken' } });
    t.equal((await service.ask(KOA, removal)).status, 404);
    const other = { ...secret, body: { name: 'of-our-own' } };
    const first = await done(KOA, other);
    t.not(first.body.operation.id, before, 'the key is as new');
    t.equal((await done(KOA, other)).body.operation.id, first.body.operation.id, 'and repeats what is its own');
  });

  await t.test('is reserved again when it goes again', async (t) => {
    await done(KOA, { method: 'DELETE', path: '/v1/repositories/of-our-own' });
    await done(PLATFORM, { method: 'DELETE', path: '/v1/departments/koa' });
    t.equal((await service.ask(PLATFORM, again)).body.code, 'acknowledgement-required');
  });
});

t.test('an id whose only creation failed is as free as any', async (t) => {
  const world = await startWorld(t);
  const create: Ask = { method: 'POST', path: '/v1/departments', body: { id: 'edp', displayName: 'EDP' } };
  world.hooks.before = ({ operation }) =>
    operation === 'CreateRole'
      ? { kind: 'fault', code: 'LimitExceeded', status: 409, message: 'Cannot exceed quota for RolesPerAccount: 1000' }
      : undefined;
  t.ok((await world.ask(PLATFORM, create)).status >= 400);
  world.hooks.before = undefined;
  t.equal((await world.ask(PLATFORM, create)).status, 201);
});
