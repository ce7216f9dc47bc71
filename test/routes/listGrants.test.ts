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
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const GRANTS = '/v1/departments/koa/grants';
const grant = (body: object): Asked => ({ method: 'POST', path: GRANTS, body: { organisation: 'JPPOL-KOA', ...body } });

const valid: Valid = { as: MEMBER, request: { path: GRANTS } };

t.test('200: anyone of the department sees its grants', async (t) => {
  t.strictSame((await world.ask(MEMBER, valid.request)).body, { items: [] }, 'none at first');
  const { body } = await made(world, KOA, grant({ repository: 'GiftCardService', refs: ['refs/heads/main'] }));
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.strictSame(answer.body.items, [body.grant]);
});

t.test('200: pages hold each grant once, the oldest first', async (t) => {
  for (const id of ['1', '2', '3', '4']) await made(world, KOA, grant({ repository: `App-${id}`, repositoryId: id }));
  for (const first of [1, 2, 4, 5, 6]) {
    const items = (await walked(t, world, MEMBER, GRANTS, first)) as { repository: string }[];
    t.strictSame(
      items.map(({ repository }) => repository),
      ['GiftCardService', 'App-1', 'App-2', 'App-3', 'App-4'],
    );
  }
});

t.test('400: a page that cannot be is told with its pointer', async (t) => {
  await made(world, KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'koa/one' } });
  await refusesBadInput(t, world, KOA, badPages(GRANTS, await foreignCursor(world, '/v1/departments/koa/push-roles')));
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) => ({ path: `/v1/departments/${department}/grants` })),
  ),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD, POST'));
