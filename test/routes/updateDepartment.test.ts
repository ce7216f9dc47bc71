import t from 'tap';
import {
  deniesWhoMayNot,
  dryRuns,
  finished,
  floods,
  holdsIfMatch,
  learnsNothing,
  needsTheIssuer,
  NOT_PLATFORM,
  othersDepartments,
  refused,
  refusesAnotherRequest,
  refusesBadInput,
  refusesHugeBodies,
  refusesOtherMediaTypes,
  refusesOtherRepresentations,
  refusesUnreadableBodies,
  refusesWithoutToken,
  repeats,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, idOf } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa';
const patch = (body: object, path = PATH): Asked => ({ method: 'PATCH', path, body });
const valid: Valid = { as: PLATFORM, request: patch({ displayName: 'KOA A/S' }) };
const MANAGER = { repositoryId: idOf(KOA.repository), repository: KOA.repository, ref: 'refs/heads/main' };

t.test('200: a dry run shows what it would be, and leaves it', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body, { plan: [], department: { displayName: 'KOA A/S', revision: 2 } });
  t.equal((await world.ask(KOA, { path: PATH })).body.displayName, 'KOA');
});

t.test('200: only what is given changes, and it counts at once', async (t) => {
  const before = (await world.ask(KOA, { path: PATH })).body;
  const answer = await world.ask(PLATFORM, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.strictSame(
    { ...answer.body.department, updatedAt: '' },
    { ...before, displayName: 'KOA A/S', revision: before.revision + 1, updatedAt: '' },
  );
  t.match(answer.body.operation, { status: 'succeeded', plan: [] });
  t.equal((await world.ask(KOA, { path: PATH })).headers['etag'], answer.headers['etag']);
  const create: Asked = { method: 'POST', path: `${PATH}/repositories?dryRun=true`, body: { name: 'koa/one' } };
  await made(world, PLATFORM, patch({ managers: [] }));
  t.equal((await world.ask(KOA, create)).status, 403, 'who was a manager is none any more');
  await made(world, PLATFORM, patch({ managers: [MANAGER] }));
  t.equal((await world.ask(KOA, create)).status, 200, 'and is one again');
});

t.test('200: it is answered at once, also to whom would rather not wait', async (t) => {
  const answer = await world.ask(PLATFORM, { ...patch({ displayName: 'KOA' }), headers: { prefer: 'respond-async' } });
  t.equal(answer.status, 200);
  t.equal(answer.headers['preference-applied'], undefined);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: PLATFORM, request: patch({ selfService: false }) }),
);

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, PLATFORM, {
    nothing: { request: patch({}), pointers: ['/body'] },
    'a namespace': { request: patch({ namespace: 'koa' }), pointers: ['/body/namespace'] },
    'a role name': { request: patch({ roleName: 'other' }), pointers: ['/body/roleName'] },
    'null where nothing can be cleared': { request: patch({ displayName: null }), pointers: ['/body/displayName'] },
    'a switch as a word': { request: patch({ selfService: 'on' }), pointers: ['/body/selfService'] },
    'a manager of any branch': {
      request: patch({ managers: [MANAGER, { repositoryId: '1' }] }),
      pointers: ['/body/managers/1'],
    },
    'a ref of all branches': {
      request: patch({ managers: [{ repositoryId: '1', ref: 'refs/heads/*' }] }),
      pointers: ['/body/managers/0/ref'],
    },
    'too many managers': {
      request: patch({ managers: Array.from({ length: 51 }, () => MANAGER) }),
      pointers: ['/body/managers'],
    },
    'a department that cannot be': {
      request: patch({ displayName: 'x' }, '/v1/departments/K'),
      pointers: ['/path/department'],
    },
    'an unknown parameter': { request: patch({ displayName: 'x' }, `${PATH}?force=true`), pointers: ['/query/force'] },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform changes departments', (t) =>
  deniesWhoMayNot(t, world, NOT_PLATFORM, patch({ displayName: 'Mine' })),
);

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => patch({ displayName: 'Mine' }, `/v1/departments/${department}`)),
    { as: PLATFORM, request: patch({ displayName: 'Mine' }, '/v1/departments/nosuch') },
  ]),
);

t.test('409: a department whose role is still being made cannot be changed', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(PLATFORM, {
    method: 'POST',
    path: '/v1/departments',
    body: { id: 'new', displayName: 'New' },
    headers: { prefer: 'respond-async' },
  });
  const answer = await refused(
    t,
    world,
    PLATFORM,
    patch({ displayName: 'Newer' }, '/v1/departments/new'),
    { status: 409, code: 'in-progress' },
    world.impatient,
  );
  t.equal(answer.body.operation, accepted.body.operation.id, 'it is told what is in progress');
  t.equal(answer.headers['link'], `</v1/operations/${accepted.body.operation.id}>; rel="related"`);
  t.match(answer.headers['retry-after'], /^[1-9]/);
  await world.executor.start();
  await finished(t, world, PLATFORM, accepted);
  t.equal(
    (await world.ask(PLATFORM, patch({ displayName: 'Newer' }, '/v1/departments/new'))).status,
    200,
    'and then it can',
  );
});

t.test('412: a change is made only to what was read', async (t) => {
  const read = await world.ask(PLATFORM, { path: PATH });
  const tag = String(read.headers['etag']);
  await holdsIfMatch(t, world, valid, ['"999"', `W/${tag}`]);
  t.equal(
    (await world.ask(PLATFORM, { ...patch({ displayName: 'KOA 2' }), headers: { 'if-match': tag } })).status,
    200,
    'the tag that was read holds',
  );
  await holdsIfMatch(t, world, valid, [tag]);
  t.equal(
    (await world.ask(PLATFORM, { ...patch({ displayName: 'KOA 3' }), headers: { 'if-match': '*' } })).status,
    200,
    'and so does *',
  );
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: PLATFORM, request: patch({ selfService: true }) }),
);

t.test('422: a manager rule with a wildcard must be meant', async (t) => {
  const managers = [MANAGER, { repositoryId: '1', ref: 'refs/tags/v*' }];
  const answer = await refused(t, world, PLATFORM, patch({ managers }), {
    status: 422,
    code: 'acknowledgement-required',
  });
  t.strictSame(answer.body.acknowledge, ['wildcard-manager']);
  t.equal((await world.ask(PLATFORM, patch({ managers, acknowledge: ['wildcard-manager'] }))).status, 200);
});

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('413: a body beyond 256 KiB is not read', (t) => refusesHugeBodies(t, world, valid));

t.test('415: a body that is not JSON is not read', (t) => refusesOtherMediaTypes(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);

t.test('200: in a flood of operations its managers can still be taken from it', async (t) => {
  await floods(world);
  t.equal((await world.ask(PLATFORM, patch({ managers: [] }))).status, 200);
  t.equal(
    (await world.ask(KOA, { method: 'POST', path: `${PATH}/repositories?dryRun=true`, body: { name: 'koa/one' } }))
      .status,
    403,
  );
});
