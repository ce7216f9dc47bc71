import { DescribeRepositoriesCommand, GetLifecyclePolicyCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  holdsIfMatch,
  learnsNothing,
  needsTheIssuer,
  NOT_MANAGERS,
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
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const REPOSITORIES = '/v1/departments/koa/repositories';
const create = (name: string, more: object = {}) =>
  made(world, KOA, { method: 'POST', path: REPOSITORIES, body: { name, ...more } });

for (const name of ['giftcard-service', 'koa/shop/cart', 'once', 'later', 'later-still'])
  await create(name, { lifecyclePolicy: 'keep-last-30' });
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });
const patch = (body: unknown, name = 'giftcard-service'): Asked => ({
  method: 'PATCH',
  path: `/v1/repositories/${name}`,
  body,
});
const valid: Valid = { as: KOA, request: patch({ imageTagMutability: 'MUTABLE' }) };
const inRegistry = async (name = 'giftcard-service') =>
  (await world.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))).repositories?.[0];

t.test('200: a dry run shows what would change, and leaves it', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body.plan, [{ action: 'ecr:PutImageTagMutability', resource: 'giftcard-service' }]);
  t.equal(answer.body.repository.imageTagMutability, 'MUTABLE');
  t.equal((await inRegistry())?.imageTagMutability, 'IMMUTABLE');
});

t.test('200: only what is given changes, in ECR as in the answer', async (t) => {
  const before = (await world.ask(KOA, { path: '/v1/repositories/giftcard-service' })).body;
  const answer = await world.ask(
    KOA,
    patch({
      imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: ['v*'],
      scanOnPush: false,
    }),
  );
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.repository, {
    imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
    scanOnPush: false,
    lifecyclePolicy: before.lifecyclePolicy,
    revision: before.revision + 1,
  });
  const { imageTagMutability, imageTagMutabilityExclusionFilters, imageScanningConfiguration } =
    (await inRegistry()) ?? {};
  t.match(
    { imageTagMutability, imageTagMutabilityExclusionFilters, imageScanningConfiguration },
    {
      imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filter: 'v*' }],
      imageScanningConfiguration: { scanOnPush: false },
    },
  );
  const read = await world.ask(KOA, { path: '/v1/repositories/giftcard-service' });
  t.strictSame([read.body, read.headers['etag']], [answer.body.repository, answer.headers['etag']]);
});

t.test('200: filters go with the mutability that they belong to', async (t) => {
  const answer = await world.ask(KOA, patch({ imageTagMutability: 'IMMUTABLE' }));
  t.strictSame(answer.body.repository.imageTagMutabilityExclusionFilters, []);
});

t.test('200: null takes the lifecycle policy away, and a document puts another there', async (t) => {
  const policy = async () =>
    (await world.ecr.send(new GetLifecyclePolicyCommand({ repositoryName: 'giftcard-service' }))).lifecyclePolicyText;
  const cleared = await world.ask(KOA, patch({ lifecyclePolicy: null }));
  t.equal(cleared.body.repository.lifecyclePolicy, null, cleared.text);
  await t.rejects(policy(), { name: 'LifecyclePolicyNotFoundException' });
  const rules = [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 3 },
      action: { type: 'expire' },
    },
  ];
  await made(world, KOA, patch({ lifecyclePolicy: { rules } }));
  t.strictSame(JSON.parse((await policy()) ?? ''), { rules });
});

t.test('200: what stands already changes nothing in AWS', async (t) => {
  const before = world.awsWrites();
  const answer = await world.ask(KOA, patch({ scanOnPush: false }));
  t.match(answer.body, { plan: [], operation: { status: 'succeeded', total: 0 } });
  t.strictSame(world.awsWrites(), before);
});

