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

const make = async (repository: string, body: object = {}) =>
  (await made(world, KOA, grant({ repository, repositoryId: idOf(repository), ...body }))).body.grant as {
    readonly id: string;
    readonly pushRole: string;
  };
const own = (await made(world, KOA, grant({ repository: 'GiftCardService' }))).body.grant as {
  readonly id: string;
  readonly pushRole: string;
};
const named = await make('Named', { repositories: ['giftcard-service'] });
const [once, later, laterStill] = [await make('Once'), await make('Later'), await make('LaterStill')];
const others = (
  await made(world, POL, {
    method: 'POST',
    path: '/v1/departments/pol/grants',
    body: { organisation: 'JPPOL-POL', repository: 'Website' },
  })
).body.grant;
const NONE = 'grant-01kaxq3v7d8e9fabcdefghjkmn';
const patch = (body: unknown, id = own.id, department = 'koa'): Asked => ({
  method: 'PATCH',
  path: `/v1/departments/${department}/grants/${id}`,
  body,
});
const valid: Valid = { as: KOA, request: patch({ refs: ['refs/heads/main'] }) };

t.test('200: a dry run shows what would change, and leaves it', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body.plan, [{ action: 'iam:UpdateAssumeRolePolicy', resource: own.pushRole }]);
  t.strictSame(answer.body.grant.refs, ['refs/heads/main']);
  t.equal((await world.ask(KOA, { path: `${GRANTS}/${own.id}` })).body.refs, null);
});

t.test('200: a grant is narrowed in IAM, and keeps its role', async (t) => {
  const answer = await world.ask(KOA, patch({ refs: ['refs/heads/main', 'refs/tags/v*'], environment: 'production' }));
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.grant, {
    id: own.id,
    pushRole: own.pushRole,
    refs: ['refs/heads/main', 'refs/tags/v*'],
    environment: 'production',
    revision: 2,
  });
  t.match(await trust(own.pushRole), /environment:production/);
  const read = await world.ask(KOA, { path: `${GRANTS}/${own.id}` });
  t.strictSame([read.body, read.headers['etag']], [answer.body.grant, answer.headers['etag']]);
});

t.test('200: null takes a narrowing away, and what is not given stays', async (t) => {
  const refs = await world.ask(KOA, patch({ refs: null }));
  t.match(refs.body.grant, { refs: null, environment: 'production' });
  const environment = await world.ask(KOA, patch({ environment: null }));
  t.match(environment.body.grant, { refs: null, environment: null });
  t.notMatch(await trust(own.pushRole), /production/);
});

t.test('200: the named repositories of a grant are others, for the same role', async (t) => {
  const answer = await world.ask(KOA, patch({ repositories: ['koa/cart'] }, named.id));
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.grant, { repositories: ['koa/cart'], pushRole: named.pushRole });
  const { body } = await world.ask(KOA, { path: '/v1/repositories/giftcard-service/-/pushers' });
  t.notOk(
    body.items.some(({ grant: id }: { grant: string }) => id === named.id),
    'it pushes no longer to the other',
  );
  const documents = await world.iam.send(new ListRolePoliciesCommand({ RoleName: named.pushRole }));
  const { PolicyDocument = '' } = await world.iam.send(
    new GetRolePolicyCommand({ RoleName: named.pushRole, PolicyName: documents.PolicyNames?.[0] }),
  );
  t.match(decodeURIComponent(PolicyDocument), /repository\/koa\/cart"/);
  t.notMatch(decodeURIComponent(PolicyDocument), /giftcard-service/);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: KOA, request: patch({ refs: ['refs/heads/main'] }, once.id) }),
);

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  const narrowed = { refs: ['refs/heads/release'] };
  await answersBeforeAws(
    t,
    world,
    'grant',
    { as: KOA, request: patch(narrowed, later.id) },
    { as: KOA, request: patch(narrowed, laterStill.id) },
  );
  t.match(await trust(later.pushRole), /refs\/heads\/release/);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, KOA, {
    nothing: { request: patch({}), pointers: ['/body'] },
    'who may push': {
      request: patch({ organisation: 'JPPOL-KOA', repository: 'Other' }),
      pointers: ['/body/organisation', '/body/repository'],
    },
    'all that become named': { request: patch({ repositories: ['koa/cart'] }), pointers: ['/body/repositories'] },
    'named that become all': { request: patch({ repositories: null }, named.id), pointers: ['/body/repositories'] },
    'a repository that is not there': {
      request: patch({ repositories: ['koa/nosuch'] }, named.id),
      pointers: ['/body/repositories/0'],
    },
    'no refs': { request: patch({ refs: [] }), pointers: ['/body/refs'] },
    'a branch without refs/heads': {
      request: patch({ refs: ['refs/heads/main', 'main'] }),
      pointers: ['/body/refs/1'],
    },
    'a pattern of environments': { request: patch({ environment: '*' }), pointers: ['/body/environment'] },
    'pull requests of a branch': {
      request: patch({ pullRequests: true, refs: ['refs/heads/main'], acknowledge: ['pull-requests'] }),
      pointers: ['/body/pullRequests'],
    },
    'an id that cannot be': { request: patch({ refs: null }, 'main'), pointers: ['/path/id'] },
    'an unknown parameter': { request: patch({ refs: null }, `${own.id}?x=1`), pointers: ['/query/x'] },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: who is no manager is told the rule that was missed', (t) =>
  deniesWhoMayNot(t, world, NOT_MANAGERS, patch({ refs: ['refs/heads/x'] })),
);

