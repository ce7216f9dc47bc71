import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-ecr';
import t from 'tap';
import { ERRORS } from '../../src/core/errors.ts';
import { KOA, PLATFORM, POL, type Answer } from '../support/service.ts';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  ended,
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
  type Valid,
} from '../support/operation.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa/repositories';
const create = (body: unknown, path = PATH): Asked => ({ method: 'POST', path, body });
const valid: Valid = { as: KOA, request: create({ name: 'giftcard-service' }) };
const inRegistry = async (name: string) =>
  (await world.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))).repositories?.[0];
const names = async () => {
  const { repositories = [] } = await world.ecr.send(new DescribeRepositoriesCommand({}));
  return repositories.map(({ repositoryName }) => repositoryName);
};

t.test('200: a dry run shows the plan and makes nothing', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.strictSame(
    answer.body.plan.map(({ action, resource }: { action: string; resource: string }) => [action, resource]),
    [
      ['ecr:CreateRepository', 'giftcard-service'],
      ['ecr:SetRepositoryPolicy', 'giftcard-service'],
    ],
  );
  t.match(answer.body.repository, { name: 'giftcard-service', imageTagMutability: 'IMMUTABLE', scanOnPush: true });
  t.strictSame(await names(), []);
});

t.test('201: a manager creates a repository, and ECR has it as it was asked for', async (t) => {
  const body = {
    name: 'giftcard-service',
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: ['latest', 'cache-*'],
    scanOnPush: false,
    lifecyclePolicy: 'keep-last-30',
  };
  const answer = await world.ask(KOA, create(body));
  t.equal(answer.status, 201, answer.text);
  t.equal(answer.headers['location'], '/v1/repositories/giftcard-service');
  t.match(answer.body, {
    operation: { status: 'succeeded', command: 'createRepository' },
    repository: { ...body, lifecyclePolicy: { rules: [{}] }, pendingOperation: null },
  });
  const read = await world.ask(KOA, { path: String(answer.headers['location']) });
  t.equal(read.headers['etag'], answer.headers['etag'], 'the tag is that of the repository');
  t.strictSame(read.body, answer.body.repository);
  const repository = await inRegistry('giftcard-service');
  t.match(repository, {
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: 'AES256' },
  });
  t.strictSame(repository?.imageTagMutabilityExclusionFilters?.map(({ filter }) => filter).sort(), [
    'cache-*',
    'latest',
  ]);
  const { tags = [] } = await world.ecr.send(
    new ListTagsForResourceCommand({ resourceArn: repository?.repositoryArn }),
  );
  t.match(
    tags.find(({ Key }) => Key === 'ecp:department'),
    { Value: 'koa' },
  );
  t.match(
    tags.find(({ Key }) => Key === 'ecp:operation'),
    { Value: answer.body.operation.id },
  );
  const { policyText = '' } = await world.ecr.send(
    new GetRepositoryPolicyCommand({ repositoryName: 'giftcard-service' }),
  );
  t.match(policyText, /arn:aws:iam::931827427725:root/, 'the account of the department may pull');
  const { lifecyclePolicyText = '' } = await world.ecr.send(
    new GetLifecyclePolicyCommand({ repositoryName: 'giftcard-service' }),
  );
  t.strictSame(JSON.parse(lifecyclePolicyText), answer.body.repository.lifecyclePolicy);
});

t.test('201: a repeat with the same Idempotency-Key gets the first answer', async (t) => {
  const first = await repeats(t, world, { as: KOA, request: create({ name: 'koa/once' }) });
  t.equal(first.headers['location'], '/v1/repositories/koa%2Fonce');
});