t.test('200: slashes in a name are written encoded or plain', async (t) => {
  for (const [name, scanOnPush] of [
    ['koa/shop/cart', false],
    ['koa%2Fshop%2Fcart', true],
  ] as const) {
    const answer = await world.ask(KOA, patch({ scanOnPush }, name));
    t.equal(answer.status, 200, answer.text);
    t.equal((await inRegistry('koa/shop/cart'))?.imageScanningConfiguration?.scanOnPush, scanOnPush);
  }
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: KOA, request: patch({ scanOnPush: false }, 'once') }),
);

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  await answersBeforeAws(
    t,
    world,
    'repository',
    { as: KOA, request: patch({ scanOnPush: false }, 'later') },
    { as: KOA, request: patch({ scanOnPush: false }, 'later-still') },
  );
  t.equal((await inRegistry('later-still'))?.imageScanningConfiguration?.scanOnPush, false);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, KOA, {
    nothing: { request: patch({}), pointers: ['/body'] },
    'a name': { request: patch({ name: 'other' }), pointers: ['/body/name'] },
    'another encryption': { request: patch({ encryption: { encryptionType: 'KMS' } }), pointers: ['/body/encryption'] },
    'null where nothing can be cleared': { request: patch({ scanOnPush: null }), pointers: ['/body/scanOnPush'] },
    'a mutability without its filters': {
      request: patch({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' }),
      pointers: ['/body/imageTagMutabilityExclusionFilters'],
    },
    'filters without a mutability for them': {
      request: patch({ imageTagMutabilityExclusionFilters: ['latest'] }),
      pointers: ['/body/imageTagMutabilityExclusionFilters'],
    },
    'a lifecycle rule with two selections': {
      request: patch({
        lifecyclePolicy: {
          rules: [
            {
              rulePriority: 1,
              selection: { tagStatus: 'tagged', countType: 'imageCountMoreThan', countNumber: 3 },
              action: { type: 'expire' },
            },
          ],
        },
      }),
      pointers: ['/body/lifecyclePolicy/rules/0/selection'],
    },
    'a name that cannot be': { request: patch({ scanOnPush: true }, 'Gift'), pointers: ['/path/name'] },
    'an unknown parameter': {
      request: patch({ scanOnPush: true }, 'giftcard-service?force=true'),
      pointers: ['/query/force'],
    },
  });
  await refusesUnreadableBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: who is no manager is told the rule that was missed', (t) =>
  deniesWhoMayNot(t, world, NOT_MANAGERS, patch({ scanOnPush: true })),
);

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(t, world, [
    { as: KOA, request: patch({ scanOnPush: true }, 'pol/website') },
    { as: KOA, request: patch({ scanOnPush: true }, 'nosuch') },
    { as: STRANGER, request: patch({ scanOnPush: true }) },
    { as: STRANGER, request: patch({ scanOnPush: true }, 'nosuch') },
    { as: PLATFORM, request: patch({ scanOnPush: true }, 'nosuch') },
  ]),
);

t.test('409: a repository that is still on its way is waited for, and then told by its operation', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(KOA, { ...patch({ scanOnPush: true }), headers: { prefer: 'respond-async' } });
  const answer = await refused(
    t,
    world,
    KOA,
    patch({ scanOnPush: false }),
    { status: 409, code: 'in-progress' },
    world.impatient,
  );
  t.equal(answer.body.operation, accepted.body.operation.id);
  t.equal(answer.headers['link'], `</v1/operations/${accepted.body.operation.id}>; rel="related"`);
  t.match(answer.headers['retry-after'], /^[1-9]/);
  const patient = world.ask(KOA, patch({ scanOnPush: false }));
  await world.executor.start();
  t.equal((await patient).status, 200, 'who has patience gets the change after it');
  t.equal((await inRegistry())?.imageScanningConfiguration?.scanOnPush, false);
});

t.test('412: a change is made only to what was read', async (t) => {
  const tag = String((await world.ask(KOA, { path: '/v1/repositories/giftcard-service' })).headers['etag']);
  await holdsIfMatch(t, world, valid, ['"999"', `W/${tag}`]);
  t.equal((await world.ask(KOA, { ...patch({ scanOnPush: true }), headers: { 'if-match': tag } })).status, 200);
  await holdsIfMatch(t, world, valid, [tag]);
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: KOA, request: patch({ scanOnPush: true }, 'once') }),
);

t.test('422: what AWS refuses is undone', async (t) => {
  const before = (await world.ask(KOA, { path: '/v1/repositories/giftcard-service' })).body;
  world.hooks.before = ({ operation }) =>
    operation === 'PutLifecyclePolicy'
      ? { kind: 'fault', code: 'InvalidParameterException', status: 400, message: 'No.' }
      : undefined;
  const answer = await world.ask(KOA, patch({ imageTagMutability: 'MUTABLE', lifecyclePolicy: 'keep-last-100' }));
  delete world.hooks.before;
  t.equal(answer.status, 422, answer.text);
  t.match(answer.body, { code: 'refused-by-aws', operation: /^op-/ });
  const after = (await world.ask(KOA, { path: '/v1/repositories/giftcard-service' })).body;
  // Whoever saw the refused one must not find its entity tag again.
  const revision = before.revision + 2;
  t.strictSame(after, { ...before, revision }, 'the repository is what it was');
  t.equal((await inRegistry())?.imageTagMutability, 'IMMUTABLE', 'in ECR too');
});

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('413: a body beyond 256 KiB is not read', (t) => refusesHugeBodies(t, world, valid));

t.test('415: a body that is not JSON is not read', (t) => refusesOtherMediaTypes(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);

t.test('429: no more than a hundred operations wait', (t) =>
  refusesTheHundredAndFirst(t, world, { as: KOA, request: patch({ scanOnPush: false }) }),
);
