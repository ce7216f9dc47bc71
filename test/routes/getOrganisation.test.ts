import t from 'tap';
import {
  isNotModified,
  learnsNothing,
  needsTheIssuer,
  othersDepartments,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, idOf } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa/organisations/JPPOL-KOA';
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department reads it, in whatever case the login is written', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, {
    department: 'koa',
    login: 'JPPOL-KOA',
    ownerId: idOf('JPPOL-KOA'),
    shared: false,
    pendingOperation: null,
  });
  const folded = await world.ask(MEMBER, { path: PATH.replace('JPPOL-KOA', 'jppol-koa') });
  t.strictSame(folded.body, answer.body);
  t.equal(folded.headers['etag'], answer.headers['etag']);
});

t.test('304: who has it already gets it only when it has changed', (t) =>
  isNotModified(t, world, KOA, PATH, () =>
    made(world, PLATFORM, { method: 'PUT', path: PATH, body: { ownerId: idOf('JPPOL-KOA'), shared: true } }),
  ),
);

t.test('400: a login that cannot be one is told as that', async (t) => {
  await made(world, PLATFORM, { method: 'PUT', path: PATH, body: { ownerId: idOf('JPPOL-KOA'), shared: false } });
  await refusesBadInput(t, world, KOA, {
    'a hyphen at the end': { request: { path: '/v1/departments/koa/organisations/KOA-' }, pointers: ['/path/login'] },
    'a pattern': { request: { path: '/v1/departments/koa/organisations/JPPOL-*' }, pointers: ['/path/login'] },
    both: { request: { path: '/v1/departments/K/organisations/-' }, pointers: ['/path/department', '/path/login'] },
    'an unknown parameter': { request: { path: `${PATH}?x=1` }, pointers: ['/query/x'] },
  });
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing, and nobody more of what is not there', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => ({
      path: `/v1/departments/${department}/organisations/JPPOL-${department.toUpperCase()}`,
    })),
    { as: KOA, request: { path: '/v1/departments/koa/organisations/JPPOL-POL' } },
    { as: PLATFORM, request: { path: '/v1/departments/koa/organisations/JPPOL-POL' } },
  ]),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PUT, DELETE'),
);
