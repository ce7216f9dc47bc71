import { CreateRepositoryCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import {
  isNotModified,
  learnsNothing,
  needsTheIssuer,
  refused,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
for (const name of ['giftcard-service', 'koa/shop/cart']) {
  await made(world, KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
}
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });
const PATH = '/v1/repositories/giftcard-service';
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department reads it, and how many push and pull', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  const { repositories } = await world.ecr.send(
    new DescribeRepositoriesCommand({ repositoryNames: ['giftcard-service'] }),
  );
  t.match(answer.body, {
    name: 'giftcard-service',
    arn: repositories?.[0]?.repositoryArn,
    uri: repositories?.[0]?.repositoryUri,
    pusherCount: 0,
    pullerCount: 1,
    links: {
      pushers: '/v1/repositories/giftcard-service/-/pushers',
      pullers: '/v1/repositories/giftcard-service/-/pullers',
    },
  });
});

t.test('200: slashes in a name are written encoded or plain', async (t) => {
  const encoded = await world.ask(MEMBER, { path: '/v1/repositories/koa%2Fshop%2Fcart' });
  t.equal(encoded.status, 200, encoded.text);
  for (const path of [
    '/v1/repositories/koa/shop/cart',
    '/v1/repositories/koa%2fshop/cart',
    '/v1/repositories/koa/shop%2Fcart',
  ]) {
    const answer = await world.ask(MEMBER, { path });
    t.strictSame([answer.status, answer.body], [200, encoded.body], path);
    t.equal(answer.headers['etag'], encoded.headers['etag']);
  }
});

t.test('304: who has it already gets it only when it, or the number of those who push, has changed', async (t) => {
  await isNotModified(t, world, MEMBER, PATH, () =>
    made(world, KOA, { method: 'PATCH', path: PATH, body: { scanOnPush: false } }),
  );
  await isNotModified(t, world, MEMBER, PATH, () =>
    made(world, KOA, {
      method: 'POST',
      path: '/v1/departments/koa/grants',
      body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService' },
    }),
  );
});

t.test('400: a name that cannot be one is told as that', (t) =>
  refusesBadInput(t, world, KOA, {
    capitals: { request: { path: '/v1/repositories/GiftCard' }, pointers: ['/path/name'] },
    'a slash at the end': { request: { path: '/v1/repositories/koa/' }, pointers: ['/path/name'] },
    'two slashes': { request: { path: '/v1/repositories/koa%2F%2Fcart' }, pointers: ['/path/name'] },
    'a climb': { request: { path: '/v1/repositories/koa%2F..%2Fpol' }, pointers: ['/path/name'] },
    'a NUL': { request: { path: '/v1/repositories/koa%00' }, pointers: ['/path/name'] },
    'an encoded percent': { request: { path: '/v1/repositories/koa%252Fcart' }, pointers: ['/path/name'] },
    'too long': { request: { path: `/v1/repositories/${'a'.repeat(257)}` }, pointers: ['/path/name'] },
    'an unknown parameter': { request: { path: `${PATH}?images=true` }, pointers: ['/query/images'] },
  }),
);

t.test('400: a path that is no path is told as that', async (t) => {
  await refused(t, world, KOA, { path: '/v1/repositories/koa%' }, { status: 400, code: 'malformed-request' });
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test(
  '404: a caller of another department learns nothing, whether the name is theirs, nobody\u2019s or by hand',
  async (t) => {
    await world.ecr.send(new CreateRepositoryCommand({ repositoryName: 'made-by-hand' }));
    await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/gone' } });
    await made(world, POL, { method: 'DELETE', path: '/v1/repositories/pol/gone' });
    const path = (name: string) => ({ path: `/v1/repositories/${name}` });
    await learnsNothing(t, world, [
      { as: KOA, request: path('pol/website') },
      { as: KOA, request: path('pol%2Fwebsite') },
      { as: KOA, request: path('pol/gone') },
      { as: KOA, request: path('nosuch') },
      { as: KOA, request: path('made-by-hand') },
      { as: POL, request: path('pol/gone') },
      { as: PLATFORM, request: path('nosuch') },
      { as: PLATFORM, request: path('made-by-hand') },
      { as: STRANGER, request: path('giftcard-service') },
      { as: STRANGER, request: path('nosuch') },
    ]);
  },
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);
