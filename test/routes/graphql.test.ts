import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
import t, { type Test } from 'tap';
import type { Job } from '../../src/local/github/job.ts';
import { KOA, STRANGER, type Answer } from '../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const RESPONSE = 'application/graphql-response+json';
const accept = { accept: RESPONSE };
const post = (query: unknown, more: object = {}, headers: Readonly<Record<string, string>> = accept): Asked => ({
  method: 'POST',
  path: '/graphql',
  body: { query, ...more },
  headers,
});
const get = (query: string, more = ''): Asked => ({
  path: `/graphql?query=${encodeURIComponent(query)}${more}`,
  headers: accept,
});
const CREATE = `mutation ($input: CreateRepositoryInput!) {
  createRepository(input: $input) { operation { id status } plan { action resource direction } repository { name revision } }
}`;
const createRepository = (input: object): Asked =>
  post(CREATE, { variables: { input: { department: 'koa', ...input } } });

/** An answer without data, because the request itself was not taken. */
async function notTaken(
  t: Test,
  as: Job | undefined,
  request: Asked,
  status: number,
  code: string,
  ask = world.ask,
): Promise<Answer> {
  const before = { ledger: await world.ledger(), aws: world.awsWrites() };
  const answer = await ask(as, request);
  t.equal(answer.status, status, answer.text);
  t.match(answer.body, { errors: [{ message: /./, extensions: { code } }] });
  t.equal(answer.body.data, undefined, 'there is no data');
  t.strictSame({ ledger: await world.ledger(), aws: world.awsWrites() }, before, 'nothing was written');
  return answer;
}

t.test('200: a query is answered, by POST and by GET alike', async (t) => {
  const query = '{ department(id: "koa") { id displayName pushRoles { nodes { name } } } }';
  const posted = await world.ask(KOA, post(query));
  t.equal(posted.status, 200, posted.text);
  t.match(posted.headers['content-type'], new RegExp(`^${RESPONSE.replace('+', '\\+')}`));
  t.strictSame(posted.body, {
    data: { department: { id: 'koa', displayName: 'KOA', pushRoles: { nodes: [{ name: 'koa-github-ecr-access' }] } } },
  });
  t.strictSame((await world.ask(KOA, get(query))).body, posted.body);
  const withVariables = get(
    'query ($id: ID!) { department(id: $id) { id } }',
    `&variables=${encodeURIComponent('{"id":"koa"}')}`,
  );
  t.strictSame((await world.ask(KOA, withVariables)).body, { data: { department: { id: 'koa' } } });
});

t.test('200: a mutation does what its twin in REST does', async (t) => {
  const planned = await world.ask(KOA, createRepository({ name: 'giftcard-service', dryRun: true }));
  t.match(planned.body.data.createRepository, {
    operation: null,
    plan: [{ action: 'ecr:CreateRepository' }, { action: 'ecr:SetRepositoryPolicy' }],
  });
  const done = await world.ask(KOA, createRepository({ name: 'giftcard-service' }));
  t.match(done.body.data.createRepository, {
    operation: { status: 'succeeded' },
    repository: { name: 'giftcard-service', revision: 1 },
  });
  t.strictSame(done.body.data.createRepository.plan, planned.body.data.createRepository.plan);
  const { repositories } = await world.ecr.send(new DescribeRepositoriesCommand({}));
  t.strictSame(
    repositories?.map(({ repositoryName }) => repositoryName),
    ['giftcard-service'],
  );
});

t.test('200: what a field refuses is told beside it, by the code that REST has', async (t) => {
  const update = (ifMatch: string): Asked =>
    post(
      `mutation ($input: UpdateRepositoryInput!) { createRepository: updateRepository(input: $input) { repository { name } } }`,
      {
        variables: { input: { name: 'giftcard-service', scanOnPush: false, ifMatch } },
      },
    );
  const rows: readonly (readonly [Job, Asked, string])[] = [
    [KOA, createRepository({ name: 'giftcard-service' }), 'already-exists'],
    [KOA, createRepository({ name: 'Gift' }), 'invalid-input'],
    [KOA, createRepository({ name: 'pol/x' }), 'name-reserved'],
    [KOA, update('99'), 'precondition-failed'],
    [MEMBER, createRepository({ name: 'koa/x' }), 'forbidden'],
    [KOA, createRepository({ department: 'pol', name: 'pol/x' }), 'not-found'],
    [STRANGER, createRepository({ name: 'koa/x' }), 'not-found'],
  ];
  for (const [as, request, code] of rows) {
    const before = { ledger: await world.ledger(), aws: world.awsWrites() };
    const answer = await world.ask(as, request);
    t.equal(answer.status, 200);
    t.match(
      answer.body,
      { data: { createRepository: null }, errors: [{ path: ['createRepository'], extensions: { code } }] },
      code,
    );
    t.strictSame({ ledger: await world.ledger(), aws: world.awsWrites() }, before, 'nothing was written');
  }
});

