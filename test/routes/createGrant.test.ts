import { GetRoleCommand, GetRolePolicyCommand, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
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
import { KOA, PLATFORM, idOf } from '../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

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

const policies = async (RoleName: string): Promise<string> => {
  const { PolicyNames = [] } = await world.iam.send(new ListRolePoliciesCommand({ RoleName }));
  const documents = await Promise.all(
    PolicyNames.map((PolicyName) => world.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
  );
  return documents.map(({ PolicyDocument = '' }) => decodeURIComponent(PolicyDocument)).join('\n');
};
const valid: Valid = { as: KOA, request: grant({ repository: 'GiftCardService' }) };

t.test('200: a dry run shows who could push, and lets nobody', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body.plan, [{ action: 'iam:UpdateAssumeRolePolicy', direction: 'widen' }]);
  t.match(answer.body.blastRadius, {
    owners: [{ login: 'JPPOL-KOA' }],
    sentence: /^JPPOL-KOA\/GiftCardService .* may push/,
  });
  t.notMatch(await trust('koa-github-ecr-access'), new RegExp(idOf(KOA.repository)));
});

t.test('201: a manager grants its own repository, pinned by its id, and IAM has it', async (t) => {
  const answer = await world.ask(KOA, valid.request);
  t.equal(answer.status, 201, answer.text);
  const { grant: own } = answer.body;
  t.equal(answer.headers['location'], `${GRANTS}/${own.id}`);
  t.match(own, {
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositoryId: idOf(KOA.repository),
    pushRole: 'koa-github-ecr-access',
    createdBy: KOA.repository,
    pendingOperation: null,
  });
  const { Role } = await world.iam.send(new GetRoleCommand({ RoleName: own.pushRole }));
  t.equal(Role?.Arn, own.pushRoleArn);
  t.match(
    await trust(own.pushRole),
    new RegExp(`"token.actions.githubusercontent.com:repository_id":\\[?"${idOf(KOA.repository)}"`),
  );
  const read = await world.ask(KOA, { path: String(answer.headers['location']) });
  t.strictSame([read.body, read.headers['etag']], [own, answer.headers['etag']]);
});

t.test('201: a grant for named repositories has a role of its own, for those alone', async (t) => {
  const answer = await world.ask(
    KOA,
    grant({
      repository: 'Newsletter',
      repositoryId: '623456789',
      repositories: ['koa/cart'],
      refs: ['refs/heads/main'],
    }),
  );
  t.equal(answer.status, 201, answer.text);
  const { pushRole } = answer.body.grant;
  t.not(pushRole, 'koa-github-ecr-access');
  const documents = await policies(pushRole);
  t.match(documents, /repository\/koa\/cart"/);
  t.notMatch(documents, /giftcard-service|repository\/\*/);
  t.match(await trust(pushRole), /"refs\/heads\/main"/);
});

t.test('201: the organisation and the own repository are spelled as GitHub does', async (t) => {
  const answer = await world.ask({ repository: 'JPPOL-KOA/Newsletter', ref: 'refs/heads/main' }, { path: GRANTS });
  t.equal(answer.status, 200);
  const made = await world.ask(
    KOA,
    grant({ organisation: 'jppol-koa', repository: 'giftcardservice', environment: 'production' }),
  );
  t.match(made.body.grant, { organisation: 'JPPOL-KOA', repository: 'GiftCardService', environment: 'production' });
});

t.test('201: by itself a workflow grants itself, to what it created, where self-service is on', async (t) => {
  const self = { method: 'PATCH', path: '/v1/departments/koa' } as const;
  await made(world, PLATFORM, { ...self, body: { selfService: true } });
  await made(world, MEMBER, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'newsletter' } });
  t.equal((await world.ask(MEMBER, grant({ repository: 'Newsletter', repositories: ['newsletter'] }))).status, 201);
  for (const other of [
    { repository: 'Newsletter' },
    { repository: 'Newsletter', repositories: ['giftcard-service'] },
    { repository: 'GiftCardService', repositoryId: '1', repositories: ['newsletter'] },
    { repository: '*', repositories: ['newsletter'], acknowledge: ['organisation-wide'] },
  ]) {
    await refused(t, world, MEMBER, grant(other), { status: 403, code: 'forbidden' });
  }
  await made(world, PLATFORM, { ...self, body: { selfService: false } });
});

