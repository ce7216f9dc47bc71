import { equal, match, ok } from 'node:assert/strict';
import { observeRepository } from '../../../src/aws/observe.ts';
import { KOA, type Ask } from '../../support/service.ts';
import type { Check } from '../check.ts';
import { bytesOf } from '../http.ts';
import { expectStatus, type World } from '../world.ts';

/** The story's repository: it holds images. */
const HELD = 'giftcard-service';

/** What is no name, or no path, on a port must be none behind anything that decodes paths. */
const NO_NAMES = [
  `${HELD}%23old`,
  `${HELD}%2523old`,
  `${HELD}%2F..`,
  `x%2F..%2F${HELD}`,
  `x/../${HELD}`,
  `x/%2e%2e/${HELD}`,
  `/${HELD}`,
  `%2F${HELD}`,
  `${HELD}/`,
  `${HELD}%2F`,
  `${HELD}%5C`,
  `${HELD}%3Bx`,
  `${HELD}%00`,
  `${HELD}%20`,
  '..%2F..%2Fhealthz',
];

const PATHS = 'paths and queries';
const HTTP = 'HTTP';

/** What HTTP itself asks for, and what stands between a client and the service may change of it. */
export function httpChecks(): readonly Check[] {
  return [...pathChecks(), ...queryChecks(), ...limitChecks(), ...negotiationChecks()];
}

function pathChecks(): readonly Check[] {
  return [
    {
      row: PATHS,
      title: 'a repository is found by either spelling of the slash in its name',
      play: async ({ ask }) => {
        const path = '/v1/departments/koa/repositories';
        expectStatus(await ask(KOA, { method: 'POST', path, body: { name: 'koa/shop/cart' } }), 201);
        for (const name of ['koa%2Fshop%2Fcart', 'koa%2fshop/cart', 'koa/shop/cart'])
          equal(expectStatus(await ask(KOA, { path: `/v1/repositories/${name}` }), 200).body.name, 'koa/shop/cart');
      },
    },
    {
      row: PATHS,
      title: 'what belongs to a repository is behind /-/, whatever its name is and however the slashes are written',
      play: async ({ ask }) => {
        const path = '/v1/departments/koa/repositories';
        for (const name of ['koa/access/pushers', 'koa/x-x/1.0', 'koa-x/pullers']) {
          expectStatus(await ask(KOA, { method: 'POST', path, body: { name } }), 201);
          const encoded = encodeURIComponent(name);
          for (const written of [name, encoded]) {
            const one = `/v1/repositories/${written}`;
            equal(expectStatus(await ask(KOA, { path: one }), 200).body.name, name);
            for (const of of ['pushers', 'pullers']) {
              const { body } = expectStatus(await ask(KOA, { path: `${one}/-/${of}` }), 200);
              ok(Array.isArray(body.items));
            }
            expectStatus(await ask(KOA, { path: `${one}/-/nothing` }), 404, 'unknown-path');
            expectStatus(await ask(KOA, { method: 'DELETE', path: `${one}/-/pushers` }), 405, 'method-not-allowed');
          }
          expectStatus(await ask(KOA, { path: `/v1/repositories/${encoded}%2F-%2Fpushers` }), 200);
        }
        expectStatus(await ask(KOA, { path: '/v1/repositories/koa/-x/-/pushers' }), 400, 'invalid-input');
      },
    },
    ...NO_NAMES.map(
      (name): Check => ({
        row: PATHS,
        title: `${name} is no repository’s name: it can be neither read, changed nor deleted`,
        play: async ({ ask, form }) => {
          const path = `/v1/repositories/${name}`;
          expectStatus(await ask(KOA, { path }), 400, 'invalid-input');
          expectStatus(await ask(KOA, { method: 'PATCH', path, body: { scanOnPush: false } }), 400, 'invalid-input');
          expectStatus(await ask(KOA, { method: 'DELETE', path }), 400, 'invalid-input');
          ok(await observeRepository(form.aws, HELD), 'ECR has it still');
        },
      }),
    ),
    {
      row: PATHS,
      title: 'what is written behind an encoded question mark deletes nothing that holds images',
      play: async ({ ask, form }) => {
        const query = encodeURIComponent('?force=true&acknowledge=deletes-images');
        const answer = await ask(KOA, {
          method: 'DELETE',
          path: `/v1/repositories/${HELD}${query}`,
          headers: { 'if-match': '*' },
        });
        ok([400, 409].includes(answer.status), answer.text);
        ok(await observeRepository(form.aws, HELD));
      },
    },
    {
      row: PATHS,
      title: 'a percent sign that begins nothing is 400',
      play: async ({ form }) => {
        const answer = await form.send({ method: 'GET', path: '/v1/repositories/koa%zz' });
        equal(answer.status, 400);
        await bytesOf(answer);
      },
    },
    ...['/', '/v1', '/v1/', '//v1/whoami', '/v1//whoami', '/V1/whoami', '/v1/whoami/', '/v2/whoami', '/admin'].map(
      (path): Check => ({
        row: PATHS,
        title: `${path} is 404, with a token and without`,
        play: async ({ ask }) => {
          expectStatus(await ask(undefined, { path }), 404, 'unknown-path');
          expectStatus(await ask(KOA, { path }), 404, 'unknown-path');
        },
      }),
    ),
  ];
}

