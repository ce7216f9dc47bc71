import { GetRoleCommand, GetRolePolicyCommand, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import t from 'tap';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  finished,
  holdsIfMatch,
  learnsNothing,
  needsTheIssuer,
  NOT_MANAGERS,
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
import { IAM_MARGIN, sessionsValidUntil } from '../../src/model/revoked-sessions.ts';
import { KOA, PLATFORM, POL, idOf } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const GRANTS = '/v1/departments/koa/grants';
const grant = (body: object, path = GRANTS): Asked => ({
  method: 'POST',
  path,
  body: { organisation: 'JPPOL-KOA', ...body },
});
for (const name of ['giftcard-service', 'koa/cart']) {
  await made(world, KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
}
const trust = async (RoleName: string): Promise<string> => {
  const { Role } = await world.iam.send(new GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
};

type Made = { readonly id: string; readonly pushRole: string };
const make = async (repository: string, body: object = {}): Promise<Made> =>
  (await made(world, KOA, grant({ repository, repositoryId: idOf(repository), ...body }))).body.grant;
const own: Made = (await made(world, KOA, grant({ repository: 'GiftCardService' }))).body.grant;
const [once, later, laterStill, stays] = [
  await make('Once'),
  await make('Later'),
  await make('LaterStill'),
  await make('Stays'),
];
const named = await make('Named', { repositories: ['koa/cart'] });
const others = (
  await made(world, POL, {
    method: 'POST',
    path: '/v1/departments/pol/grants',
    body: { organisation: 'JPPOL-POL', repository: 'Website' },
  })
).body.grant;
const NONE = 'grant-01kaxq3v7d8e9fabcdefghjkmn';
const revoke = (id: string, query = '', department = 'koa'): Asked => ({
  method: 'DELETE',
  path: `/v1/departments/${department}/grants/${id}${query}`,
});
const valid: Valid = { as: KOA, request: revoke(stays.id) };

t.test('200: a dry run shows what would go; until when sessions live nobody knows before AWS is told', async (t) => {
  const answer = await dryRuns(t, world, { as: KOA, request: revoke(own.id) });
  t.match(answer.body, {
    grant: null,
    plan: [{ action: 'iam:UpdateAssumeRolePolicy', direction: 'narrow' }],
    sessionsValidUntil: null,
  });
});

t.test('200: new sessions stop, and the answer says until when the old ones live', async (t) => {
  const answer = await world.ask(KOA, revoke(own.id));
  t.equal(answer.status, 200, answer.text);
  t.notMatch(await trust(own.pushRole), new RegExp(idOf(KOA.repository)));
  const until = Date.parse(answer.body.sessionsValidUntil) - Date.parse(answer.body.operation.finishedAt);
  t.equal(until, 3_600_000 + IAM_MARGIN, 'an hour, as long as a session lasts, from when IAM has spread it');
  t.equal((await world.ask(KOA, { path: `${GRANTS}/${own.id}` })).status, 404);
});

t.test('200: with revokeSessions those that are alive are denied too', async (t) => {
  const living = await make('Living');
  const answer = await world.ask(KOA, revoke(living.id, '?revokeSessions=true'));
  t.equal(answer.status, 200, answer.text);
  const { PolicyNames = [] } = await world.iam.send(new ListRolePoliciesCommand({ RoleName: living.pushRole }));
  const documents = await Promise.all(
    PolicyNames.map((PolicyName) =>
      world.iam.send(new GetRolePolicyCommand({ RoleName: living.pushRole, PolicyName })),
    ),
  );
  t.ok(documents.some(({ PolicyDocument = '' }) => /aws:TokenIssueTime/.test(decodeURIComponent(PolicyDocument))));
  const { finishedAt } = answer.body.operation;
  const { items } = (await world.ask(KOA, { path: '/v1/departments/koa/push-roles' })).body;
  const role = items.find(({ name }: { name: string }) => name === living.pushRole);
  t.match(role, { sessionsRevokedBefore: /Z$/ });
  const end = { how: 'denied', issuedBefore: role.sessionsRevokedBefore } as const;
  t.equal(answer.body.sessionsValidUntil, sessionsValidUntil(end, finishedAt), 'counted from when AWS had it');
});

t.test('200: the role of a grant for named repositories goes with it', async (t) => {
  t.equal((await world.ask(KOA, revoke(named.id))).status, 200);
  await t.rejects(trust(named.pushRole), { name: 'NoSuchEntityException' });
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: KOA, request: revoke(once.id) }),
);

t.test('202: what stands in AWS still is told as an operation', async (t) => {
  await answersBeforeAws(
    t,
    world,
    'grant',
    { as: KOA, request: revoke(later.id) },
    { as: KOA, request: revoke(laterStill.id) },
  );
  t.equal((await world.ask(KOA, { path: `${GRANTS}/${laterStill.id}` })).status, 404);
});

t.test('202: that sessions are over is not said before AWS has been told', async (t) => {
  const { id } = await make('Unhurried');
  world.executor.stop();
  const headers = { prefer: 'respond-async', 'idempotency-key': 'unhurried' };
  const request = { ...revoke(id, '?revokeSessions=true'), headers };
  const answer = await world.ask(KOA, request);
  t.equal(answer.status, 202, answer.text);
  t.equal(answer.body.sessionsValidUntil, null);
  await world.executor.start();
  await finished(t, world, KOA, answer);
  const again = await world.ask(KOA, request);
  t.ok(again.body.sessionsValidUntil > again.body.operation.finishedAt, 'a repeat is told, once AWS has it');
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, KOA, {
    'an id that cannot be': { request: revoke('main'), pointers: ['/path/id'] },
    'revokeSessions as a word': {
      request: revoke(stays.id, '?revokeSessions=now'),
      pointers: ['/query/revokeSessions'],
    },
    'an unknown parameter': { request: revoke(stays.id, '?force=true'), pointers: ['/query/force'] },
  });
  await refusesBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: who is no manager is told the rule that was missed', (t) =>
  deniesWhoMayNot(t, world, NOT_MANAGERS, revoke(stays.id)),
);

t.test('404: a caller of another department learns nothing, and nobody more of what is gone', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => revoke(department === 'pol' ? others.id : stays.id, '', department)),
    { as: KOA, request: revoke(NONE) },
    { as: KOA, request: revoke(own.id) },
    { as: KOA, request: revoke(others.id) },
    { as: PLATFORM, request: revoke(NONE) },
  ]),
);

