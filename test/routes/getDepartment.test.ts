import t from 'tap';
import {
  isNotModified,
  learnsNothing,
  needsTheIssuer,
  othersDepartments,
  refused,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, POL, idOf } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const PATH = '/v1/departments/koa';
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department reads it', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, {
    id: 'koa',
    displayName: 'KOA',
    namespace: null,
    roleName: 'koa-github-ecr-access',
    selfService: false,
    revision: 1,
    pendingOperation: null,
  });
  t.match(answer.body.managers, [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }]);
  t.strictSame((await world.ask(PLATFORM, valid.request)).body, answer.body, 'the platform reads the same');
  t.match((await world.ask(POL, { path: '/v1/departments/pol' })).body, { namespace: 'pol' });
});

t.test('304: who has it already gets it only when it has changed', (t) =>
  isNotModified(t, world, MEMBER, PATH, () =>
    made(world, PLATFORM, { method: 'PATCH', path: PATH, body: { displayName: 'KOA A/S' } }),
  ),
);

t.test('400: an id that cannot be one is told as that', (t) =>
  refusesBadInput(t, world, KOA, {
    capitals: { request: { path: '/v1/departments/KOA' }, pointers: ['/path/department'] },
    'two hyphens': { request: { path: '/v1/departments/k--a' }, pointers: ['/path/department'] },
    'one letter': { request: { path: '/v1/departments/k' }, pointers: ['/path/department'] },
    'an encoded slash': { request: { path: '/v1/departments/koa%2F..%2Fpol' }, pointers: ['/path/department'] },
    'an unknown parameter': { request: { path: `${PATH}?expand=all` }, pointers: ['/query/expand'] },
  }),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => ({ path: `/v1/departments/${department}` })),
    { as: PLATFORM, request: { path: '/v1/departments/nosuch' } },
  ]),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('503: without its ledger the service says that it cannot answer, and when to ask again', async (t) => {
  const answer = await refused(
    t,
    world,
    MEMBER,
    valid.request,
    { status: 503, code: 'aws-unavailable' },
    world.cutOff(),
  );
  t.match(answer.headers['retry-after'], /^[1-9][0-9]*$/);
  t.notMatch(answer.text, /127\.0\.0\.1|ECONNREFUSED/, 'nothing of what is behind it is told');
});

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);
