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
import { KOA, PLATFORM, POL, idOf } from '../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const GRANTS = '/v1/departments/koa/grants';
const grant = (body: object): Asked => ({ method: 'POST', path: GRANTS, body: { organisation: 'JPPOL-KOA', ...body } });

const { body: own } = await made(world, KOA, grant({ repository: 'GiftCardService' }));
const { body: others } = await made(world, POL, {
  method: 'POST',
  path: '/v1/departments/pol/grants',
  body: { organisation: 'JPPOL-POL', repository: 'Website' },
});
const PATH = `${GRANTS}/${own.grant.id}`;
const NONE = 'grant-01kaxq3v7d8e9fabcdefghjkmn';
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: anyone of the department reads it', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.strictSame(answer.body, own.grant);
  t.match(answer.body, {
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositoryId: idOf(KOA.repository),
    repositories: null,
    refs: null,
    environment: null,
    createdBy: KOA.repository,
  });
});

t.test('304: who has it already gets it only when it has changed', (t) =>
  isNotModified(t, world, MEMBER, PATH, () =>
    made(world, KOA, { method: 'PATCH', path: PATH, body: { refs: ['refs/heads/main'] } }),
  ),
);

t.test('400: an id that cannot be one is told as that', (t) =>
  refusesBadInput(t, world, KOA, {
    'a word': { request: { path: `${GRANTS}/main` }, pointers: ['/path/id'] },
    capitals: { request: { path: `${GRANTS}/${own.grant.id.toUpperCase()}` }, pointers: ['/path/id'] },
    'an operation': { request: { path: `${GRANTS}/${own.operation.id}` }, pointers: ['/path/id'] },
    'an unknown parameter': { request: { path: `${PATH}?x=1` }, pointers: ['/query/x'] },
  }),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing, and nobody more of what is not there', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => ({
      path: `/v1/departments/${department}/grants/${department === 'pol' ? others.grant.id : own.grant.id}`,
    })),
    { as: KOA, request: { path: `${GRANTS}/${NONE}` } },
    { as: KOA, request: { path: `${GRANTS}/${others.grant.id}` } },
    { as: PLATFORM, request: { path: `${GRANTS}/${others.grant.id}` } },
  ]),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) =>
  tellsTheUnexpected(t, world, valid, 'GET, HEAD, PATCH, DELETE'),
);