t.test('201: a workflow creates a repository by itself where self-service is on', async (t) => {
  await world.ask(PLATFORM, { method: 'PATCH', path: '/v1/departments/koa', body: { selfService: true } });
  const answer = await world.ask(MEMBER, create({ name: 'newsletter' }));
  t.equal(answer.status, 201, answer.text);
  await world.ask(PLATFORM, { method: 'PATCH', path: '/v1/departments/koa', body: { selfService: false } });
});

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  const [first] = await answersBeforeAws(
    t,
    world,
    'repository',
    { as: KOA, request: create({ name: 'later' }) },
    { as: KOA, request: create({ name: 'later-still' }) },
  );
  t.match(first?.body.subject, { type: 'repository', id: 'later' });
  t.ok((await names()).includes('later-still'));
});

t.test('202: an AWS that cannot be reached is asked again until it has the repository', async (t) => {
  world.hooks.before = ({ operation }) => (operation === 'CreateRepository' ? { kind: 'disconnect' } : undefined);
  const answer = await world.impatient(KOA, create({ name: 'through-a-storm' }));
  t.equal(answer.status, 202, answer.text);
  delete world.hooks.before;
  await world.executor.start().catch(() => undefined);
  await finished(t, world, KOA, answer);
  t.ok(await inRegistry('through-a-storm'));
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  const body = (fields: object) => create({ name: 'koa/fine', ...fields });
  await refusesBadInput(t, world, KOA, {
    'no name': { request: create({}), pointers: ['/body/name'] },
    'a name in capitals': { request: create({ name: 'GiftCard' }), pointers: ['/body/name'] },
    'a name of one letter': { request: create({ name: 'a' }), pointers: ['/body/name'] },
    'a name that climbs': { request: create({ name: '../koa' }), pointers: ['/body/name'] },
    'a name that ends in a slash': { request: create({ name: 'koa/' }), pointers: ['/body/name'] },
    'a number for a name': { request: create({ name: 7 }), pointers: ['/body/name'] },
    'an unknown field': { request: body({ tags: {} }), pointers: ['/body/tags'] },
    'several at once': {
      request: body({ scanOnPush: 'yes', imageTagMutability: 'SOMETIMES', nmae: 1 }),
      pointers: ['/body/scanOnPush', '/body/imageTagMutability', '/body/nmae'],
    },
    'filters without a mutability for them': {
      request: body({ imageTagMutabilityExclusionFilters: ['latest'] }),
      pointers: ['/body/imageTagMutabilityExclusionFilters'],
    },
    'a mutability without its filters': {
      request: body({ imageTagMutability: 'MUTABLE_WITH_EXCLUSION' }),
      pointers: ['/body/imageTagMutabilityExclusionFilters'],
    },
    'a filter with three wildcards': {
      request: body({ imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: ['a*b*c*'] }),
      pointers: ['/body/imageTagMutabilityExclusionFilters/0'],
    },
    'a preset that there is not': {
      request: body({ lifecyclePolicy: 'keep-last-7' }),
      pointers: ['/body/lifecyclePolicy'],
    },
    'a lifecycle policy without rules': {
      request: body({ lifecyclePolicy: { rules: [] } }),
      pointers: ['/body/lifecyclePolicy/rules'],
    },
    'a KMS key for AES256': {
      request: body({ encryption: { encryptionType: 'AES256', kmsKey: 'alias/images' } }),
      pointers: ['/body/encryption/kmsKey'],
    },
    'a name outside the namespace': {
      request: create({ name: 'website' }, '/v1/departments/pol/repositories'),
      pointers: ['/body/name'],
      as: POL,
    },
    'a department that cannot be': {
      request: create({ name: 'app' }, '/v1/departments/KOA!/repositories'),
      pointers: ['/path/department'],
    },
    'a dry run that is neither': {
      request: { ...body({}), path: `${PATH}?dryRun=maybe` },
      pointers: ['/query/dryRun'],
    },
    'an unknown parameter': { request: { ...body({}), path: `${PATH}?force=true` }, pointers: ['/query/force'] },
    'a bare If-Match': { request: { ...body({}), headers: { 'if-match': '3' } }, pointers: ['/headers/if-match'] },
    'a long Idempotency-Key': {
      request: { ...body({}), headers: { 'idempotency-key': 'k'.repeat(65) } },
      pointers: ['/headers/idempotency-key'],
    },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing is made', (t) => refusesWithoutToken(t, world, valid));

t.test('403: who is no manager is told the rule that was missed', (t) =>
  deniesWhoMayNot(t, world, NOT_MANAGERS, create({ name: 'koa/denied' })),
);

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) =>
      create({ name: 'giftcard-service' }, `/v1/departments/${department}/repositories`),
    ),
  ),
);

