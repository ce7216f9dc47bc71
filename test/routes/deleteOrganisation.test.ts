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
  refusesBodies,
  refusesOtherRepresentations,
  refusesTheHundredAndFirst,
  refusesWithoutToken,
  repeats,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, idOf } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const ORGANISATIONS = '/v1/departments/koa/organisations';
const GRANTS = '/v1/departments/koa/grants';
const put = (login: string, body: object = {}, department = 'koa'): Asked => ({
  method: 'PUT',
  path: `/v1/departments/${department}/organisations/${login}`,
  body: { ownerId: idOf(login), ...body },
});
const remove = (login: string, department = 'koa'): Asked => ({
  method: 'DELETE',
  path: `/v1/departments/${department}/organisations/${login}`,
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

for (const login of ['Acme', 'Once', 'Stays']) await made(world, PLATFORM, put(login));
const valid: Valid = { as: PLATFORM, request: remove('Stays') };

t.test('200: a dry run lets the organisation be', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body, { plan: [], organisation: null });
});

t.test('200: its workflows are no members any more, and its owner is free for another department', async (t) => {
  const member: Job = { repository: 'Acme/app' };
  t.equal((await world.ask(member, { path: ORGANISATIONS })).status, 200);
  const answer = await world.ask(PLATFORM, remove('acme'));
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, {
    organisation: null,
    operation: { status: 'succeeded', subject: { type: 'organisation', id: 'Acme' } },
  });
  t.equal((await world.ask(member, { path: ORGANISATIONS })).status, 404);
  t.equal((await world.ask(PLATFORM, put('Acme', {}, 'pol'))).status, 201);
});

t.test('200: a grant by pattern no longer reaches it in IAM', async (t) => {
  const { body } = await made(world, PLATFORM, wide);
  await made(world, PLATFORM, put('JPPOL-Video', { acknowledge: ['widens-grants'] }));
  t.match(await trust(body.grant.pushRole), /repo:JPPOL-Video\//);
  const answer = await world.ask(PLATFORM, remove('JPPOL-Video'));
  t.match(answer.body.plan, [{ action: 'iam:UpdateAssumeRolePolicy', direction: 'narrow' }]);
  t.notMatch(await trust(body.grant.pushRole), /JPPOL-Video/);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: PLATFORM, request: remove('Once') }),
);

t.test('202: what stands in AWS still is told as an operation', async (t) => {
  for (const login of ['JPPOL-A', 'JPPOL-B'])
    await made(world, PLATFORM, put(login, { acknowledge: ['widens-grants'] }));
  await answersBeforeAws(
    t,
    world,
    'organisation',
    { as: PLATFORM, request: remove('JPPOL-A') },
    { as: PLATFORM, request: remove('JPPOL-B') },
  );
  t.equal((await world.ask({ repository: 'JPPOL-B/app' }, { path: ORGANISATIONS })).status, 404);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, PLATFORM, {
    'a login that cannot be': { request: remove('-acme'), pointers: ['/path/login'] },
    'a department that cannot be': { request: remove('Acme', 'K'), pointers: ['/path/department'] },
    'an unknown parameter': { request: remove('Stays?force=true'), pointers: ['/query/force'] },
  });
  await refusesBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform takes organisations away', (t) =>
  deniesWhoMayNot(t, world, NOT_PLATFORM, remove('Stays')),
);

t.test('404: a caller of another department learns nothing, and nobody more of what is not there', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => remove(`JPPOL-${department.toUpperCase()}`, department)),
    { as: PLATFORM, request: remove('Nobody') },
    { as: PLATFORM, request: remove('JPPOL-POL') },
  ]),
);

t.test('409: an organisation that a grant names stays', async (t) => {
  const { body } = await made(world, KOA, {
    method: 'POST',
    path: GRANTS,
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService' },
  });
  const answer = await refused(t, world, PLATFORM, remove('JPPOL-KOA'), { status: 409, code: 'in-use' });
  t.match(answer.body.detail, new RegExp(body.grant.id));
});

t.test('412: only what was read is deleted', async (t) => {
  await holdsIfMatch(t, world, valid, ['"999"']);
  await made(world, PLATFORM, put('Matched'));
  t.equal((await world.ask(PLATFORM, { ...remove('Matched'), headers: { 'if-match': '*' } })).status, 200);
});

t.test('422: an Idempotency-Key belongs to one request', (t) => refusesAnotherRequest(t, world, valid));

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PUT, DELETE'),
);

t.test('429: no more than a hundred operations wait', async (t) => {
  await made(world, PLATFORM, put('JPPOL-C', { acknowledge: ['widens-grants'] }));
  await refusesTheHundredAndFirst(t, world, { as: PLATFORM, request: remove('JPPOL-C') });
});