function queryChecks(): readonly Check[] {
  const events = '/v1/departments/koa/audit-events';
  const rows: Readonly<Record<string, number>> = {
    'first=1': 200,
    '&first=1&': 200,
    '%66irst=1': 200,
    'first=1&first=2': 400,
    'first=1,2': 400,
    'first=1%26order=x': 400,
    'FIRST=1': 400,
    // A plus is a blank, which no id has; %2B is a plus.
    'subject=a+b': 400,
    'subject=a%2Bb': 200,
    'from=2026-11-24T10:00:00%2B01:00': 200,
    'from=2026-11-24T10:00:00+01:00': 400,
  };
  return [
    ...Object.entries(rows).map(
      ([query, status]): Check => ({
        row: PATHS,
        title: `?${query} is ${status}`,
        play: async ({ ask }) => void expectStatus(await ask(KOA, { path: `${events}?${query}` }), status),
      }),
    ),
    {
      row: PATHS,
      title: 'acknowledge given twice or as one value with a comma means nothing that was not said',
      play: async ({ ask, form }) => {
        for (const acknowledge of [
          'acknowledge=other',
          'acknowledge=other,deletes-images',
          'acknowledge=deletes-images%2Cother',
        ]) {
          const path = `/v1/repositories/${HELD}?force=true&${acknowledge}`;
          const { status } = await ask(KOA, { method: 'DELETE', path, headers: { 'if-match': '*' } });
          ok(status === 400 || status === 422 || status === 428, `${acknowledge} is ${status}`);
        }
        ok(await observeRepository(form.aws, HELD));
      },
    },
  ];
}

function limitChecks(): readonly Check[] {
  return [
    {
      row: HTTP,
      title: 'a body over 256 KiB is 413',
      play: async ({ ask }) => {
        const body = { name: 'koa/large', lifecyclePolicy: 'x'.repeat(300 * 1024) };
        expectStatus(
          await ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body }),
          413,
          'payload-too-large',
        );
      },
    },
    {
      row: HTTP,
      title: 'headers over 16 KiB are 431',
      play: async ({ form }) => {
        const answer = await form.send({ method: 'GET', path: '/healthz', headers: { 'x-large': 'x'.repeat(20_000) } });
        equal(answer.status, 431);
        await bytesOf(answer);
      },
    },
    {
      row: HTTP,
      title: 'a token of any form that is none is 401',
      play: async ({ ask }) => {
        for (const authorization of ['Bearer', 'Bearer x', 'Basic eDp5', 'Bearer a,Bearer b'])
          expectStatus(
            await ask(undefined, { path: '/v1/whoami', headers: { authorization } }),
            401,
            'unauthenticated',
          );
      },
    },
  ];
}