t.test('404: a caller of another department learns nothing, and nobody more of what is not there', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) =>
      patch({ refs: ['refs/heads/x'] }, department === 'pol' ? others.id : own.id, department),
    ),
    { as: KOA, request: patch({ refs: ['refs/heads/x'] }, NONE) },
    { as: KOA, request: patch({ refs: ['refs/heads/x'] }, others.id) },
    { as: PLATFORM, request: patch({ refs: ['refs/heads/x'] }, NONE) },
  ]),
);

t.test('409: a grant does not become another that there is', async (t) => {
  const twin = await make('Twin', { refs: ['refs/heads/a'] });
  await make('Twin', { refs: ['refs/heads/b'] });
  await refused(t, world, KOA, patch({ refs: ['refs/heads/b'] }, twin.id), { status: 409, code: 'already-exists' });
});

t.test('409: a grant that is still on its way is told by its operation', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(KOA, { ...valid.request, headers: { prefer: 'respond-async' } });
  const answer = await refused(
    t,
    world,
    KOA,
    patch({ refs: ['refs/heads/other'] }),
    { status: 409, code: 'in-progress' },
    world.impatient,
  );
  t.equal(answer.body.operation, accepted.body.operation.id);
  t.match(answer.headers['link'], /rel="related"/);
  await world.executor.start();
  await finished(t, world, KOA, accepted);
});

t.test('412: a change is made only to what was read', async (t) => {
  const tag = String((await world.ask(KOA, { path: `${GRANTS}/${own.id}` })).headers['etag']);
  const other: Valid = { as: KOA, request: patch({ refs: ['refs/heads/matched'] }) };
  await holdsIfMatch(t, world, other, ['"999"', `W/${tag}`]);
  t.equal((await world.ask(KOA, { ...other.request, headers: { 'if-match': tag } })).status, 200);
  await holdsIfMatch(t, world, { as: KOA, request: patch({ refs: ['refs/heads/again'] }) }, [tag]);
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }, once.id) }),
);

t.test('422: that pull requests push must be meant', async (t) => {
  const pullRequests = { refs: null, environment: null, pullRequests: true };
  const answer = await refused(t, world, KOA, patch(pullRequests), { status: 422, code: 'acknowledgement-required' });
  t.strictSame(answer.body.acknowledge, ['pull-requests']);
  t.equal((await world.ask(KOA, patch({ ...pullRequests, acknowledge: ['pull-requests'] }))).status, 200);
  t.match(await trust(own.pushRole), /:pull_request"/);
  await made(world, KOA, patch({ pullRequests: false }));
  t.notMatch(await trust(own.pushRole), /:pull_request"/);
});

t.test('422: a narrowing that the trust policy has no room for is refused', async (t) => {
  const refs = Array.from(
    { length: 20 },
    (_, index) => `refs/heads/${String(index).padStart(2, '0')}-${'x'.repeat(60)}`,
  );
  await refused(t, world, KOA, patch({ refs }), { status: 422, code: 'quota-exceeded' });
});

t.test('406: the answer is JSON or nothing', (t) =>
  refusesOtherRepresentations(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }) }),
);

t.test('413: a body beyond 256 KiB is not read', (t) =>
  refusesHugeBodies(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }) }),
);

t.test('415: a body that is not JSON is not read', (t) =>
  refusesOtherMediaTypes(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }) }),
);

t.test('503: without the issuer nobody can be let in', (t) =>
  needsTheIssuer(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }) }),
);

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }) }, 'GET, HEAD, PATCH, DELETE'),
);

t.test('429: no more than a hundred operations wait', (t) =>
  refusesTheHundredAndFirst(t, world, { as: KOA, request: patch({ refs: ['refs/heads/other'] }) }),
);
