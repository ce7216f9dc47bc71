import t from 'tap';
import {
  badPages,
  foreignCursor,
  learnsNothing,
  needsTheIssuer,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  walked,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const create = (name: string) =>
  ({ method: 'POST', path: '/v1/departments/koa/repositories', body: { name } }) as const;
await made(world, KOA, create('giftcard-service'));
await made(world, KOA, create('koa/pullers'));
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });
const PATH = '/v1/repositories/giftcard-service/-/pullers';
const valid: Valid = { as: MEMBER, request: { path: PATH } };
const account = (index: number) => ({
  description: `aws-koa-${index}`,
  accountId: String(100_000_000_000 + index),
  canWrite: index % 2 === 0,
});

t.test('200: anyone of the department reads who pulls: accounts, and the organisation where it may', async (t) => {
  t.match((await world.ask(MEMBER, valid.request)).body.items, [{ kind: 'account', accountId: '931827427725' }]);
  await made(world, PLATFORM, {
    method: 'PUT',
    path: '/v1/departments/koa/account-access',
    headers: { 'if-match': '*' },
    body: { accounts: [account(2), account(1)], organisationPull: true },
  });
  const { status, body, text } = await world.ask(MEMBER, valid.request);
  t.equal(status, 200, text);
  t.strictSame(body.items, [
    { kind: 'account', accountId: account(1).accountId, description: 'aws-koa-1' },
    { kind: 'account', accountId: account(2).accountId, description: 'aws-koa-2' },
    { kind: 'aws-organisation', organisationId: 'o-example0000' },
  ]);
  const repository = await world.ask(MEMBER, { path: '/v1/repositories/giftcard-service' });
  t.match(repository.body, { pullerCount: 3, links: { pullers: PATH } }, 'the repository says how many, and where');
  t.strictSame(
    (await world.ask(MEMBER, { path: '/v1/repositories/koa/pullers/-/pullers' })).body,
    body,
    'a repository of that name is one as any other',
  );
});

t.test('200: pages hold each of them once', async (t) => {
  const whole = (await world.ask(MEMBER, valid.request)).body.items;
  for (const first of [1, 2, 3, 100]) t.strictSame(await walked(t, world, MEMBER, PATH, first), whole);
});

t.test('400: a page that cannot be is told with its pointer', async (t) =>
  refusesBadInput(t, world, KOA, {
    ...badPages(PATH, await foreignCursor(world, '/v1/departments/koa/repositories')),
    'a name in capitals': { request: { path: '/v1/repositories/GiftCard/-/pullers' }, pointers: ['/path/name'] },
    "the pushers' cursor": {
      request: { path: `${PATH}?after=${await pushersCursor()}` },
      pointers: ['/query/after'],
    },
  }),
);

async function pushersCursor(): Promise<string> {
  const accounts = [2, 4].map(account);
  await made(world, PLATFORM, {
    method: 'PUT',
    path: '/v1/departments/koa/account-access',
    headers: { 'if-match': '*' },
    body: { accounts },
  });
  return (await world.ask(MEMBER, { path: '/v1/repositories/giftcard-service/-/pushers?first=1' })).body.nextCursor;
}

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', async (t) => {
  const path = (name: string) => ({ path: `/v1/repositories/${name}/-/pullers` });
  await learnsNothing(t, world, [
    { as: KOA, request: path('pol/website') },
    { as: KOA, request: path('nosuch') },
    { as: POL, request: path('giftcard-service') },
    { as: PLATFORM, request: path('nosuch') },
    { as: STRANGER, request: path('giftcard-service') },
  ]);
});

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
