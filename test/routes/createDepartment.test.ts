import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import t from 'tap';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  holdsIfMatch,
  needsTheIssuer,
  NOT_PLATFORM,
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
import { PLATFORM, STRANGER } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments';
const create = (body: object): Asked => ({
  method: 'POST',
  path: PATH,
  body: { displayName: 'A department', ...body },
});
const valid: Valid = { as: PLATFORM, request: create({ id: 'edp' }) };
const roleOf = async (RoleName: string) => (await world.iam.send(new GetRoleCommand({ RoleName }))).Role;
const MANAGER = { repositoryId: '712345678', repository: 'JPPOL-EDP/platform', ref: 'refs/heads/main' };

t.test('200: a dry run shows the role that would be made, and makes none', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body.plan[0], { action: 'iam:CreateRole', resource: 'edp-github-ecr-access', before: null });
  t.match(answer.body.department, {
    id: 'edp',
    roleName: 'edp-github-ecr-access',
    namespace: null,
    managers: [],
    selfService: false,
  });
  await t.rejects(roleOf('edp-github-ecr-access'), { name: 'NoSuchEntityException' });
});

t.test('201: the platform makes a department, and IAM has its role, which nobody may assume yet', async (t) => {
  const body = {
    id: 'edp',
    displayName: 'EDP',
    namespace: 'edp',
    roleName: 'github-access-edp',
    managers: [MANAGER],
    selfService: true,
  };
  const answer = await world.ask(PLATFORM, { method: 'POST', path: PATH, body });
  t.equal(answer.status, 201, answer.text);
  t.equal(answer.headers['location'], '/v1/departments/edp');
  t.match(answer.body.department, { ...body, revision: 1, pendingOperation: null });
  const read = await world.ask(PLATFORM, { path: '/v1/departments/edp' });
  t.strictSame([read.body, read.headers['etag']], [answer.body.department, answer.headers['etag']]);
  const role = await roleOf('github-access-edp');
  t.match(role, { Path: '/ecr-access/', PermissionsBoundary: { PermissionsBoundaryArn: /push-role-boundary$/ } });
  t.match(
    role?.Tags?.find(({ Key }) => Key === 'ecp:department'),
    { Value: 'edp' },
  );
  const trust = JSON.parse(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ''));
  t.strictSame(
    trust.Statement.map(({ Effect }: { Effect: string }) => Effect),
    ['Deny'],
  );
});

t.test('201: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: PLATFORM, request: create({ id: 'once' }) }),
);

