import t from 'tap';
import {
  needsTheIssuer,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, STRANGER, idOf, type Answer } from '../support/service.ts';
import { KOA_PULL_REQUEST, MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const valid: Valid = { as: KOA, request: { path: '/v1/whoami' } };
const allowed = (answer: Answer, command: string, department: string): boolean | undefined =>
  answer.body.allowed.find(
    (one: { command: string; department?: string }) => one.command === command && one.department === department,
  )?.allowed;

t.test('200: a manager is told the role and the rule that gives it', async (t) => {
  const answer = await world.ask(KOA, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body, {
    role: 'manager',
    departments: [{ id: 'koa', role: 'manager', because: new RegExp(idOf(KOA.repository)) }],
    mutationsAllowed: true,
  });
  t.match(answer.body.caller, { repository: KOA.repository, repositoryId: idOf(KOA.repository), eventName: 'push' });
  t.equal(answer.body.departments.length, 1, 'another department is not told');
  t.equal(allowed(answer, 'createRepository', 'koa'), true);
  t.equal(allowed(answer, 'putAccountAccess', 'koa'), false);
  t.notMatch(answer.text, /eyJ|tokenSha256/, 'nothing of the token comes back');
});

t.test('200: each caller is told only what it may see, and what it is told is what happens', async (t) => {
  const member = await world.ask(MEMBER, valid.request);
  t.match(member.body, { role: 'member', departments: [{ id: 'koa', role: 'member' }] });
  t.equal(allowed(member, 'createRepository', 'koa'), false);
  const denied = await world.ask(MEMBER, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'koa/denied' },
  });
  t.equal(denied.status, 403);
  const stranger = await world.ask(STRANGER, valid.request);
  t.match(stranger.body, { role: 'unknown', departments: [] });
  t.ok(
    stranger.body.allowed.every((one: { allowed: boolean }) => !one.allowed),
    'a stranger may change nothing',
  );
  t.notMatch(stranger.text, /koa|pol"/i, 'and learns of no department');
  const platform = await world.ask(PLATFORM, valid.request);
  t.equal(platform.body.role, 'platform');
  t.strictSame(
    platform.body.departments.map(({ id }: { id: string }) => id),
    ['koa', 'pol'],
  );
  t.equal(allowed(platform, 'putAccountAccess', 'pol'), true);
});

t.test('200: a pull request is told that it may read and dry-run', async (t) => {
  const answer = await world.ask(KOA_PULL_REQUEST, valid.request);
  t.match(answer.body, { mutationsAllowed: false, because: /dry-run/ });
});

t.test('400: parameters that it does not know are refused', (t) =>
  refusesBadInput(t, world, KOA, {
    'an unknown parameter': { request: { path: '/v1/whoami?verbose=true' }, pointers: ['/query/verbose'] },
    several: { request: { path: '/v1/whoami?a=1&b=2' }, pointers: ['/query/a', '/query/b'] },
  }),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
