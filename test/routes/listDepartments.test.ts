import t from 'tap';
import {
  badPages,
  foreignCursor,
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
const valid: Valid = { as: KOA, request: { path: '/v1/departments' } };
const ids = (answer: { readonly body: { readonly items: readonly { readonly id: string }[] } }) =>
  answer.body.items.map(({ id }) => id);

t.test('200: everybody sees the departments of the own organisation, the platform all', async (t) => {
  t.strictSame(ids(await world.ask(KOA, valid.request)), ['koa']);
  t.strictSame(ids(await world.ask(MEMBER, valid.request)), ['koa']);
  t.strictSame(ids(await world.ask(POL, valid.request)), ['pol']);
  t.strictSame(ids(await world.ask(PLATFORM, valid.request)), ['koa', 'pol']);
  const stranger = await world.ask(STRANGER, valid.request);
  t.equal(stranger.status, 200);
  t.strictSame(stranger.body, { items: [] }, 'a stranger sees none, and no sign of any');
});

t.test('200: pages hold each department once', async (t) => {
  for (const id of ['aaa', 'bbb', 'mmm', 'zzz']) {
    await made(world, PLATFORM, { method: 'POST', path: '/v1/departments', body: { id, displayName: id } });
  }
  for (const first of [1, 2, 3, 6, 7]) {
    const items = (await walked(t, world, PLATFORM, '/v1/departments', first)) as { id: string }[];
    t.strictSame(
      items.map(({ id }) => id),
      ['aaa', 'bbb', 'koa', 'mmm', 'pol', 'zzz'],
    );
  }
});

t.test('200: a page that a deleted department was on is not cut short', async (t) => {
  for (const id of ['aaa', 'bbb']) await made(world, PLATFORM, { method: 'DELETE', path: `/v1/departments/${id}` });
  const items = (await walked(t, world, PLATFORM, '/v1/departments', 1)) as { id: string }[];
  t.strictSame(
    items.map(({ id }) => id),
    ['koa', 'mmm', 'pol', 'zzz'],
  );
});

t.test('400: a page that cannot be is told with its pointer', async (t) =>
  refusesBadInput(
    t,
    world,
    PLATFORM,
    badPages('/v1/departments', await foreignCursor(world, '/v1/departments/koa/push-roles')),
  ),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD, POST'));
