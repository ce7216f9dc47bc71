import t from 'tap';
import { parse } from 'yaml';
import {
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
import { KOA } from '../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const GRANTS = '/v1/departments/koa/grants';
const grant = (body: object): Asked => ({ method: 'POST', path: GRANTS, body: { organisation: 'JPPOL-KOA', ...body } });

const { body: early } = await made(world, KOA, grant({ repository: 'Newsletter', repositoryId: '7' }));
const EARLY = `${GRANTS}/${early.grant.id}/workflow`;
const empty = await world.ask(KOA, { path: EARLY });
const emptyNamed = await world.ask(KOA, { path: `${EARLY}?repository=koa%2Fnosuch` });
for (const name of ['giftcard-service', 'koa/cart']) {
  await made(world, KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
}
const { body: own } = await made(world, KOA, grant({ repository: 'GiftCardService' }));
const { body: named } = await made(
  world,
  KOA,
  grant({ repository: 'GiftCardService', repositories: ['koa/cart'], environment: 'production' }),
);
const PATH = `${GRANTS}/${own.grant.id}/workflow`;
const valid: Valid = { as: MEMBER, request: { path: PATH } };

t.test('200: the workflow comes as YAML, with the role and the image of the grant', async (t) => {
  const answer = await world.ask(MEMBER, valid.request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.headers['content-type'], /^application\/yaml/);
  const { jobs } = parse(answer.text);
  const text = JSON.stringify(jobs);
  for (const part of [
    own.grant.pushRoleArn,
    '354918371398.dkr.ecr.eu-west-1.amazonaws.com/giftcard-service',
    'eu-west-1',
  ])
    t.ok(text.includes(part), part);
  t.match(answer.text, new RegExp(`^# Grant: +${own.grant.id}`, 'm'));
});

t.test('200: the workflow comes as JSON to whom asks for that', async (t) => {
  const yaml = await world.ask(MEMBER, valid.request);
  for (const accept of [
    'application/json',
    'application/yaml;q=0.5, application/json',
    'text/html, application/json',
  ]) {
    const answer = await world.ask(MEMBER, { path: PATH, headers: { accept } });
    t.match(answer.headers['content-type'], /^application\/json/, accept);
    t.match(answer.body, {
      fileName: '.github/workflows/push-giftcard-service.yml',
      repository: 'giftcard-service',
      yaml: yaml.text,
    });
    t.strictSame(answer.body.json, parse(yaml.text), 'both say the same');
  }
  t.match(
    (await world.ask(MEMBER, { path: PATH, headers: { accept: '*/*' } })).headers['content-type'],
    /yaml/,
    'YAML for whom all is well',
  );
});

t.test('200: one image is asked for, and a grant for named ones knows only those', async (t) => {
  const cart = await world.ask(MEMBER, { path: `${PATH}?repository=koa%2Fcart` });
  t.match(cart.text, /amazonaws\.com\/koa\/cart/);
  const only = await world.ask(MEMBER, { path: `${GRANTS}/${named.grant.id}/workflow` });
  t.match(only.text, /amazonaws\.com\/koa\/cart/);
  t.match(parse(only.text).jobs['build-and-push'], { environment: 'production' });
});

t.test('400: an image that the grant does not cover is told with those that it does', async (t) => {
  await refusesBadInput(t, world, MEMBER, {
    'a repository of the department that it does not name': {
      request: { path: `${GRANTS}/${named.grant.id}/workflow?repository=giftcard-service` },
      pointers: ['/query/repository'],
    },
    'a name that cannot be': { request: { path: `${PATH}?repository=Gift` }, pointers: ['/query/repository'] },
    'an id that cannot be': { request: { path: `${GRANTS}/x/workflow` }, pointers: ['/path/id'] },
    'an unknown parameter': { request: { path: `${PATH}?format=yaml` }, pointers: ['/query/format'] },
  });
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('404: a caller of another department learns nothing', (t) =>
  learnsNothing(t, world, [
    ...othersDepartments((department) => ({ path: `/v1/departments/${department}/grants/${own.grant.id}/workflow` })),
    { as: KOA, request: { path: `${GRANTS}/grant-01kaxq3v7d8e9fabcdefghjkmn/workflow` } },
  ]),
);

t.test('404: an image that is not there is not made up', async (t) => {
  for (const name of ['koa/nosuch', 'pol/website']) {
    const answer = await world.ask(MEMBER, { path: `${PATH}?repository=${encodeURIComponent(name)}` });
    t.equal(answer.status, 404, answer.text);
    t.equal(sameForAll(emptyNamed.text), sameForAll(answer.text), 'nor where there is none at all');
  }
});

/** What is left of a problem without the request's own id. */
function sameForAll(text: string): string {
  return text.replace(/urn:uuid:[0-9a-f-]+/, '');
}

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('409: a grant without a repository yet says what to do first', async (t) => {
  t.equal(empty.status, 409, empty.text);
  t.match(empty.body, { code: 'no-repository', detail: /Create one in koa first/ });
});

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
