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
import { idOf, KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
for (const name of ['giftcard-service', 'koa/access/pushers', 'koa/x-x/1.0', 'koa-x/pushers'])
  await made(world, KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });
const PATH = '/v1/repositories/giftcard-service/-/pushers';
const valid: Valid = { as: MEMBER, request: { path: PATH } };
const WRITER = { description: 'aws-koa-ci', accountId: '111122223333', canWrite: true };

/** Grants a GitHub repository; to all of the department's repositories, or to those named. @returns the grant's id */
async function granted(repository: string, repositories?: readonly string[]): Promise<string> {
  const { body } = await made(world, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: {
      organisation: 'JPPOL-KOA',
      repository,
      repositoryId: idOf(`JPPOL-KOA/${repository}`),
      ...(repositories === undefined ? {} : { repositories }),
    },
  });
  return body.grant.id;
}

t.test(
  '200: anyone of the department reads who pushes, by a grant for all, a grant for it, or an account',
  async (t) => {
    t.strictSame((await world.ask(MEMBER, valid.request)).body, { items: [] }, 'nobody at first');
    const toAll = await granted('GiftCardService');
    const toIt = await granted('Newsletter', ['giftcard-service', 'koa/access/pushers']);
    await granted('Elsewhere', ['koa/access/pushers']);
    await made(world, PLATFORM, {
      method: 'PUT',
      path: '/v1/departments/koa/account-access',
      headers: { 'if-match': '*' },
      body: { accounts: [WRITER, { ...WRITER, accountId: '444455556666', canWrite: false }] },
    });
    const { status, body, text } = await world.ask(MEMBER, valid.request);
    t.equal(status, 200, text);
    t.match(body.items, [
      { kind: 'account', accountId: WRITER.accountId, description: WRITER.description },
      ...[toAll, toIt].sort().map((grant) => ({ kind: 'grant', grant, organisation: 'JPPOL-KOA' })),
    ]);
    t.equal(body.items.length, 3);
    const repository = await world.ask(MEMBER, { path: '/v1/repositories/giftcard-service' });
    t.equal(repository.body.pusherCount, 3, 'the repository says how many');
    t.equal(repository.body.links.pushers, PATH, 'and where they are');
  },
);

t.test('200: pages hold each of them once', async (t) => {
  const whole = (await world.ask(MEMBER, valid.request)).body.items;
  for (const first of [1, 2, 3, 100]) t.strictSame(await walked(t, world, MEMBER, PATH, first), whole);
});

t.test(
  '200: no name is taken for something else, whatever its segments are and however its slashes are written',
  async (t) => {
    for (const name of ['koa/access/pushers', 'koa/x-x/1.0', 'koa-x/pushers']) {
      const encoded = encodeURIComponent(name);
      t.equal((await world.ask(MEMBER, { path: `/v1/repositories/${name}` })).body.name, name);
      const pages = [`${name}/-/pushers`, `${encoded}/-/pushers`, `${encoded}%2F-%2Fpushers`, `${encoded}/%2D/pushers`];
      const all = await Promise.all(
        pages.map((path) => world.ask(MEMBER, { path: `/v1/repositories/${path}?first=1` })),
      );
      for (const { status, body, headers, text } of all) {
        t.equal(status, 200, text);
        t.strictSame(body.items, all[0]?.body.items);
        if (body.nextCursor === undefined) continue;
        t.ok(headers['link']?.startsWith(`</v1/repositories/${encoded}/-/pushers?`), 'the link is encoded');
      }
    }
    const { items } = (await world.ask(MEMBER, { path: '/v1/repositories/koa/access/pushers/-/pushers' })).body;
    t.equal(items.length, 4);
  },
);

t.test('400: a name that cannot be one, and a page that cannot be, are told with their pointers', async (t) => {
  const cursor = await foreignCursor(world, '/v1/departments/koa/repositories');
  const other = await world.ask(MEMBER, { path: '/v1/repositories/koa/access/pushers/-/pushers?first=1' });
  await refusesBadInput(t, world, KOA, {
    ...badPages(PATH, cursor),
    'a segment that begins with a hyphen': {
      request: { path: '/v1/repositories/koa/-x/-/pushers' },
      pointers: ['/path/name'],
    },
    capitals: { request: { path: '/v1/repositories/GiftCard/-/pushers' }, pointers: ['/path/name'] },
    'a hyphen for a name': { request: { path: '/v1/repositories/-/-/pushers' }, pointers: ['/path/name'] },
    'a slash at its end': { request: { path: '/v1/repositories/koa//-/pushers' }, pointers: ['/path/name'] },
    "another repository's cursor": {
      request: { path: `${PATH}?after=${other.body.nextCursor}` },
      pointers: ['/query/after'],
    },
  });
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing, nor does a wrong address tell anything', async (t) => {
  const path = (name: string) => ({ path: `/v1/repositories/${name}/-/pushers` });
  await learnsNothing(t, world, [
    { as: KOA, request: path('pol/website') },
    { as: KOA, request: path('nosuch') },
    { as: POL, request: path('giftcard-service') },
    { as: PLATFORM, request: path('nosuch') },
    { as: STRANGER, request: path('giftcard-service') },
    { as: STRANGER, request: path('nosuch') },
  ]);
  for (const behind of ['/-/', '/-/nothing', '/-/pushers/', '/-/pushers/-/pushers', '/-//pushers'])
    t.match(
      await world.ask(KOA, { path: `/v1/repositories/giftcard-service${behind}` }),
      { status: 404, body: { code: 'unknown-path' } },
      behind,
    );
});

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
