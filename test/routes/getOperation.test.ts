import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import {
  finished,
  learnsNothing,
  needsTheIssuer,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const create = (name: string): Asked => ({ method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
const { body: own } = await made(world, KOA, create('giftcard-service'));
const { body: others } = await made(world, POL, {
  method: 'POST',
  path: '/v1/departments/pol/repositories',
  body: { name: 'pol/website' },
});
const PATH = `/v1/operations/${own.operation.id}`;
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department reads how a mutation ended', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.strictSame(answer.body, own.operation);
  t.match(answer.body, {
    status: 'succeeded',
    command: 'createRepository',
    subject: { type: 'repository', id: 'giftcard-service' },
    completed: 1,
    total: 1,
    error: null,
  });
});

t.test('200: it is pending until AWS has it', async (t) => {
  world.executor.stop();
  const accepted = await world.ask(KOA, { ...create('later'), headers: { prefer: 'respond-async' } });
  const path = String(accepted.headers['location']);
  t.match((await world.ask(MEMBER, { path })).body, { status: 'pending', finishedAt: null, completed: 0 });
  await world.executor.start();
  t.match((await finished(t, world, MEMBER, accepted)).body, { status: 'succeeded', finishedAt: /Z$/, completed: 1 });
});

t.test('200: what AWS refused stays to be read, with the reason', async (t) => {
  await world.ecr.send(new CreateRepositoryCommand({ repositoryName: 'made-by-hand' }));
  const refusal = await world.ask(KOA, create('made-by-hand'));
  t.equal(refusal.headers['link'], `</v1/operations/${refusal.body.operation}>; rel="related"`);
  t.match((await world.ask(MEMBER, { path: `/v1/operations/${refusal.body.operation}` })).body, {
    status: 'failed',
    error: { code: 'name-taken', detail: /made-by-hand/ },
  });
});

t.test('200: the operation that deleted a department can still be read by the platform', async (t) => {
  await made(world, PLATFORM, { method: 'POST', path: '/v1/departments', body: { id: 'brief', displayName: 'Brief' } });
  const deleted = await made(world, PLATFORM, { method: 'DELETE', path: '/v1/departments/brief' });
  const answer = await world.ask(PLATFORM, { path: `/v1/operations/${deleted.body.operation.id}` });
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, { command: 'deleteDepartment', status: 'succeeded' });
});

t.test('400: an id that cannot be one is told as that', (t) =>
  refusesBadInput(t, world, KOA, {
    'a word': { request: { path: '/v1/operations/latest' }, pointers: ['/path/id'] },
    'a grant': { request: { path: '/v1/operations/grant-01kaxq3v7d8e9fabcdefghjkmn' }, pointers: ['/path/id'] },
    'an unknown parameter': { request: { path: `${PATH}?wait=5` }, pointers: ['/query/wait'] },
  }),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) => {
  const none = '/v1/operations/op-01kaxq3v7d8e9fabcdefghjkmn';
  const theirs = `/v1/operations/${others.operation.id}`;
  return learnsNothing(t, world, [
    { as: KOA, request: { path: theirs } },
    { as: KOA, request: { path: none } },
    { as: STRANGER, request: { path: theirs } },
    { as: STRANGER, request: { path: none } },
    { as: PLATFORM, request: { path: none } },
  ]);
});

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