t.test('409: a grant that is still on its way is told by its operation', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(KOA, {
    ...grant({ repository: 'Pending', repositoryId: '9' }),
    headers: { prefer: 'respond-async' },
  });
  const answer = await refused(
    t,
    world,
    KOA,
    revoke(accepted.body.grant.id),
    { status: 409, code: 'in-progress' },
    world.impatient,
  );
  t.equal(answer.body.operation, accepted.body.operation.id);
  t.match(answer.headers['link'], /rel="related"/);
  const patient = world.ask(KOA, revoke(accepted.body.grant.id));
  await world.executor.start();
  t.equal((await patient).status, 200, 'who has patience revokes it as soon as it is there');
});

t.test('412: only what was read is revoked', async (t) => {
  await holdsIfMatch(t, world, valid, ['"999"']);
  const matched = await make('Matched');
  const { headers } = await world.ask(KOA, { path: `${GRANTS}/${matched.id}` });
  t.equal(
    (await world.ask(KOA, { ...revoke(matched.id), headers: { 'if-match': String(headers['etag']) } })).status,
    200,
  );
});

t.test('422: an Idempotency-Key belongs to one request', (t) => refusesAnotherRequest(t, world, valid));

t.test('422: what AWS refuses is undone: the grant stands', async (t) => {
  world.hooks.before = ({ operation }) =>
    operation === 'UpdateAssumeRolePolicy'
      ? { kind: 'fault', code: 'UnmodifiableEntity', status: 400, message: 'No.' }
      : undefined;
  const answer = await world.ask(KOA, valid.request);
  delete world.hooks.before;
  t.equal(answer.status, 422, answer.text);
  t.match(answer.body, { code: 'refused-by-aws', operation: /^op-/ });
  t.match((await world.ask(KOA, { path: `${GRANTS}/${stays.id}` })).body, { id: stays.id, pendingOperation: null });
});

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);

t.test('429: no more than a hundred operations wait', (t) => refusesTheHundredAndFirst(t, world, valid));