t.test('200: what is not yours and what is not there are the same', async (t) => {
  const query = (id: string) => post(`{ department(id: "${id}") { id } }`);
  const theirs = await world.ask(KOA, query('pol'));
  const none = await world.ask(KOA, query('nosuch'));
  t.equal(theirs.text, none.text);
  t.equal(theirs.status, none.status);
});

t.test('200: an Idempotency-Key is honoured, across the faces', async (t) => {
  const request = createRepository({ name: 'koa/once', idempotencyKey: 'run-1' });
  const first = await world.ask(KOA, request);
  t.strictSame((await world.ask(KOA, request)).body, first.body);
  const rest = await world.ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'koa/once' },
    headers: { 'idempotency-key': 'run-1' },
  });
  t.equal(rest.status, 201, rest.text);
  t.equal(rest.body.operation.id, first.body.data.createRepository.operation.id);
});

t.test('400: a document that cannot be is refused before anything is done', async (t) => {
  await notTaken(t, KOA, post('{ department(id: "koa") { id '), 400, 'malformed-request');
  await notTaken(t, KOA, post('{ department(id: "koa") { secret } }'), 400, 'invalid-input');
  await notTaken(t, KOA, post(CREATE, { variables: { input: { department: 'koa' } } }), 400, 'invalid-input');
  await notTaken(t, KOA, post(undefined), 400, 'malformed-request');
  await notTaken(t, KOA, post(7), 400, 'malformed-request');
  await notTaken(t, KOA, post('{ whoami { role } }', { variables: [] }), 400, 'malformed-request');
  await notTaken(
    t,
    KOA,
    { method: 'POST', path: '/graphql', raw: '{"query":', headers: accept },
    400,
    'malformed-request',
  );
  await notTaken(
    t,
    KOA,
    { method: 'POST', path: '/graphql', body: [{ query: '{ whoami { role } }' }], headers: accept },
    400,
    'malformed-request',
  );
  await notTaken(t, KOA, get('{ whoami { role } }', '&variables=%7B'), 400, 'malformed-request');
});

t.test('401: without a valid token nothing is answered, introspection neither', async (t) => {
  for (const query of ['{ whoami { role } }', '{ __schema { types { name } } }']) {
    for (const headers of [accept, { ...accept, authorization: 'Bearer nonsense' }]) {
      const answer = await notTaken(t, undefined, post(query, {}, headers), 401, 'unauthenticated');
      t.match(answer.headers['www-authenticate'], /^Bearer/);
    }
  }
});

t.test('405: a mutation is not made by GET', async (t) => {
  const answer = await notTaken(
    t,
    KOA,
    get(CREATE, `&variables=${encodeURIComponent('{"input":{"department":"koa","name":"koa/by-get"}}')}`),
    405,
    'method-not-allowed',
  );
  t.equal(answer.headers['allow'], 'POST');
  const other = await world.ask(KOA, { method: 'PUT', path: '/graphql' });
  t.equal(other.status, 405);
  t.match(other.headers['allow'], /GET, POST/);
});

t.test('406: there is no other representation', async (t) => {
  await notTaken(t, KOA, post('{ whoami { role } }', {}, { accept: 'text/html' }), 406, 'not-acceptable');
});

t.test('413: a body beyond 256 KiB is not read', async (t) => {
  await notTaken(
    t,
    KOA,
    post('{ whoami { role } }', { variables: { padding: 'x'.repeat(256 * 1_024) } }),
    413,
    'payload-too-large',
  );
});

t.test('415: a body that is not JSON is not read', async (t) => {
  await notTaken(
    t,
    KOA,
    {
      method: 'POST',
      path: '/graphql',
      raw: '{ whoami { role } }',
      headers: { ...accept, 'content-type': 'application/graphql' },
    },
    415,
    'unsupported-media-type',
  );
});

t.test('503: without the issuer nobody can be let in', async (t) => {
  const ask = world.process({}, async () => {
    throw new TypeError('fetch failed');
  });
  const answer = await notTaken(t, KOA, post('{ whoami { role } }'), 503, 'issuer-unavailable', ask);
  t.match(answer.headers['retry-after'], /^[0-9]+$/);
});

t.test('default: what is unexpected is told by an id', async (t) => {
  const ask = world.process({ stateTable: 'ledger-that-is-gone', auditTable: 'audit-that-is-gone' });
  const answer = await ask(KOA, post('{ department(id: "koa") { id } }'));
  t.match(answer.body, {
    data: { department: null },
    errors: [{ path: ['department'], extensions: { code: 'internal', instance: /^urn:uuid:/ } }],
  });
  t.notMatch(answer.text, /gone|table|dynamo|Exception|at \//i);
});
