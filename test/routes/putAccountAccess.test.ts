import { GetRepositoryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  finished,
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
import { KOA, PLATFORM, POL } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa/account-access';
const DEV = { description: 'aws-koa-dev', accountId: '931827427725', canWrite: false };
const PROD = { description: 'aws-koa-prod', accountId: '151484623076', canWrite: false };
const put = (body: object, path = PATH, ifMatch = '*'): Asked => ({
  method: 'PUT',
  path,
  body,
  headers: { 'if-match': ifMatch },
});
const valid: Valid = { as: PLATFORM, request: put({ accounts: [DEV, PROD] }) };
for (const name of ['giftcard-service', 'koa/cart']) {
  await made(world, KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
}
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });
const policyOf = async (repositoryName: string) =>
  JSON.parse((await world.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText ?? '{}') as {
    Statement: { Sid: string; Principal: unknown }[];
  };
const root = (accountId: string) => `arn:aws:iam::${accountId}:root`;

t.test('200: a dry run shows one change for all repositories, and makes none', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body.plan, [{ action: 'ecr:SetRepositoryPolicy', resource: '*', count: 2, direction: 'widen' }]);
  t.match(answer.body.blastRadius, { repositories: 2, pullers: [DEV.accountId, PROD.accountId], pushers: [] });
});

t.test('200: every repository of the department gets the policy, and keeps what others put there', async (t) => {
  const foreign = {
    Sid: 'ByHand',
    Effect: 'Allow',
    Principal: { AWS: root('222233334444') },
    Action: 'ecr:DescribeImages',
  };
  const current = await policyOf('koa/cart');
  await world.ecr.send(
    new SetRepositoryPolicyCommand({
      repositoryName: 'koa/cart',
      policyText: JSON.stringify({ ...current, Statement: [...current.Statement, foreign] }),
    }),
  );
  const answer = await world.ask(
    PLATFORM,
    put({ accounts: [DEV, { ...PROD, canWrite: true }], organisationPull: true }),
  );
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.operation, { status: 'succeeded', completed: 2, total: 2 });
  for (const name of ['giftcard-service', 'koa/cart']) {
    const { Statement } = await policyOf(name);
    t.strictSame(
      Statement.map(({ Sid }) => Sid)
        .filter((sid) => sid.startsWith('Ecp'))
        .sort(),
      ['EcpOrganisation', 'EcpPull', 'EcpPush'],
      name,
    );
    t.ok(JSON.stringify(Statement.find(({ Sid }) => Sid === 'EcpPush')).includes(root(PROD.accountId)));
  }
  t.ok(
    (await policyOf('koa/cart')).Statement.some(({ Sid }) => Sid === 'ByHand'),
    'a foreign statement is kept',
  );
  const read = await world.ask(KOA, { path: PATH });
  t.strictSame([read.body, read.headers['etag']], [answer.body.accountAccess, answer.headers['etag']]);
  const { body } = await world.ask(KOA, { path: '/v1/repositories/giftcard-service' });
  t.match(body, { pusherCount: 1, pullerCount: 3 });
  const listed = async (path: string) => (await world.ask(KOA, { path })).body.items;
  t.match(await listed(body.links.pushers), [{ kind: 'account', accountId: PROD.accountId }]);
  t.match(await listed(body.links.pullers), [{}, {}, { kind: 'aws-organisation', organisationId: 'o-example0000' }]);
});

t.test('200: an account that is left out loses its access', async (t) => {
  const answer = await world.ask(PLATFORM, put({ accounts: [DEV] }));
  t.match(answer.body.plan, [{ direction: 'narrow' }]);
  t.notMatch(JSON.stringify(await policyOf('giftcard-service')), new RegExp(PROD.accountId));
});