t.test('201: an id that was deleted can be the same department again, whose tag is another', async (t) => {
  const first = await made(world, PLATFORM, create({ id: 'phoenix' }));
  await made(world, PLATFORM, { method: 'DELETE', path: `${PATH}/phoenix` });
  const second = await world.ask(PLATFORM, create({ id: 'phoenix', acknowledge: ['reused-id'] }));
  t.equal(second.status, 201, second.text);
  t.not(second.headers['etag'], first.headers['etag'], 'a tag of the one before does not hold');
  t.ok(second.body.department.revision > first.body.department.revision);
});

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  await answersBeforeAws(
    t,
    world,
    'department',
    { as: PLATFORM, request: create({ id: 'later' }) },
    { as: PLATFORM, request: create({ id: 'later-still' }) },
  );
  t.ok(await roleOf('later-still-github-ecr-access'));
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  const managed = (...managers: object[]) => create({ id: 'new', managers });
  await refusesBadInput(t, world, PLATFORM, {
    'no id': { request: create({}), pointers: ['/body/id'] },
    'capitals in the id': { request: create({ id: 'EDP' }), pointers: ['/body/id'] },
    'an id of one letter': { request: create({ id: 'e' }), pointers: ['/body/id'] },
    'a reserved word': { request: create({ id: 'platform' }), pointers: ['/body/id'] },
    'a name of two lines': { request: create({ id: 'new', displayName: 'a\nb' }), pointers: ['/body/displayName'] },
    'a namespace with a slash': { request: create({ id: 'new', namespace: 'a/b' }), pointers: ['/body/namespace'] },
    'a role name with a slash': { request: create({ id: 'new', roleName: 'a/b' }), pointers: ['/body/roleName'] },
    'a role name without room for a suffix': {
      request: create({ id: 'new', roleName: 'r'.repeat(54) }),
      pointers: ['/body/roleName'],
    },
    'a manager of any branch': { request: managed({ repositoryId: '1' }), pointers: ['/body/managers/0'] },
    'a manager without an id': {
      request: managed({ repository: 'a/b', ref: 'refs/heads/main' }),
      pointers: ['/body/managers/0/repositoryId'],
    },
    'an id as a number': {
      request: managed({ repositoryId: 712345678, ref: 'refs/heads/main' }),
      pointers: ['/body/managers/0/repositoryId'],
    },
    'a ref of all branches': {
      request: managed({ repositoryId: '1', ref: 'refs/heads/*' }),
      pointers: ['/body/managers/0/ref'],
    },
    'a wildcard inside': {
      request: managed({ repositoryId: '1', ref: 'refs/heads/*/x' }),
      pointers: ['/body/managers/0/ref'],
    },
    'an environment by pattern': {
      request: managed({ repositoryId: '1', environment: 'prod*' }),
      pointers: ['/body/managers/0/environment'],
    },
    'unknown fields': {
      request: create({ id: 'new', Namespace: 'x', owner: 1 }),
      pointers: ['/body/Namespace', '/body/owner'],
    },
    'an unknown parameter': { request: { ...valid.request, path: `${PATH}?first=1` }, pointers: ['/query/first'] },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform makes departments', (t) =>
  deniesWhoMayNot(t, world, [...NOT_PLATFORM, STRANGER], create({ id: 'denied' })),
);

t.test('409: what others have is not given twice', async (t) => {
  await refused(t, world, PLATFORM, create({ id: 'koa' }), { status: 409, code: 'already-exists' });
  await refused(t, world, PLATFORM, create({ id: 'two', roleName: 'koa-github-ecr-access' }), {
    status: 409,
    code: 'name-taken',
  });
  await refused(t, world, PLATFORM, create({ id: 'two', roleName: 'KOA-GitHub-ECR-access' }), {
    status: 409,
    code: 'name-taken',
  });
  await refused(t, world, PLATFORM, create({ id: 'two', namespace: 'pol' }), { status: 409, code: 'name-reserved' });
});

t.test('409: a role that stands in IAM already is left alone, and the department is not made', async (t) => {
  const RoleName = 'made-by-hand';
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  await world.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  const answer = await world.ask(PLATFORM, create({ id: 'hand', roleName: RoleName }));
  t.equal(answer.status, 409, answer.text);
  t.match(answer.body, { code: 'name-taken', operation: /^op-/ });
  t.equal(decodeURIComponent((await roleOf(RoleName))?.AssumeRolePolicyDocument ?? ''), AssumeRolePolicyDocument);
  t.equal((await world.ask(PLATFORM, { path: '/v1/departments/hand' })).status, 404);
  t.equal((await world.ask(PLATFORM, create({ id: 'hand' }))).status, 201, 'the id is free for another role name');
});

t.test('412: nothing that is to be made can match', (t) =>
  holdsIfMatch(t, world, { as: PLATFORM, request: create({ id: 'unmatched' }) }, ['*', '"1"']),
);

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: PLATFORM, request: create({ id: 'twice' }) }),
);

t.test('422: a manager rule with a wildcard must be meant', async (t) => {
  const wildcard = { id: 'tags', managers: [{ repositoryId: '712345678', ref: 'refs/tags/v*' }] };
  const answer = await refused(t, world, PLATFORM, create(wildcard), { status: 422, code: 'acknowledgement-required' });
  t.strictSame(answer.body.acknowledge, ['wildcard-manager']);
  t.match(answer.body.blastRadius, { managers: wildcard.managers });
  t.equal((await world.ask(PLATFORM, create({ ...wildcard, acknowledge: ['wildcard-manager'] }))).status, 201);
});

t.test('406: the answer is JSON or nothing', (t) =>
  refusesOtherRepresentations(t, world, { as: PLATFORM, request: create({ id: 'other' }) }),
);

t.test('413: a body beyond 256 KiB is not read', (t) =>
  refusesHugeBodies(t, world, { as: PLATFORM, request: create({ id: 'other' }) }),
);

t.test('415: a body that is not JSON is not read', (t) =>
  refusesOtherMediaTypes(t, world, { as: PLATFORM, request: create({ id: 'other' }) }),
);

t.test('503: without the issuer nobody can be let in', (t) =>
  needsTheIssuer(t, world, { as: PLATFORM, request: create({ id: 'other' }) }),
);

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, { as: PLATFORM, request: create({ id: 'other' }) }, 'GET, HEAD, POST'),
);
