import t from 'tap';
import {
  badPages,
  foreignCursor,
  learnsNothing,
  needsTheIssuer,
  othersDepartments,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  walked,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa/repositories';
const valid: Valid = { as: MEMBER, request: { path: PATH } };
const create = (name: string) => made(world, KOA, { method: 'POST', path: PATH, body: { name } });

t.test('200: anyone of the department sees its repositories, with how many push and pull', async (t) => {
  t.strictSame((await world.ask(MEMBER, valid.request)).body, { items: [] }, 'none at first');
  await create('giftcard-service');
  await made(world, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService' },
  });
  const answer = await world.ask(MEMBER, valid.request);
  t.match(answer.body.items, [
    {
      name: 'giftcard-service',
      department: 'koa',
      pusherCount: 1,
      pullerCount: 1,
      links: {
        pushers: '/v1/repositories/giftcard-service/-/pushers',
        pullers: '/v1/repositories/giftcard-service/-/pullers',
      },
    },
  ]);
  t.strictSame(
    (await world.ask(MEMBER, { path: '/v1/repositories/giftcard-service' })).body,
    answer.body.items[0],
    'each as it is read alone',
  );
});

t.test('200: pages hold each repository once, those with slashes too', async (t) => {
  const names = ['koa/a', 'koa/a-b', 'koa-a', 'koa/a/b', 'zz'];
  for (const name of names) await create(name);
  for (const first of [1, 2, 3, 6, 100]) {
    const items = (await walked(t, world, MEMBER, PATH, first)) as { name: string }[];
    t.strictSame(
      items.map(({ name }) => name),
      ['giftcard-service', ...names].sort(),
    );
  }
});

t.test('200: a list that is walked while it grows misses nothing that stood there', async (t) => {
  const page = await world.ask(MEMBER, { path: `${PATH}?first=3` });
  await create('aa-new');
  await create('zz-new');
  const rest = await world.ask(MEMBER, { path: `${PATH}?after=${page.body.nextCursor}` });
  t.strictSame(
    rest.body.items.map(({ name }: { name: string }) => name),
    ['koa/a-b', 'koa/a/b', 'zz', 'zz-new'],
  );
});

t.test('400: a page that cannot be is told with its pointer', async (t) =>
  refusesBadInput(t, world, KOA, badPages(PATH, await foreignCursor(world, '/v1/departments/koa/audit-events'))),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) => ({ path: `/v1/departments/${department}/repositories` })),
  ),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD, POST'));