t.test('406: the answer is JSON or nothing', (t) =>
  refusesOtherRepresentations(t, world, { as: KOA, request: create({ name: 'koa/unacceptable' }) }),
);

t.test('409: a repository of the department exists already', async (t) => {
  const answer = await refused(t, world, KOA, valid.request, { status: 409, code: 'already-exists' });
  t.match(answer.body.detail, /giftcard-service/);
  await refused(
    t,
    world,
    KOA,
    { ...valid.request, path: `${PATH}?dryRun=true` },
    { status: 409, code: 'already-exists' },
  );
});

t.test('409: a name that is taken is answered alike, whoever has it and however it is asked for', async (t) => {
  await world.ecr.send(new CreateRepositoryCommand({ repositoryName: 'foreign-holder' }));
  const third: Asked = { method: 'POST', path: '/v1/departments', body: { id: 'third', displayName: 'Third' } };
  t.equal((await world.ask(PLATFORM, third)).status, 201);
  const ofThird = '/v1/departments/third/repositories';
  for (const name of ['department-holder', 'reserved-holder'])
    t.equal((await world.ask(PLATFORM, create({ name }, ofThird))).status, 201, name);
  t.equal((await world.ask(PLATFORM, { method: 'DELETE', path: '/v1/repositories/reserved-holder' })).status, 200);
  const again = create({ name: 'reserved-holder' }, `${ofThird}?dryRun=true`);
  t.equal((await world.ask(PLATFORM, again)).status, 200, 'the department that it is reserved for may have it again');

  const told = [];
  for (const holder of ['foreign-holder', 'department-holder', 'reserved-holder']) {
    const real = await world.ask(KOA, create({ name: holder }));
    const dry = await world.ask(KOA, { ...create({ name: holder }), path: `${PATH}?dryRun=true` });
    const unawaited = await endOf({ ...create({ name: holder }), headers: { prefer: 'respond-async' } });
    for (const { status, title, detail, code } of [real.body, dry.body, unawaited])
      told.push(JSON.stringify({ status, title, code, detail }).replaceAll(holder, 'NAME'));
  }
  t.strictSame(
    [...new Set(told)],
    [
      JSON.stringify({
        status: 409,
        title: 'The name is taken in the registry',
        code: 'name-taken',
        detail: 'The registry has a repository NAME already, or the name is reserved. Choose another name.',
      }),
    ],
    'three holders, asked for in three ways: one answer',
  );
  t.equal(told.length, 9);
});

/** The end of a change that was not waited for, told as its problem: at once, or by its operation, which has no status of its own. */
async function endOf(request: Asked): Promise<Answer['body']> {
  world.executor.stop();
  const answer = await world.ask(KOA, request);
  await world.executor.start();
  if (answer.status !== 202) return answer.body;
  const { body } = await ended(world, KOA, answer);
  return { ...ERRORS[body.error.code as keyof typeof ERRORS], ...body.error };
}

