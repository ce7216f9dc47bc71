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
import { KOA, PLATFORM, idOf } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa/organisations';
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department sees its organisations', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.items, [
    { department: 'koa', login: 'JPPOL-KOA', ownerId: idOf('JPPOL-KOA'), shared: false, revision: 1 },
  ]);
});

t.test('200: pages hold each organisation once, in whatever case it is written', async (t) => {
  const logins = ['acme-Tools', 'ACME', 'zebra', 'Acme-a'];
  for (const login of logins) {
    await made(world, PLATFORM, { method: 'PUT', path: `${PATH}/${login}`, body: { ownerId: idOf(login) } });
  }
  for (const first of [1, 2, 3, 5]) {
    const items = (await walked(t, world, MEMBER, PATH, first)) as { login: string }[];
    t.strictSame(
      items.map(({ login }) => login),
      ['ACME', 'Acme-a', 'acme-Tools', 'JPPOL-KOA', 'zebra'],
    );
  }
});

t.test('400: a page that cannot be is told with its pointer', async (t) => {
  await refusesBadInput(t, world, KOA, badPages(PATH, await foreignCursor(world, '/v1/departments/koa/push-roles')));
  await refusesBadInput(t, world, KOA, {
    'no department': { request: { path: '/v1/departments/K/organisations' }, pointers: ['/path/department'] },
  });
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) => ({ path: `/v1/departments/${department}/organisations` })),
  ),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
