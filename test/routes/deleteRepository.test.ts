import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
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
  refusesBodies,
  refusesOtherRepresentations,
  refusesTheHundredAndFirst,
  refusesWithoutToken,
  repeats,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { push } from '../local/aws-support.ts';
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const REPOSITORIES = '/v1/departments/koa/repositories';
const create = (name: string, more: object = {}) =>
  made(world, KOA, { method: 'POST', path: REPOSITORIES, body: { name, ...more } });

for (const name of ['giftcard-service', 'koa/shop/cart', 'once', 'later', 'later-still', 'stays', 'full'])
  await create(name);
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });
const remove = (name: string, query = ''): Asked => ({ method: 'DELETE', path: `/v1/repositories/${name}${query}` });
const valid: Valid = { as: KOA, request: remove('stays') };
const names = async () =>
  (await world.ecr.send(new DescribeRepositoriesCommand({}))).repositories?.map(
    ({ repositoryName }) => repositoryName,
  ) ?? [];
await push(world.ecr, 'full', 'v1');
await push(world.ecr, 'full', 'v2', 'another layer');

t.test('200: a dry run shows what would go, and leaves it', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body, {
    repository: null,
    plan: [{ action: 'ecr:DeleteRepository', resource: 'stays' }],
    blastRadius: { images: 0 },
  });
});

t.test('200: an empty repository goes, in ECR too, by either spelling of its name', async (t) => {
  for (const [spelling, name] of [
    ['giftcard-service', 'giftcard-service'],
    ['koa%2Fshop%2Fcart', 'koa/shop/cart'],
  ] as const) {
    const answer = await world.ask(KOA, remove(spelling));
    t.equal(answer.status, 200, answer.text);
    t.match(answer.body, { repository: null, operation: { status: 'succeeded', subject: { id: name } } });
    t.notOk((await names()).includes(name));
    t.equal((await world.ask(KOA, { path: `/v1/repositories/${spelling}` })).status, 404);
  }
});

t.test('200: the name stays reserved to the department, which may use it again', async (t) => {
  const again = { method: 'POST', body: { name: 'giftcard-service' } } as const;
  await made(world, PLATFORM, { method: 'POST', path: '/v1/departments', body: { id: 'heir', displayName: 'Heir' } });
  await refused(
    t,
    world,
    PLATFORM,
    { ...again, path: '/v1/departments/heir/repositories' },
    { status: 409, code: 'name-taken' },
  );
  t.equal((await world.ask(KOA, { ...again, path: REPOSITORIES })).status, 201);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) =>
  repeats(t, world, { as: KOA, request: remove('once') }),
);

t.test('202: what stands in AWS still is told as an operation', async (t) => {
  await answersBeforeAws(
    t,
    world,
    'repository',
    { as: KOA, request: remove('later') },
    { as: KOA, request: remove('later-still') },
  );
  t.notOk((await names()).includes('later-still'));
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, KOA, {
    'a name that cannot be': { request: remove('Gift'), pointers: ['/path/name'] },
    'force as a word': { request: remove('full', '?force=yes'), pointers: ['/query/force'] },
    'an unknown word': { request: remove('full', '?acknowledge=everything'), pointers: ['/query/acknowledge/0'] },
    'an unknown parameter': { request: remove('full', '?images=true'), pointers: ['/query/images'] },
  });
  await refusesBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: who is no manager is told the rule that was missed', (t) =>
  deniesWhoMayNot(t, world, NOT_MANAGERS, remove('stays')),
);

t.test('404: a caller of another department learns nothing, and nobody more of what is gone', (t) =>
  learnsNothing(t, world, [
    { as: KOA, request: remove('pol/website') },
    { as: KOA, request: remove('nosuch') },
    { as: KOA, request: remove('once') },
    { as: POL, request: remove('once') },
    { as: STRANGER, request: remove('stays') },
    { as: PLATFORM, request: remove('nosuch') },
  ]),
);

t.test('409: a repository that a grant names stays', async (t) => {
  await create('named');
  const { body } = await made(world, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositories: ['named'] },
  });
  const answer = await refused(t, world, KOA, remove('named', '?force=true&acknowledge=deletes-images'), {
    status: 409,
    code: 'in-use',
  });
  t.match(answer.body.detail, new RegExp(body.grant.id));
});

t.test('409: a repository that holds images stays, and their number is told', async (t) => {
  const answer = await refused(t, world, KOA, remove('full'), { status: 409, code: 'not-empty' });
  t.equal(answer.body.imageCount, 2);
  t.match(answer.body.detail, /force=true/);
  await refused(t, world, KOA, remove('full', '?dryRun=true'), { status: 409, code: 'not-empty' });
});

t.test('412: only what was read is deleted', async (t) => {
  await holdsIfMatch(t, world, valid, ['"999"']);
  await holdsIfMatch(t, world, { as: KOA, request: remove('full', '?force=true&acknowledge=deletes-images') }, [
    '"999"',
  ]);
});

t.test('422: an Idempotency-Key belongs to one request', (t) => refusesAnotherRequest(t, world, valid));

t.test('422: that images are lost must be meant', async (t) => {
  const { headers } = await world.ask(KOA, { path: '/v1/repositories/full' });
  const forced = { ...remove('full', '?force=true'), headers: { 'if-match': String(headers['etag']) } };
  const answer = await refused(t, world, KOA, forced, { status: 422, code: 'acknowledgement-required' });
  t.match(answer.body, { acknowledge: ['deletes-images'], imageCount: 2, blastRadius: { images: 2 } });
});

t.test('428: a repository that holds images is not deleted unread', async (t) => {
  const answer = await refused(t, world, KOA, remove('full', '?force=true&acknowledge=deletes-images'), {
    status: 428,
    code: 'precondition-required',
  });
  t.match(answer.body.detail, /2 images/);
});

t.test('200: read, forced and acknowledged, it goes with its images', async (t) => {
  const { headers } = await world.ask(KOA, { path: '/v1/repositories/full' });
  const answer = await world.ask(KOA, {
    ...remove('full', '?force=true&acknowledge=deletes-images'),
    headers: { 'if-match': String(headers['etag']) },
  });
  t.equal(answer.status, 200, answer.text);
  t.notOk((await names()).includes('full'));
});

t.test('503: an ECR that cannot be asked whether there are images deletes nothing', async (t) => {
  world.hooks.before = ({ operation }) => (operation === 'ListImages' ? { kind: 'disconnect' } : undefined);
  const answer = await refused(t, world, KOA, remove('stays'), { status: 503, code: 'aws-unavailable' });
  delete world.hooks.before;
  t.match(answer.headers['retry-after'], /^[1-9]/);
});

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);

t.test('429: no more than a hundred operations wait', (t) => refusesTheHundredAndFirst(t, world, valid));