t.test('409: a repository that was made by hand is left alone', async (t) => {
  await world.ecr.send(new CreateRepositoryCommand({ repositoryName: 'made-by-hand' }));
  const made = await world.ask(POL, {
    method: 'POST',
    path: '/v1/departments/pol/repositories',
    body: { name: 'pol/website' },
  });
  t.equal(made.status, 201, made.text);
  const byHand = await world.ask(KOA, create({ name: 'made-by-hand' }));
  t.equal(byHand.status, 409);
  t.match(byHand.body, { code: 'name-taken', operation: /^op-/ }, 'ECR itself has the last word');
  t.notMatch(
    (
      await world.ecr.send(
        new ListTagsForResourceCommand({ resourceArn: (await inRegistry('made-by-hand'))?.repositoryArn }),
      )
    ).tags,
    [{ Key: 'ecp:department' }],
    'and what stood there is left alone',
  );
  t.equal(
    (await world.ask(KOA, { path: '/v1/repositories/made-by-hand' })).status,
    404,
    'what was refused is not there',
  );
  const dryRun = await refused(
    t,
    world,
    KOA,
    { ...create({ name: 'made-by-hand' }), path: `${PATH}?dryRun=true` },
    { status: 409, code: 'name-taken' },
  );
  t.match(dryRun.body.detail, /made-by-hand/, 'a dry run looks whether the name is free');
});

t.test("409: a name in another department's namespace is refused first", async (t) => {
  for (const name of ['pol/website', 'pol/anything'])
    await refused(t, world, KOA, create({ name }), { status: 409, code: 'name-reserved' });
});

t.test('409: a name that is being made is waited for, and then told by its operation', async (t) => {
  world.executor.stop();
  const pending = await world.ask(KOA, { ...create({ name: 'in-the-making' }), headers: { prefer: 'respond-async' } });
  const answer = await refused(
    t,
    world,
    KOA,
    create({ name: 'in-the-making' }),
    { status: 409, code: 'already-exists' },
    world.impatient,
  );
  t.match(answer.body.detail, /in-the-making/);
  t.equal(pending.status, 202);
  await world.executor.start();
  await finished(t, world, KOA, pending);
});

t.test('412: nothing that is to be made can match', (t) =>
  holdsIfMatch(t, world, { as: KOA, request: create({ name: 'koa/unmatched' }) }, ['*', '"1"', 'W/"1"']),
);

t.test('413: a body beyond 256 KiB is not read', (t) =>
  refusesHugeBodies(t, world, { as: KOA, request: create({ name: 'koa/huge' }) }),
);

t.test('415: a body that is not JSON is not read', (t) =>
  refusesOtherMediaTypes(t, world, { as: KOA, request: create({ name: 'koa/media' }) }),
);

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: KOA, request: create({ name: 'koa/twice' }) }),
);

t.test('422: what AWS refuses is undone', async (t) => {
  for (const [code, told] of [
    ['InvalidParameterException', 'refused-by-aws'],
    ['LimitExceededException', 'quota-exceeded'],
  ] as const) {
    world.hooks.before = ({ operation }) =>
      operation === 'SetRepositoryPolicy' ? { kind: 'fault', code, status: 400, message: 'No.' } : undefined;
    const answer = await world.ask(KOA, create({ name: 'refused' }));
    delete world.hooks.before;
    t.equal(answer.status, 422, answer.text);
    t.match(answer.body, { code: told, operation: /^op-/ });
    t.notOk((await names()).includes('refused'), 'what stood in ECR is taken back');
    t.equal((await world.ask(KOA, { path: '/v1/repositories/refused' })).status, 404);
    t.match((await world.ask(KOA, { path: `/v1/operations/${answer.body.operation}` })).body, {
      status: 'failed',
      error: { code: told },
    });
  }
  t.equal((await world.ask(KOA, create({ name: 'refused' }))).status, 201, 'the name is free again');
});

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('503: without its ledger the service says that it cannot answer, and when to ask again', async (t) => {
  const answer = await refused(t, world, KOA, valid.request, { status: 503, code: 'aws-unavailable' }, world.cutOff());
  t.match(answer.headers['retry-after'], /^[1-9][0-9]*$/);
  t.notMatch(answer.text, /127\.0\.0\.1|ECONNREFUSED/, 'nothing of what is behind it is told');
});

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD, POST'));

t.test('429: no more than a hundred operations wait', (t) =>
  refusesTheHundredAndFirst(t, world, { as: KOA, request: create({ name: 'one-too-many' }) }),
);
