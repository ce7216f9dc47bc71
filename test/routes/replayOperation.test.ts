import { DeleteRepositoryPolicyCommand, GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import type { Job } from '../../src/local/github/job.ts';
import {
  answersBeforeAws,
  deniesWhoMayNot,
  dryRuns,
  finished,
  learnsNothing,
  needsTheIssuer,
  NOT_PLATFORM,
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
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const create = (name: string): Asked => ({ method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
const operationOf = async (as: Job, request: Asked): Promise<string> =>
  (await made(world, as, request)).body.operation.id;
const own = await operationOf(KOA, create('giftcard-service'));
const other = await operationOf(KOA, create('koa/cart'));
const others = await operationOf(POL, {
  method: 'POST',
  path: '/v1/departments/pol/repositories',
  body: { name: 'pol/website' },
});
const replay = (id: string, query = ''): Asked => ({ method: 'POST', path: `/v1/operations/${id}/replay${query}` });
const valid: Valid = { as: PLATFORM, request: replay(own) };
const NONE = 'op-01kaxq3v7d8e9fabcdefghjkmn';
const policyOf = async (repositoryName: string) =>
  (await world.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText ?? '';
const spoil = (repositoryName: string) => world.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));

t.test('200: a dry run shows all that is to stand, and touches nothing', async (t) => {
  const answer = await dryRuns(t, world, valid);
  t.match(answer.body, {
    plan: [{ action: 'ecr:CreateRepository' }, { action: 'ecr:SetRepositoryPolicy' }],
    replayed: { id: own, status: 'succeeded' },
  });
});

t.test('200: what was changed by hand is brought back to what the state says', async (t) => {
  const before = await policyOf('giftcard-service');
  await spoil('giftcard-service');
  const answer = await world.ask(PLATFORM, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, { operation: { command: 'replayOperation', status: 'succeeded' }, replayed: { id: own } });
  t.not(answer.body.operation.id, own, 'it is an operation of its own');
  t.strictSame(JSON.parse(await policyOf('giftcard-service')), JSON.parse(before));
});

t.test('200: where all stands, nothing is written', async (t) => {
  const before = world.awsWrites();
  t.equal((await world.ask(PLATFORM, valid.request)).status, 200);
  t.strictSame(world.awsWrites(), before);
});

t.test('200: a repeat with the same Idempotency-Key gets the first answer', (t) => repeats(t, world, valid));

t.test('202: what AWS does not have yet is told as an operation', async (t) => {
  await spoil('koa/cart');
  await answersBeforeAws(t, world, 'replayed', valid, { as: PLATFORM, request: replay(other) });
  t.match(await policyOf('koa/cart'), /EcpPull/);
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, PLATFORM, {
    'an id that cannot be': { request: replay('latest'), pointers: ['/path/id'] },
    'an unknown parameter': { request: replay(own, '?force=true'), pointers: ['/query/force'] },
  });
  await refusesBodies(t, world, valid);
});

t.test('401: without a valid token nothing changes', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform replays', (t) => deniesWhoMayNot(t, world, NOT_PLATFORM, replay(own)));

t.test('404: a caller of another department learns nothing, and nobody more of what is not there', (t) =>
  learnsNothing(t, world, [
    { as: KOA, request: replay(others) },
    { as: KOA, request: replay(NONE) },
    { as: STRANGER, request: replay(own) },
    { as: PLATFORM, request: replay(NONE) },
  ]),
);

t.test('409: an operation that is still on its way is not replayed', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(KOA, { ...create('koa/later'), headers: { prefer: 'respond-async' } });
  const answer = await refused(
    t,
    world,
    PLATFORM,
    replay(accepted.body.operation.id),
    { status: 409, code: 'in-progress' },
    world.impatient,
  );
  t.equal(answer.headers['link'], `</v1/operations/${accepted.body.operation.id}>; rel="related"`);
  await world.executor.start();
  await finished(t, world, KOA, accepted);
});

t.test('422: an Idempotency-Key belongs to one request', (t) =>
  refusesAnotherRequest(t, world, { as: PLATFORM, request: replay(other) }),
);

t.test('406: the answer is JSON or nothing', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'POST'));

t.test('429: no more than a hundred operations wait', (t) => refusesTheHundredAndFirst(t, world, valid));
