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
import { KOA, PLATFORM } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa/account-access';
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department reads who may pull', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, {
    department: 'koa',
    accounts: [{ accountId: '931827427725', description: 'aws-koa', canWrite: false }],
    organisationPull: false,
  });
});

t.test('200: a new department has nobody, and a tag by which that can be changed', async (t) => {
  await made(world, PLATFORM, { method: 'POST', path: '/v1/departments', body: { id: 'new', displayName: 'New' } });
  const answer = await world.ask(PLATFORM, { path: '/v1/departments/new/account-access' });
  t.match(answer.body, { accounts: [], organisationPull: false, revision: 0 });
  const put = await world.ask(PLATFORM, {
    method: 'PUT',
    path: '/v1/departments/new/account-access',
    body: { accounts: [] },
    headers: { 'if-match': String(answer.headers['etag']) },
  });
  t.equal(put.status, 200, put.text);
});

t.test('304: who has it already gets it only when it has changed', (t) =>
  isNotModified(t, world, MEMBER, PATH, () =>
    made(world, PLATFORM, { method: 'PUT', path: PATH, body: { accounts: [] }, headers: { 'if-match': '*' } }),
  ),
);

t.test('400: a department that cannot be is told as that', (t) =>
  refusesBadInput(t, world, KOA, {
    'a department': { request: { path: '/v1/departments/K/account-access' }, pointers: ['/path/department'] },
    'an unknown parameter': { request: { path: `${PATH}?first=3` }, pointers: ['/query/first'] },
  }),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) => ({ path: `/v1/departments/${department}/account-access` })),
  ),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD, PUT'));
