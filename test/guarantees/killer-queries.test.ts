/** Requests that are made to cost much: each is answered or refused, and neither with more than there may be. */
import t from 'tap';
import { MAX_BYTES } from '../../src/http/graphql/meter.ts';
import { getIntrospectionQuery } from 'graphql';
import { KOA, onboardKoaAndPol, startService, STRANGER, type Answer } from '../support/service.ts';
import { KILLER_QUERIES } from './killer-queries.ts';
import { growKoa } from './large-department.ts';

const service = await startService(t);
await onboardKoaAndPol(service);
await growKoa(service);
const { ask, graphql } = service;

/** Whether the answer is that it would be too large: one error, with its code, and nothing else. */
function isStopped({ status, body }: Answer): boolean {
  const [error, ...more] = body.errors ?? [];
  const isIt = String(error?.message).startsWith('The query comes to more than ');
  return isIt && status === 400 && more.length === 0 && !('data' in body) && error.extensions.code === 'invalid-input';
}

await t.test('no answer is larger than the limit, and none is unexpected', async (t) => {
  const stopped: string[] = [];
  for (const { what, query, variables } of KILLER_QUERIES) {
    const answer = await graphql(KOA, query, variables);
    t.ok([200, 400].includes(answer.status), `${what}: ${answer.status}`);
    t.ok(Buffer.byteLength(answer.text) <= MAX_BYTES, `${what}: ${answer.text.length} bytes`);
    t.notMatch(answer.text, /"code":"internal"/, what);
    if (isStopped(answer)) stopped.push(what);
    else t.notMatch(answer.text, /comes to more than/, `${what}: it ends whole or not at all`);
  }
  for (const what of [
    'the same, within the limit of aliases',
    'the widest introspection, thirty times',
    'three pages in each other: a million names',
    'two pages in each other, all fields',
    'large documents from the answers, again and again',
    'the workflow of each grant, by aliases',
  ])
    t.ok(stopped.includes(what), `${what}: is stopped while it is answered`);
});

await t.test('a stranger can make introspection no larger than a member can', async (t) => {
  for (const { what, query, variables } of KILLER_QUERIES.slice(0, 11)) {
    const answer = await graphql(STRANGER, query, variables);
    t.ok([200, 400].includes(answer.status), `${what}: ${answer.status}`);
    t.ok(Buffer.byteLength(answer.text) <= MAX_BYTES, `${what}: ${answer.text.length} bytes`);
  }
});

await t.test('what honest tools ask is answered', async (t) => {
  const everything = getIntrospectionQuery({
    inputValueDeprecation: true,
    schemaDescription: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    oneOf: true,
  });
  t.equal((await graphql(STRANGER, everything)).body.errors, undefined, 'all of introspection');
  const { body } = await graphql(
    KOA,
    `{ department(id: "koa") { repositories(first: 100) { nodes { name uri arn imageTagMutability lifecyclePolicy
       pusherCount pushers { nodes { ... on GrantPusher { organisation repository refs } } } } } grants(first: 100) { nodes { id repository } } } }`,
  );
  t.equal(body.errors, undefined, 'a hundred repositories, with their policies and who pushes');
  t.equal(body.data.department.repositories.nodes.length, 100);
});

await t.test('it is 400 to every client, also to one that is told other faults with 200', async (t) => {
  const query =
    '{ department(id: "koa") { a: repositories(first: 100) { nodes { lifecyclePolicy department { b: repositories(first: 100) { nodes { lifecyclePolicy } } } } } } }';
  const answer = await ask(KOA, {
    method: 'POST',
    path: '/graphql',
    body: { query },
    headers: { accept: 'application/json' },
  });
  t.ok(isStopped(answer), answer.text.slice(0, 300));
  const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ');
  const body = { query: `{ ${aliases} }` };
  t.equal((await ask(KOA, { method: 'POST', path: '/graphql', body })).status, 400, 'nor what asks for too much');
});

await t.test(
  'what was accepted before an answer became too large is named, and nothing after it is begun',
  async (t) => {
    const large =
      'repository { department { repositories(first: 100) { nodes { department { repositories(first: 100) { nodes { lifecyclePolicy } } } } } } }';
    const create = (alias: string, name: string, inner: string) =>
      `${alias}: createRepository(input: { department: "koa", name: "${name}" }) { operation { id } ${inner} }`;
    const answer = await graphql(
      KOA,
      `mutation { ${create('a', 'koa-before', large)} ${create('b', 'koa-after', '')} }`,
    );
    t.ok(isStopped(answer), answer.text.slice(0, 300));
    const [, id] = /ids: (op-\w+)\.$/.exec(answer.body.errors[0].message) ?? [];
    const { body } = await graphql(KOA, `{ operation(id: "${id}") { status subject { id } } }`);
    t.match(body.data.operation, { status: 'succeeded', subject: { id: 'koa-before' } });
    t.equal((await ask(KOA, { path: '/v1/repositories/koa-after' })).status, 404);
  },
);