t.test('201: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: KOA, request: grant({ repository: 'Once', repositoryId: '11' }) }),
);

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  const [first] = await answersBeforeAws(
    t,
    world,
    'grant',
    { as: KOA, request: grant({ repository: 'Later', repositoryId: '21' }) },
    { as: KOA, request: grant({ repository: 'LaterStill', repositoryId: '22' }) },
  );
  t.match(first?.body.subject, { type: 'grant', id: /^grant-/ });
  t.match(await trust('koa-github-ecr-access'), /"22"/);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  const app = (body: object) => grant({ repository: 'App', repositoryId: '1', ...body });
  await refusesBadInput(t, world, KOA, {
    nothing: {
      request: { method: 'POST', path: GRANTS, body: {} },
      pointers: ['/body/organisation', '/body/repository'],
    },
    'an organisation of others': { request: app({ organisation: 'JPPOL-POL' }), pointers: ['/body/organisation'] },
    'an organisation of nobody': { request: app({ organisation: 'JPPOL-KOA-evil' }), pointers: ['/body/organisation'] },
    'a pattern that reaches no registered organisation': {
      request: app({ organisation: 'X*', repository: '*', repositoryId: undefined }),
      pointers: ['/body/organisation'],
    },
    'an owner in the repository': { request: app({ repository: 'JPPOL-KOA/App' }), pointers: ['/body/repository'] },
    'a wildcard inside': {
      request: app({ repository: 'Gift*Service', repositoryId: undefined }),
      pointers: ['/body/repository'],
    },
    'another repository without its id': {
      request: app({ repositoryId: undefined }),
      pointers: ['/body/repositoryId'],
    },
    'the own repository with another id': {
      request: grant({ repository: 'GiftCardService', repositoryId: '1' }),
      pointers: ['/body/repositoryId'],
    },
    'an id of a pattern': { request: app({ repository: 'Gift*' }), pointers: ['/body/repositoryId'] },
    'a repository of others': {
      request: app({ repositories: ['giftcard-service', 'pol/website'] }),
      pointers: ['/body/repositories/1'],
    },
    'one of them, not in their order': {
      request: app({ repositories: ['zebra', 'giftcard-service', 'ant'] }),
      pointers: ['/body/repositories/0', '/body/repositories/2'],
    },
    'refs, not in their order': {
      request: app({ refs: ['refs/heads/main', 'refs/pull/7/merge', 'main'] }),
      pointers: ['/body/refs/1', '/body/refs/2'],
    },
    'no repository': { request: app({ repositories: [] }), pointers: ['/body/repositories'] },
    'a branch without refs/heads': { request: app({ refs: ['main'] }), pointers: ['/body/refs/0'] },
    'a pull request as a ref': { request: app({ refs: ['refs/pull/7/merge'] }), pointers: ['/body/refs/0'] },
    'a ref with a variable': { request: app({ refs: ['refs/heads/${aws:username}'] }), pointers: ['/body/refs/0'] },
    'a pattern of environments': { request: app({ environment: 'prod*' }), pointers: ['/body/environment'] },
    'an environment with a colon': { request: app({ environment: 'a:b' }), pointers: ['/body/environment'] },
    'pull requests of a branch': {
      request: app({ pullRequests: true, refs: ['refs/heads/main'], acknowledge: ['pull-requests'] }),
      pointers: ['/body/pullRequests'],
    },
    'an unknown field': { request: app({ branch: 'main' }), pointers: ['/body/branch'] },
    'an unknown word': { request: app({ acknowledge: ['all'] }), pointers: ['/body/acknowledge/0'] },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: who is no manager is told the rule that was missed', (t) =>
  deniesWhoMayNot(t, world, NOT_MANAGERS, grant({ repository: 'Denied', repositoryId: '1' })),
);

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) =>
      grant({ repository: 'App', repositoryId: '1' }, `/v1/departments/${department}/grants`),
    ),
  ),
);

t.test('409: the same grant is not made twice, however it is written', async (t) => {
  const answer = await refused(t, world, KOA, valid.request, { status: 409, code: 'already-exists' });
  t.match(answer.body.detail, /grant-/);
  await refused(
    t,
    world,
    KOA,
    grant({ organisation: 'JPPOL-koa', repository: 'GIFTCARDSERVICE', repositoryId: idOf(KOA.repository) }),
    { status: 409, code: 'already-exists' },
  );
  await refused(
    t,
    world,
    KOA,
    grant({
      repository: 'newsletter',
      repositoryId: '623456789',
      repositories: ['koa/cart'],
      refs: ['refs/heads/main'],
    }),
    { status: 409, code: 'already-exists' },
  );
});

t.test('409: nothing is built on a repository that is still on its way', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'in-the-making' },
    headers: { prefer: 'respond-async' },
  });
  const answer = await refused(
    t,
    world,
    KOA,
    grant({ repository: 'App', repositoryId: '1', repositories: ['in-the-making'] }),
    { status: 409, code: 'in-progress' },
    world.impatient,
  );
  t.equal(answer.body.operation, accepted.body.operation.id);
  await world.executor.start();
  await finished(t, world, KOA, accepted);
});