t.test('200: the same list again changes nothing in AWS', async (t) => {
  const before = world.awsWrites();
  const answer = await world.ask(PLATFORM, put({ accounts: [DEV] }));
  t.match(answer.body, { plan: [], operation: { status: 'succeeded', total: 0 } });
  t.strictSame(world.awsWrites(), before);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: PLATFORM, request: put({ accounts: [PROD] }) }),
);

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  await answersBeforeAws(
    t,
    world,
    'accountAccess',
    { as: PLATFORM, request: put({ accounts: [DEV] }) },
    { as: PLATFORM, request: put({ accounts: [DEV, PROD] }, '/v1/departments/pol/account-access') },
  );
  t.match(JSON.stringify(await policyOf('giftcard-service')), new RegExp(DEV.accountId));
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  const accounts = (...list: object[]) => put({ accounts: list });
  await refusesBadInput(t, world, PLATFORM, {
    'no list': { request: put({}), pointers: ['/body/accounts'] },
    'an account as a number': {
      request: accounts({ ...DEV, accountId: 931827427725 }),
      pointers: ['/body/accounts/0/accountId'],
    },
    'eleven digits': {
      request: accounts({ ...DEV, accountId: '93182742772' }),
      pointers: ['/body/accounts/0/accountId'],
    },
    'an account twice': {
      request: accounts(DEV, PROD, { ...DEV, canWrite: true }),
      pointers: ['/body/accounts/2/accountId'],
    },
    'no description': {
      request: accounts({ accountId: DEV.accountId, canWrite: false }),
      pointers: ['/body/accounts/0/description'],
    },
    'the name of Tofu': { request: accounts({ ...DEV, can_write: true }), pointers: ['/body/accounts/0/can_write'] },
    'too many': {
      request: accounts(
        ...Array.from({ length: 201 }, (_, index) => ({ ...DEV, accountId: String(100_000_000_000 + index) })),
      ),
      pointers: ['/body/accounts'],
    },
    'an unknown field': { request: put({ accounts: [], organisation: true }), pointers: ['/body/organisation'] },
    'a bare tag': { request: put({ accounts: [] }, PATH, '1'), pointers: ['/headers/if-match'] },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform opens repositories to accounts', (t) =>
  deniesWhoMayNot(t, world, NOT_PLATFORM, put({ accounts: [] })),
);

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => put({ accounts: [] }, `/v1/departments/${department}/account-access`)),
    { as: PLATFORM, request: put({ accounts: [] }, '/v1/departments/nosuch/account-access') },
  ]),
);

t.test('409: a list that is set again before AWS has it is superseded, and whoever waits for it is told', async (t) => {
  world.executor.stop();
  const earlier = await world.ask(PLATFORM, {
    ...valid.request,
    headers: { 'if-match': '*', 'idempotency-key': 'earlier', prefer: 'respond-async' },
  });
  t.equal(earlier.status, 202, earlier.text);
  const waiting = world.ask(PLATFORM, { ...valid.request, headers: { 'if-match': '*', 'idempotency-key': 'earlier' } });
  const newer = await world.ask(PLATFORM, {
    ...put({ accounts: [PROD] }),
    headers: { 'if-match': '*', prefer: 'respond-async' },
  });
  t.equal(newer.status, 202, newer.text);
  const answer = await waiting;
  t.equal(answer.status, 409, answer.text);
  t.match(answer.body, { code: 'superseded', operation: earlier.body.operation.id });
  t.equal(answer.headers['link'], `</v1/operations/${earlier.body.operation.id}>; rel="related"`);
  await world.executor.start();
  await finished(t, world, PLATFORM, newer);
  const policy = JSON.stringify(await policyOf('giftcard-service'));
  t.match(policy, new RegExp(PROD.accountId), 'AWS has the newer list');
  t.notMatch(policy, new RegExp(DEV.accountId), 'and nothing of the earlier');
});

t.test('412: a list that has changed since it was read is not replaced', async (t) => {
  const read = await world.ask(PLATFORM, { path: PATH });
  await holdsIfMatch(t, world, valid, ['"0"', '"999"']);
  await made(world, PLATFORM, put({ accounts: [DEV] }));
  await holdsIfMatch(t, world, valid, [String(read.headers['etag'])]);
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: PLATFORM, request: put({ accounts: [] }) }),
);

t.test('422: what AWS refuses on the first repository changes none', async (t) => {
  const read = await world.ask(PLATFORM, { path: PATH });
  world.hooks.before = ({ operation }) =>
    operation === 'SetRepositoryPolicy'
      ? { kind: 'fault', code: 'InvalidParameterException', status: 400, message: 'Invalid principal.' }
      : undefined;
  const answer = await world.ask(PLATFORM, put({ accounts: [{ ...DEV, accountId: '222233334444' }] }));
  delete world.hooks.before;
  t.equal(answer.status, 422, answer.text);
  t.match(answer.body, { code: 'refused-by-aws', operation: /^op-/ });
  t.strictSame(
    (await world.ask(PLATFORM, { path: PATH })).body.accounts,
    read.body.accounts,
    'the list is what it was',
  );
});

t.test('428: a list is not replaced unread', async (t) => {
  for (const path of [PATH, `${PATH}?dryRun=true`]) {
    const answer = await refused(
      t,
      world,
      PLATFORM,
      { method: 'PUT', path, body: { accounts: [] } },
      { status: 428, code: 'precondition-required' },
    );
    t.match(answer.body.detail, /If-Match/);
  }
});

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('413: a body beyond 256 KiB is not read', (t) => refusesHugeBodies(t, world, valid));

t.test('415: a body that is not JSON is not read', (t) => refusesOtherMediaTypes(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD, PUT'));

t.test('429: no more than a hundred operations wait', (t) =>
  refusesTheHundredAndFirst(t, world, { as: PLATFORM, request: put({ accounts: [] }) }),
);