function negotiationChecks(): readonly Check[] {
  const path = '/v1/departments/koa/repositories';
  const refused: readonly (readonly [string, Ask & { readonly raw?: string }, number, string])[] = [
    [
      'a representation that there is none of',
      { path: '/v1/whoami', headers: { accept: 'image/png' } },
      406,
      'not-acceptable',
    ],
    ['a method that the path does not know', { method: 'PUT', path }, 405, 'method-not-allowed'],
    ['OPTIONS', { method: 'OPTIONS', path }, 405, 'method-not-allowed'],
    [
      'a body of another type',
      { method: 'POST', path, raw: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported-media-type',
    ],
    ['a body that is no JSON', { method: 'POST', path, raw: '{"name":' }, 400, 'malformed-request'],
    ['an empty body', { method: 'POST', path, raw: '' }, 400, 'invalid-input'],
    [
      'a body where none is taken',
      { method: 'DELETE', path: `/v1/repositories/${HELD}`, body: { dryRun: true } },
      400,
      'invalid-input',
    ],
    [
      'a key for another body',
      { method: 'POST', path, body: { name: 'koa/other' }, headers: { 'idempotency-key': 'http-checks' } },
      422,
      'idempotency-mismatch',
    ],
  ];
  return [
    {
      row: HTTP,
      title: 'a name of a header in capitals, a media type in capitals and a charset are understood',
      play: async ({ ask }) => {
        const headers = { 'Content-Type': 'Application/JSON; charset=UTF-8', 'IDEMPOTENCY-KEY': 'http-checks' };
        expectStatus(
          await ask(KOA, { method: 'POST', path, raw: JSON.stringify({ name: 'koa/capitals' }), headers }),
          201,
        );
      },
    },
    ...refused.map(
      ([what, request, status, code]): Check => ({
        row: HTTP,
        title: `${what} is ${status}`,
        play: async ({ ask }) => void expectStatus(await ask(KOA, request), status, code),
      }),
    ),
    {
      row: HTTP,
      title: 'a body on GET is not looked at, and HEAD answers the head alone',
      play: async ({ ask, form }) => {
        expectStatus(await ask(KOA, { path, raw: '{"first":' }), 200);
        const authorization = `Bearer ${await form.token(KOA)}`;
        const head = await form.send({ method: 'HEAD', path, headers: { authorization } });
        equal(head.status, 200);
        match(String(head.headers['content-type']), /^application\/json/);
        equal((await bytesOf(head)).length, 0);
      },
    },
    {
      row: HTTP,
      title: 'an entity that has not changed is 304, and its tag is the one to change it by',
      play: async (world) => {
        const read = await world.ask(KOA, { path: `/v1/repositories/${HELD}` });
        const tag = String(read.headers['etag']);
        const again = { path: `/v1/repositories/${HELD}`, headers: { 'if-none-match': tag } };
        equal((await notModified(world, again)).length, 0);
        const change: Ask = {
          method: 'PATCH',
          path: `/v1/repositories/${HELD}?dryRun=true`,
          body: { scanOnPush: false },
        };
        expectStatus(await world.ask(KOA, { ...change, headers: { 'if-match': tag } }), 200);
        expectStatus(
          await world.ask(KOA, { ...change, headers: { 'if-match': '"999-0"' } }),
          412,
          'precondition-failed',
        );
      },
    },
    {
      row: HTTP,
      title: 'every answer says that it must not be kept and what its id is',
      play: async ({ ask }) => {
        for (const asked of ['/healthz', '/v1/whoami', '/nothing']) {
          const { headers } = await ask(undefined, { path: asked });
          equal(headers['cache-control'], 'no-store');
          match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
        }
      },
    },
  ];
}

async function notModified({ form }: World, { path, headers }: Ask): Promise<Buffer> {
  const authorization = `Bearer ${await form.token(KOA)}`;
  const answer = await form.send({ method: 'GET', path, headers: { authorization, ...headers } });
  equal(answer.status, 304);
  return bytesOf(answer);
}
