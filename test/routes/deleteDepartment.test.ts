import { GetRoleCommand } from '@aws-sdk/client-iam';
import t from 'tap';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  holdsIfMatch,
  learnsNothing,
  needsTheIssuer,
  NOT_PLATFORM,
  othersDepartments,
  refused,
  refusesAnotherRequest,
  refusesBadInput,
  refusesBodies,
  refusesOtherRepresentations,
  refusesWithoutToken,
  repeats,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const remove = (id: string): Asked => ({ method: 'DELETE', path: `/v1/departments/${id}` });
const create = (id: string, more: object = {}): Promise<unknown> =>
  made(world, PLATFORM, { method: 'POST', path: '/v1/departments', body: { id, displayName: id, ...more } });
const roleOf = async (RoleName: string) => (await world.iam.send(new GetRoleCommand({ RoleName }))).Role;
for (const id of ['brief', 'once', 'later', 'later-still', 'stays']) await create(id);
const valid: Valid = { as: PLATFORM, request: remove('stays') };

t.test('200: a dry run shows that the role would go, and leaves it', async (t) => {
  const answer = await dryRuns(t, world, { as: PLATFORM, request: remove('brief') });
  t.equal(answer.body.department, null);
  t.ok(
    answer.body.plan.some(
      ({ action, resource }: { action: string; resource: string }) =>
        action === 'iam:DeleteRole' && resource === 'brief-github-ecr-access',
    ),
  );
  t.ok(await roleOf('brief-github-ecr-access'));
});

t.test('200: an empty department goes, and its role with it', async (t) => {
  const answer = await world.ask(PLATFORM, remove('brief'));
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, { department: null, operation: { status: 'succeeded' } });
  await t.rejects(roleOf('brief-github-ecr-access'), { name: 'NoSuchEntityException' });
  t.equal((await world.ask(PLATFORM, { path: '/v1/departments/brief' })).status, 404);
});

t.test('200: with its organisations, which are free for others then', async (t) => {
  await create('other');
  const put = (id: string): Asked => ({
    method: 'PUT',
    path: `/v1/departments/${id}/organisations/acme`,
    body: { ownerId: '77' },
  });
  await made(world, PLATFORM, put('other'));
  await made(world, PLATFORM, remove('other'));
  t.equal((await world.ask(PLATFORM, put('stays'))).status, 201);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: PLATFORM, request: remove('once') }),
);

t.test('202: what stands in AWS still is told as an operation', async (t) => {
  await answersBeforeAws(
    t,
    world,
    'department',
    { as: PLATFORM, request: remove('later') },
    { as: PLATFORM, request: remove('later-still') },
  );
  t.equal((await world.ask(PLATFORM, { path: '/v1/departments/later' })).status, 404);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, PLATFORM, {
    'a department that cannot be': { request: remove('K'), pointers: ['/path/department'] },
    'force, which there is not': { request: remove('stays?force=true'), pointers: ['/query/force'] },
    'a dry run that is neither': { request: remove('stays?dryRun=1'), pointers: ['/query/dryRun'] },
    'two tags': {
      request: { ...remove('stays'), headers: { 'if-match': '"1", "2"' } },
      pointers: ['/headers/if-match'],
    },
  });
  await refusesBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform deletes departments', (t) => deniesWhoMayNot(t, world, NOT_PLATFORM, remove('koa')));

t.test('404: a caller of another department learns nothing, and nobody more of what is gone', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments(remove),
    { as: PLATFORM, request: remove('nosuch') },
    { as: PLATFORM, request: remove('brief') },
  ]),
);

t.test('409: a department with repositories or grants stays', async (t) => {
  await made(world, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'giftcard-service' },
  });
  t.match(
    (await refused(t, world, PLATFORM, remove('koa'), { status: 409, code: 'in-use' })).body.detail,
    /1 repositories and 0 grants/,
  );
  await made(world, KOA, { method: 'DELETE', path: '/v1/repositories/giftcard-service' });
  await made(world, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService' },
  });
  await refused(t, world, PLATFORM, remove('koa'), { status: 409, code: 'in-use' });
});

t.test('409: the id and the role name of a deleted department are not given to another', async (t) => {
  await refused(
    t,
    world,
    PLATFORM,
    {
      method: 'POST',
      path: '/v1/departments',
      body: { id: 'heir', displayName: 'Heir', roleName: 'brief-github-ecr-access' },
    },
    { status: 409, code: 'name-taken' },
  );
});

t.test('412: only what was read is deleted', async (t) => {
  await holdsIfMatch(t, world, valid, ['"999"', '"0-0123456789abcdef"']);
  await create('matched');
  const read = await world.ask(PLATFORM, { path: '/v1/departments/matched' });
  t.equal(
    (await world.ask(PLATFORM, { ...remove('matched'), headers: { 'if-match': String(read.headers['etag']) } })).status,
    200,
  );
});

t.test('422: an Idempotency-Key belongs to one request', (t) => refusesAnotherRequest(t, world, valid));

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);