t.test('412: nothing that is to be made can match', (t) =>
  holdsIfMatch(t, world, { as: KOA, request: grant({ repository: 'Unmatched', repositoryId: '1' }) }, ['*', '"1"']),
);

t.test('422: a wide effect must be meant, and is shown before', async (t) => {
  const rows = [
    [{ repository: '*' }, 'organisation-wide', /every repository of JPPOL-KOA/i],
    [{ repository: 'Gift*' }, 'organisation-wide', /Gift\*/],
    [{ repository: 'GiftCardService', pullRequests: true }, 'pull-requests', /pull requests/],
  ] as const;
  for (const [body, word, sentence] of rows) {
    for (const path of [GRANTS, `${GRANTS}?dryRun=true`]) {
      const answer = await refused(t, world, KOA, grant(body, path), { status: 422, code: 'acknowledgement-required' });
      t.strictSame(answer.body.acknowledge, [word]);
      t.match(answer.body.blastRadius.sentence, sentence);
    }
    t.equal((await world.ask(KOA, grant({ ...body, acknowledge: [word] }))).status, 201, `${word} is meant`);
  }
  const unpinned = await refused(t, world, PLATFORM, grant({ repository: 'Elsewhere' }), {
    status: 422,
    code: 'acknowledgement-required',
  });
  t.strictSame(unpinned.body.acknowledge, ['unpinned-repository'], 'only the platform may do without an id');
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: KOA, request: grant({ repository: 'Twice', repositoryId: '12' }) }),
);

t.test('422: a grant that no trust policy holds is refused with the quota', async (t) => {
  const refs = Array.from(
    { length: 20 },
    (_, index) => `refs/heads/${String(index).padStart(2, '0')}-${'x'.repeat(60)}`,
  );
  const answer = await refused(t, world, KOA, grant({ repository: 'Long', repositoryId: '1', refs }), {
    status: 422,
    code: 'quota-exceeded',
  });
  t.match(answer.body.detail, /fewer refs/);
});

t.test('422: a role that AWS refuses leaves nothing behind', async (t) => {
  world.hooks.before = ({ operation }) =>
    operation === 'PutRolePolicy'
      ? { kind: 'fault', code: 'LimitExceeded', status: 409, message: 'Too much.' }
      : undefined;
  const answer = await world.ask(KOA, grant({ repository: 'Refused', repositoryId: '1', repositories: ['koa/cart'] }));
  delete world.hooks.before;
  t.equal(answer.status, 422, answer.text);
  t.match(answer.body, { code: 'quota-exceeded', operation: /^op-/ });
  const { body } = await world.ask(KOA, { path: `${GRANTS}?first=100` });
  t.notOk(body.items.some(({ repository }: { repository: string }) => repository === 'Refused'));
  const { Roles = [] } = await world.iam.send(new ListRolesCommand({ PathPrefix: '/ecr-access/' }));
  const shown = (await world.ask(KOA, { path: '/v1/departments/koa/push-roles?first=100' })).body.items;
  t.strictSame(
    Roles.map(({ RoleName }) => String(RoleName))
      .filter((name) => name.startsWith('koa'))
      .sort(),
    shown.map(({ name }: { name: string }) => name).sort(),
    'IAM has the roles that the service shows, and no other',
  );
});

t.test('406: the answer is JSON or nothing', (t) =>
  refusesOtherRepresentations(t, world, { as: KOA, request: grant({ repository: 'Other', repositoryId: '1' }) }),
);

t.test('413: a body beyond 256 KiB is not read', (t) =>
  refusesHugeBodies(t, world, { as: KOA, request: grant({ repository: 'Other', repositoryId: '1' }) }),
);

t.test('415: a body that is not JSON is not read', (t) =>
  refusesOtherMediaTypes(t, world, { as: KOA, request: grant({ repository: 'Other', repositoryId: '1' }) }),
);

t.test('503: without the issuer nobody can be let in', (t) =>
  needsTheIssuer(t, world, { as: KOA, request: grant({ repository: 'Other', repositoryId: '1' }) }),
);

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(
    t,
    world,
    { as: KOA, request: grant({ repository: 'Other', repositoryId: '1' }) },
    'GET, HEAD, POST',
  ),
);

t.test('429: no more than a hundred operations wait', (t) =>
  refusesTheHundredAndFirst(t, world, { as: KOA, request: grant({ repository: 'Other', repositoryId: '1' }) }),
);
