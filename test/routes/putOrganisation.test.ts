import { GetRoleCommand } from '@aws-sdk/client-iam';
import t from 'tap';
import type { Job } from '../../src/local/github/job.ts';
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
  refusesHugeBodies,
  refusesOtherMediaTypes,
  refusesOtherRepresentations,
  refusesTheHundredAndFirst,
  refusesUnreadableBodies,
  refusesWithoutToken,
  repeats,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { PLATFORM, idOf } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const ORGANISATIONS = '/v1/departments/koa/organisations';
const GRANTS = '/v1/departments/koa/grants';
const put = (login: string, body: object = {}, department = 'koa'): Asked => ({
  method: 'PUT',
  path: `/v1/departments/${department}/organisations/${login}`,
  body: { ownerId: idOf(login), ...body },
});
const trust = async (RoleName: string): Promise<string> => {
  const { Role } = await world.iam.send(new GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
};
const wide = {
  method: 'POST',
  path: GRANTS,
  body: { organisation: 'JPPOL-*', repository: '*', acknowledge: ['organisation-wide'] },
} as const;

const valid: Valid = { as: PLATFORM, request: put('KOA-Labs') };

t.test('200: a dry run registers nothing', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body, {
    plan: [],
    blastRadius: { widenedGrants: [] },
    organisation: { login: 'KOA-Labs', ownerId: idOf('KOA-Labs') },
  });
});

t.test('201: the platform registers an organisation, whose workflows are members at once', async (t) => {
  const member: Job = { repository: 'KOA-Labs/app' };
  t.equal((await world.ask(member, { path: ORGANISATIONS })).status, 404);
  const answer = await world.ask(PLATFORM, valid.request);
  t.equal(answer.status, 201, answer.text);
  t.equal(answer.headers['location'], `${ORGANISATIONS}/KOA-Labs`);
  const read = await world.ask(member, { path: String(answer.headers['location']) });
  t.strictSame([read.status, read.body, read.headers['etag']], [200, answer.body.organisation, answer.headers['etag']]);
});

t.test('200: what is registered already is changed, and keeps its spelling', async (t) => {
  const answer = await world.ask(PLATFORM, put('KOA-Labs', { shared: true }));
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.organisation, { shared: true, revision: 2 });
  t.equal(answer.headers['location'], undefined);
  await made(world, PLATFORM, put('KOA-Labs'));
});

t.test('201: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: PLATFORM, request: put('Once') }),
);

t.test('201: a grant by pattern is widened in IAM, once that is meant', async (t) => {
  const { body } = await made(world, PLATFORM, wide);
  const answer = await refused(t, world, PLATFORM, put('JPPOL-Video'), {
    status: 422,
    code: 'acknowledgement-required',
  });
  t.strictSame(answer.body.acknowledge, ['widens-grants']);
  t.match(answer.body.blastRadius, {
    widenedGrants: [{ grant: body.grant.id, organisation: 'JPPOL-*', repository: '*' }],
  });
  t.notMatch(await trust(body.grant.pushRole), /JPPOL-Video/);
  const acknowledged = await world.ask(PLATFORM, put('JPPOL-Video', { acknowledge: ['widens-grants'] }));
  t.equal(acknowledged.status, 201, acknowledged.text);
  t.match(acknowledged.body.plan, [{ action: 'iam:UpdateAssumeRolePolicy', direction: 'widen' }]);
  t.match(await trust(body.grant.pushRole), /repo:JPPOL-Video\//);
});

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  const widening = (login: string): Valid => ({
    as: PLATFORM,
    request: put(login, { acknowledge: ['widens-grants'] }),
  });
  await answersBeforeAws(t, world, 'organisation', widening('JPPOL-A'), widening('JPPOL-B'));
  t.equal((await world.ask({ repository: 'JPPOL-B/app' }, { path: ORGANISATIONS })).status, 200);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, PLATFORM, {
    'no owner id': { request: put('New', { ownerId: undefined }), pointers: ['/body/ownerId'] },
    'a number': { request: put('New', { ownerId: 98765432 }), pointers: ['/body/ownerId'] },
    'a leading zero': { request: put('New', { ownerId: '0123' }), pointers: ['/body/ownerId'] },
    'a login that cannot be': { request: put('New--er'), pointers: ['/path/login'] },
    'a pattern': { request: put('JPPOL-*'), pointers: ['/path/login'] },
    'another id for the same login': { request: put('KOA-Labs', { ownerId: '1' }), pointers: ['/body/ownerId'] },
    'another spelling of the same login': {
      request: put('koa-labs', { ownerId: idOf('KOA-Labs') }),
      pointers: ['/path/login'],
    },
    'an unknown field': { request: put('New', { id: 1 }), pointers: ['/body/id'] },
    'an unknown word': { request: put('New', { acknowledge: ['everything'] }), pointers: ['/body/acknowledge/0'] },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform registers organisations', (t) => deniesWhoMayNot(t, world, NOT_PLATFORM, put('Denied')));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => put('Denied', {}, department)),
    { as: PLATFORM, request: put('Denied', {}, 'nosuch') },
  ]),
);

t.test('409: an owner belongs to one department, unless each says that it is shared', async (t) => {
  await refused(t, world, PLATFORM, put('JPPOL-POL'), { status: 409, code: 'already-exists' });
  await refused(t, world, PLATFORM, put('JPPOL-POL', { shared: true, acknowledge: ['widens-grants'] }), {
    status: 409,
    code: 'already-exists',
  });
  await refused(t, world, PLATFORM, put('Renamed', { ownerId: idOf('KOA-Labs') }), {
    status: 409,
    code: 'already-exists',
  });
});

t.test('409: an organisation that a grant reaches all of cannot become shared', async (t) => {
  const answer = await refused(t, world, PLATFORM, put('JPPOL-Video', { shared: true }), {
    status: 409,
    code: 'in-use',
  });
  t.match(answer.body.detail, /grant-/);
});

t.test('412: a change is made only to what was read', async (t) => {
  await holdsIfMatch(t, world, { as: PLATFORM, request: put('KOA-Labs') }, ['"999"']);
  await holdsIfMatch(t, world, { as: PLATFORM, request: put('New') }, ['*', '"1"']);
  const { headers } = await world.ask(PLATFORM, { path: `${ORGANISATIONS}/KOA-Labs` });
  t.equal(
    (await world.ask(PLATFORM, { ...put('KOA-Labs'), headers: { 'if-match': String(headers['etag']) } })).status,
    200,
  );
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: PLATFORM, request: put('Twice') }),
);

t.test('406: the answer is JSON or nothing', (t) =>
  refusesOtherRepresentations(t, world, { as: PLATFORM, request: put('Other') }),
);

t.test('413: a body beyond 256 KiB is not read', (t) =>
  refusesHugeBodies(t, world, { as: PLATFORM, request: put('Other') }),
);

t.test('415: a body that is not JSON is not read', (t) =>
  refusesOtherMediaTypes(t, world, { as: PLATFORM, request: put('Other') }),
);

t.test('503: without the issuer nobody can be let in', (t) =>
  needsTheIssuer(t, world, { as: PLATFORM, request: put('Other') }),
);

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, { as: PLATFORM, request: put('Other') }, 'GET, HEAD, PUT, DELETE'),
);

t.test('429: no more than a hundred operations wait', (t) =>
  refusesTheHundredAndFirst(t, world, { as: PLATFORM, request: put('JPPOL-C', { acknowledge: ['widens-grants'] }) }),
);
