import { GetRoleCommand } from '@aws-sdk/client-iam';
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
const PATH = '/v1/departments/koa/push-roles';
const valid: Valid = { as: MEMBER, request: { path: PATH } };
const grant = (body: object): Asked => ({
  method: 'POST',
  path: '/v1/departments/koa/grants',
  body: { organisation: 'JPPOL-KOA', ...body },
});

t.test('200: the department\u2019s role stands there from the first day, with room in it', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  const [role] = answer.body.items;
  t.match(role, {
    name: 'koa-github-ecr-access',
    scope: 'department',
    repositories: null,
    grants: [],
    sessionsRevokedBefore: null,
  });
  const { Role } = await world.iam.send(new GetRoleCommand({ RoleName: role.name }));
  t.equal(role.arn, Role?.Arn, 'the ARN is that of IAM');
  t.equal(role.trustPolicy.room, role.trustPolicy.quota - role.trustPolicy.characters);
  t.ok(role.trustPolicy.room > 1_000);
});

t.test('200: grants are shown on their roles, and take room', async (t) => {
  const before = (await world.ask(MEMBER, valid.request)).body.items[0];
  await made(world, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'giftcard-service' },
  });
  const wide = (await made(world, KOA, grant({ repository: 'GiftCardService' }))).body.grant;
  const named = (
    await made(world, KOA, grant({ repository: 'Newsletter', repositoryId: '42', repositories: ['giftcard-service'] }))
  ).body.grant;
  const { items } = (await world.ask(MEMBER, valid.request)).body;
  t.match(
    items.find((one: { name: string }) => one.name === wide.pushRole),
    { grants: [wide.id], scope: 'department', arn: wide.pushRoleArn },
  );
  t.match(
    items.find((one: { name: string }) => one.name === named.pushRole),
    { grants: [named.id], scope: 'named', repositories: ['giftcard-service'], arn: named.pushRoleArn },
  );
  t.ok(items.find((one: { name: string }) => one.name === wide.pushRole).trustPolicy.room < before.trustPolicy.room);
});

t.test('200: pages hold each role once', async (t) => {
  for (const id of ['43', '44', '45'])
    await made(world, KOA, grant({ repository: `App-${id}`, repositoryId: id, repositories: ['giftcard-service'] }));
  for (const first of [1, 2, 4]) {
    const items = (await walked(t, world, MEMBER, PATH, first)) as { name: string }[];
    t.equal(new Set(items.map(({ name }) => name)).size, 5);
    t.equal(items.length, 5);
  }
});

t.test('400: a page that cannot be is told with its pointer', async (t) =>
  refusesBadInput(t, world, KOA, badPages(PATH, await foreignCursor(world, '/v1/departments/koa/grants'))),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(
    t,
    world,
    othersDepartments((department) => ({ path: `/v1/departments/${department}/push-roles` })),
  ),
);

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
