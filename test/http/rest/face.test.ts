import t, { type Test } from 'tap';
import awsLambdaFastify from '@fastify/aws-lambda';
import type { FastifyInstance } from 'fastify';
import { composeApi } from '../../../src/compose/compose-api.ts';
import type { Endpoints } from '../../../src/compose/connections.ts';
import { loadContracts } from '../../../src/contract/contract-source.ts';
import { readContractFiles } from '../../../src/contract/contract-files.ts';
import { entityTag } from '../../../src/http/rest/entity-tag.ts';
import { breaches, operationFor } from '../../support/answer-schemas.ts';
import {
  idOf,
  KOA,
  onboardKoaAndPol,
  PLATFORM,
  POL,
  startService,
  STRANGER,
  type Answer,
  type Ask,
} from '../../support/service.ts';

const service = await startService(t);
await onboardKoaAndPol(service);

/** Asks, and holds the answer against the contract. */
async function ask(t: Test, job: Parameters<typeof service.ask>[0], request: Ask): Promise<Answer> {
  const answer = await service.ask(job, request);
  const method = request.method ?? 'GET';
  const operation = operationFor(method, request.path);
  if (operation === undefined)
    t.ok(
      method === 'HEAD' || method === 'OPTIONS' || answer.status === 405,
      `${method} ${request.path} is in the contract`,
    );
  else
    t.strictSame(breaches(operation, answer), [], `${method} ${request.path}: ${answer.status} as the contract has it`);
  return answer;
}

/** The same service as another process would have it. */
function anotherApp(t: Test, endpoints: Endpoints): FastifyInstance {
  const { config, jwksFetch } = service.embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  t.teardown(() => app.close());
  return app;
}

const create = (name: string, more: Partial<Ask> = {}): Ask => ({
  method: 'POST',
  path: '/v1/departments/koa/repositories',
  body: { name },
  ...more,
});

await t.test('what a department does all day is answered as the contract says', async (t) => {
  const made = await ask(t, KOA, create('face/tour'));
  t.equal(made.status, 201);
  t.equal(made.headers['location'], '/v1/repositories/face%2Ftour');
  t.equal((await ask(t, KOA, { path: made.headers['location'] ?? '' })).body.name, 'face/tour', 'Location leads to it');
  const granted = await ask(t, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositories: ['face/tour'] },
  });
  t.equal(granted.status, 201);
  const grant = String(granted.headers['location']);
  await ask(t, KOA, { method: 'PATCH', path: grant, body: { refs: ['refs/heads/main'] } });
  for (const path of [
    '/v1/whoami',
    '/v1/departments',
    '/v1/departments/koa',
    '/v1/departments/koa/organisations',
    '/v1/departments/koa/organisations/jppol-koa',
    '/v1/departments/koa/push-roles',
    '/v1/departments/koa/account-access',
    '/v1/departments/koa/repositories',
    '/v1/departments/koa/grants',
    grant,
    `/v1/operations/${granted.body.operation.id}`,
    '/v1/departments/koa/audit-events',
  ]) {
    t.equal((await ask(t, KOA, { path })).status, 200);
    t.equal((await ask(t, KOA, { path, method: 'HEAD' })).text, '', 'HEAD has no body');
  }
  t.equal((await ask(t, PLATFORM, { path: '/v1/audit-events' })).status, 200);
  t.equal((await ask(t, KOA, { path: '/v1/audit-events' })).status, 403);
  const workflow = await ask(t, KOA, { path: `${grant}/workflow` });
  t.match(workflow.headers['content-type'], /^application\/yaml/, 'the workflow is YAML');
  const described = await ask(t, KOA, { path: `${grant}/workflow`, headers: { accept: 'application/json' } });
  t.equal(described.body.yaml, workflow.text, 'and JSON describes the same file');
  t.equal((await ask(t, KOA, { method: 'DELETE', path: grant })).body.grant, null);
  t.equal((await ask(t, KOA, { method: 'DELETE', path: '/v1/repositories/face/tour' })).status, 200);
});

await t.test('a dry run answers 200 with the plan, and writes nothing', async (t) => {
  const planned = await ask(t, KOA, create('face-dry', { path: '/v1/departments/koa/repositories?dryRun=true' }));
  t.equal(planned.status, 200);
  t.equal(planned.body.operation, null);
  t.ok(planned.body.plan.length > 0);
  t.equal((await ask(t, KOA, { path: '/v1/repositories/face-dry' })).status, 404);
});

await t.test('who does not want to wait gets the address of the operation', async (t) => {
  const accepted = await ask(t, KOA, create('face-async', { headers: { prefer: 'respond-async' } }));
  t.equal(accepted.status, 202);
  t.equal(accepted.headers['preference-applied'], 'respond-async');
  t.equal(accepted.headers['location'], `/v1/operations/${accepted.body.operation.id}`);
  t.equal((await ask(t, KOA, { path: String(accepted.headers['location']) })).status, 200);
});

await t.test('a name with slashes is understood encoded and plain, and behind API Gateway', async (t) => {
  await ask(t, KOA, create('face/slash/deep'));
  const encoded = await ask(t, KOA, { path: '/v1/repositories/face%2Fslash%2Fdeep' });
  t.equal(encoded.status, 200);
  t.equal((await ask(t, KOA, { path: '/v1/repositories/face/slash/deep' })).text, encoded.text);
  const handler = awsLambdaFastify(anotherApp(t, service.embedded.endpoints), {
    parseCommaSeparatedQueryParams: false,
  });
  const authorization = `Bearer ${await service.token(KOA)}`;
  for (const rawPath of ['/v1/repositories/face/slash/deep', '/v1/repositories/face%2Fslash%2Fdeep']) {
    const http = { method: 'GET', path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.7', userAgent: 'curl' };
    const event = {
      version: '2.0',
      rawPath,
      rawQueryString: '',
      headers: { authorization },
      requestContext: { http },
      isBase64Encoded: false,
    };
    const answer = (await handler(event, {} as never)) as {
      readonly statusCode: number;
      readonly body: string;
    };
    t.equal(answer.statusCode, 200, rawPath);
    t.equal(answer.body, encoded.text, rawPath);
  }
  for (const name of [
    'face%252Fslash',
    'face//slash',
    '..%2Fdepartments%2Fkoa',
    'face/slash/',
    'FACE',
    '%00',
    'face%0d%0aX:1',
  ]) {
    const answer = await service.ask(KOA, { path: `/v1/repositories/${name}` });
    t.ok(answer.status === 400 || answer.status === 404, `${name} is refused with ${answer.status}`);
  }
});

await t.test('what is not yours is answered byte for byte as what is not there', async (t) => {
  await service.ask(POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/secret' } });
  const granted = await service.ask(POL, {
    method: 'POST',
    path: '/v1/departments/pol/grants',
    body: { organisation: 'JPPOL-POL', repository: 'Website' },
  });
  const { grant, operation } = granted.body;
  const absent = '01kaxq3v7d8e9fabcdefghjkmn';
  const pairs: readonly [string, string][] = [
    ['/v1/departments/pol', '/v1/departments/nobody'],
    ['/v1/departments/pol/organisations', '/v1/departments/nobody/organisations'],
    ['/v1/departments/pol/organisations/JPPOL-POL', '/v1/departments/nobody/organisations/JPPOL-POL'],
    ['/v1/departments/pol/push-roles', '/v1/departments/nobody/push-roles'],
    ['/v1/departments/pol/account-access', '/v1/departments/nobody/account-access'],
    ['/v1/departments/pol/repositories', '/v1/departments/nobody/repositories'],
    ['/v1/departments/pol/grants', '/v1/departments/nobody/grants'],
    [`/v1/departments/pol/grants/${grant.id}`, `/v1/departments/pol/grants/grant-${absent}`],
    [`/v1/departments/koa/grants/${grant.id}`, `/v1/departments/koa/grants/grant-${absent}`],
    [`/v1/departments/pol/grants/${grant.id}/workflow`, `/v1/departments/pol/grants/grant-${absent}/workflow`],
    ['/v1/repositories/pol/secret', '/v1/repositories/pol/absent'],
    [`/v1/operations/${operation.id}`, `/v1/operations/op-${absent}`],
    ['/v1/departments/pol/audit-events', '/v1/departments/nobody/audit-events'],
  ];
  const {
    'x-request-id': _id,
    date: _date,
    ...headers
  } = (await service.ask(KOA, { path: '/v1/departments/nobody' })).headers;
  for (const job of [KOA, STRANGER]) {
    for (const pair of pairs) {
      for (const path of pair) {
        const answer = await service.ask(job, { path });
        const { 'x-request-id': _own, date: _now, ...own } = answer.headers;
        t.equal(answer.status, 404, `${job.repository}: ${path}`);
        t.strictSame(own, headers, `${path}: the same headers`);
        t.notMatch(answer.text, /pol|nobody|grant-|op-0|instance/, `${path}: nothing of the request`);
      }
      const [yours, none] = await Promise.all(pair.map((path) => service.ask(job, { path })));
      t.equal(yours?.text, none?.text, `${job.repository}: the same bytes for ${pair.join(' and ')}`);
    }
  }
  for (const method of ['PATCH', 'DELETE'] as const) {
    const body = method === 'PATCH' ? { body: { scanOnPush: false } } : {};
    const answers = await Promise.all(
      ['/v1/repositories/pol/secret', '/v1/repositories/pol/absent'].map((path) =>
        service.ask(KOA, { method, path, ...body }),
      ),
    );
    t.strictSame(
      answers.map(({ status }) => status),
      [404, 404],
      `${method} too`,
    );
    t.equal(answers[0]?.text, answers[1]?.text, `${method}: the same bytes`);
  }
});

await t.test('an address that is none of ours is told as that, the same to everybody and in every form', async (t) => {
  const authorization = `Bearer ${await service.token(KOA)}`;
  const texts = new Set<string>();
  for (const path of [
    '/',
    '/v1',
    '/v1/no/such/path',
    '/v1/repositorys',
    '/v2/whoami',
    '/prod/v1/whoami',
    '/graphql/x',
    '/docs',
  ])
    for (const method of ['GET', 'POST', 'DELETE'] as const)
      for (const headers of [{}, { authorization }, { authorization: 'Bearer no' }]) {
        const type = { 'content-type': 'text/plain', accept: 'text/html' };
        const answer = await service.app.inject({
          method,
          url: path,
          headers: { ...headers, ...type },
          payload: '<x>',
        });
        t.equal(answer.statusCode, 404, `${method} ${path}`);
        t.match(answer.headers['content-type'], /^application\/problem\+json/);
        texts.add(answer.body);
      }
  t.equal(texts.size, 1);
  t.match(JSON.parse([...texts][0] ?? ''), { code: 'unknown-path', title: 'Unknown path', detail: /^Unknown path\./ });
});

await t.test('a name that is too long is told as other wrong names are, and without a token not at all', async (t) => {
  for (const length of [65, 1_024, 1_025, 5_000, 14_000]) {
    for (const path of [`/v1/departments/${'k'.repeat(length)}`, `/v1/repositories/${'k'.repeat(length)}`]) {
      t.equal((await service.ask(undefined, { path })).status, 401, `${length} without a token`);
      const answer = await service.ask(KOA, { path });
      t.equal(answer.status === 400 || answer.status === 404, true, `${length}: ${answer.status}`);
    }
    t.equal((await service.ask(undefined, { path: `/docs/${'k'.repeat(length)}` })).status, 404, `a page of ${length}`);
  }
  const beyond = await service.ask(KOA, { path: `/v1/departments/${'k'.repeat(20_000)}` });
  t.match(beyond.body, { status: 400, code: 'malformed-request' });
});

await t.test('without a token nothing but health and contract is answered', async (t) => {
  t.strictSame((await ask(t, undefined, { path: '/healthz' })).body, { status: 'ok' });
  t.equal((await ask(t, undefined, { path: '/openapi.yaml' })).text, readContractFiles().openapi);
  const { paths } = await import('yaml').then(
    ({ parse }) => parse(readContractFiles().openapi) as { paths: Record<string, Record<string, unknown>> },
  );
  for (const [template, item] of Object.entries(paths).filter(([path]) => path.startsWith('/v1'))) {
    for (const verb of Object.keys(item)) {
      const path = template.replace('{department}', 'koa').replace(/\{\w+\}/, 'x');
      const method = verb.toUpperCase() as NonNullable<Ask['method']>;
      const answer = await service.ask(undefined, { method, path, body: method === 'GET' ? undefined : {} });
      t.equal(answer.status, 401, `${method} ${path}`);
      t.match(answer.headers['www-authenticate'], /^Bearer realm=/);
      t.equal(answer.body.code, 'unauthenticated');
    }
  }
  t.equal((await service.ask(undefined, { path: '/v1/whoami', headers: { authorization: 'Basic a2V5' } })).status, 401);
});

await t.test('a method that a path does not know is told which it knows', async (t) => {
  const table: readonly [NonNullable<Ask['method']>, string, string][] = [
    ['DELETE', '/v1/departments', 'GET, POST, HEAD'],
    ['POST', '/v1/departments/koa', 'GET, PATCH, DELETE, HEAD'],
    ['OPTIONS', '/v1/repositories/face/slash', 'GET, PATCH, DELETE, HEAD'],
    ['PUT', '/v1/whoami', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PUT', '/graphql', 'POST, GET, HEAD'],
  ];
  for (const [method, path, allow] of table) {
    for (const job of [undefined, KOA]) {
      const answer = await service.ask(job, { method, path });
      t.equal(answer.status, 405, `${method} ${path}`);
      t.strictSame(answer.headers['allow']?.split(', ').toSorted(), allow.split(', ').toSorted());
      t.equal(answer.body.code, 'method-not-allowed');
    }
  }
});

await t.test('a request that cannot be read is refused in words that help', async (t) => {
  const post = '/v1/departments/koa/repositories';
  const raw = (
    payload: string | Buffer,
    headers: Record<string, string>,
    method: 'POST' | 'DELETE' = 'POST',
    url = post,
  ) =>
    service
      .token(KOA)
      .then((token) =>
        service.app.inject({ method, url, payload, headers: { authorization: `Bearer ${token}`, ...headers } }),
      );
  const json = { 'content-type': 'application/json' };
  const table: readonly [string, Promise<{ readonly statusCode: number; readonly body: string }>, number, string][] = [
    ['half a document', raw('{"name":', json), 400, 'malformed-request'],
    ['a prototype', raw('{"name":"a1","__proto__":{"admin":true}}', json), 400, 'malformed-request'],
    ['a constructor', raw('{"name":"a1","constructor":{"prototype":{}}}', json), 400, 'malformed-request'],
    ['a name that occurs twice', raw('{"name":"a1","name":"a2"}', json), 400, 'malformed-request'],
    ['a name that occurs twice, escaped', raw('{"name":"a1","n\\u0061me":"a1"}', json), 400, 'malformed-request'],
    [
      'one that does deep inside',
      raw('{"name":"a1","lifecyclePolicy":{"rules":[{"a":1,"a":1}]}}', json),
      400,
      'malformed-request',
    ],
    [
      'a document of a thousand lists',
      raw(`{"name":"a1","lifecyclePolicy":${'['.repeat(1_000)}${']'.repeat(1_000)}}`, json),
      400,
      'malformed-request',
    ],
    ['bytes that are not UTF-8', raw(Buffer.from('{"name":"a1\xff"}', 'latin1'), json), 400, 'malformed-request'],
    ['UTF-16', raw(Buffer.from('{"name":"a1"}', 'utf16le'), json), 400, 'malformed-request'],
    [
      'GraphQL with a name twice',
      raw('{"query":"{__typename}","query":"{whoami{role}}"}', json, 'POST', '/graphql'),
      400,
      'malformed-request',
    ],
    [
      'variables with a name twice',
      raw('{"query":"{__typename}","variables":{"a":1,"a":2}}', json, 'POST', '/graphql'),
      400,
      'malformed-request',
    ],
    ['no body', raw('', json), 400, 'invalid-input'],
    ['a form', raw('name=a1', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'unsupported-media-type'],
    ['plain text', raw('{"name":"a1"}', { 'content-type': 'text/plain' }), 415, 'unsupported-media-type'],
    ['no type', raw('{"name":"a1"}', {}), 415, 'unsupported-media-type'],
    ['a body beyond measure', raw(JSON.stringify({ name: 'a'.repeat(300_000) }), json), 413, 'payload-too-large'],
    [
      'a body where none is taken',
      raw('{"dryRun":true}', json, 'DELETE', '/v1/repositories/face-async'),
      400,
      'invalid-input',
    ],
    [
      'a form where no body is taken',
      raw(
        'dryRun=true',
        { 'content-type': 'application/x-www-form-urlencoded' },
        'DELETE',
        '/v1/repositories/face-async',
      ),
      400,
      'invalid-input',
    ],
    ['a broken path', raw('', {}, 'DELETE', '/v1/repositories/%zz'), 400, 'malformed-request'],
  ];
  for (const [what, sent, status, code] of table) {
    const answer = await sent;
    t.equal(answer.statusCode, status, what);
    const body = JSON.parse(answer.body);
    t.equal(body.code ?? body.errors[0].extensions.code, code, `${what}: ${code}`);
  }
  const twice = `/graphql?query=${encodeURIComponent('{__typename}')}&variables=${encodeURIComponent('{"a":1,"a":2}')}`;
  t.match((await service.ask(KOA, { path: twice })).body.errors, [{ extensions: { code: 'malformed-request' } }]);
  t.equal((await service.ask(KOA, { path: '/v1/repositories/face-async' })).status, 200, 'nothing was deleted');
  t.equal((await service.ask(KOA, { path: '/v1/repositories/a1' })).status, 404, 'nothing was made');
});

await t.test('a client gets what it accepts, or is told what there is', async (t) => {
  const accepted = ['*/*', 'application/*', 'application/json', 'text/html, application/json;q=0.1', ''];
  for (const accept of accepted)
    t.equal((await service.ask(KOA, { path: '/v1/whoami', headers: { accept } })).status, 200, `"${accept}"`);
  const refused = ['text/html', 'application/json;q=0', 'application/json;q=0, */*', 'application/xml'];
  for (const accept of refused) {
    const answer = await ask(t, KOA, { path: '/v1/whoami', headers: { accept } });
    t.equal(answer.status, 406, `"${accept}"`);
    t.match(answer.body.detail, /application\/json/);
  }
  const mutation = await service.ask(KOA, create('face-accept', { headers: { accept: 'text/html' } }));
  t.equal(mutation.status, 406);
  t.equal(
    (await service.ask(KOA, { path: '/v1/repositories/face-accept' })).status,
    404,
    'a mutation whose answer would not do is not made',
  );
});

await t.test('an entity tag changes with whatever is shown, and guards a change', async (t) => {
  await ask(t, KOA, create('face-etag'));
  const path = '/v1/repositories/face-etag';
  const etag = String((await ask(t, KOA, { path })).headers['etag']);
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const unchanged = await ask(t, KOA, { path, headers: { 'if-none-match': known } });
    t.equal(unchanged.status, 304, known);
    t.equal(unchanged.text, '');
  }
  const granted = await ask(t, KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositories: ['face-etag'] },
  });
  const after = await ask(t, KOA, { path, headers: { 'if-none-match': etag } });
  t.equal(after.status, 200, 'a new pusher is seen by whoever had the page before');
  t.equal(after.body.pusherCount, 1);
  const patch = (ifMatch: string) =>
    ask(t, KOA, { method: 'PATCH', path, body: { scanOnPush: false }, headers: { 'if-match': ifMatch } });
  t.equal((await patch('"7-0123456789abcdef"')).status, 412);
  const changed = await patch(etag);
  t.equal(changed.status, 200, 'a new pusher is no change of the repository itself');
  t.equal((await patch(etag)).status, 412, 'but its own change is');
  t.equal(
    changed.headers['etag'],
    (await ask(t, KOA, { path })).headers['etag'],
    "a mutation's tag is the next read's",
  );
  await ask(t, KOA, { method: 'DELETE', path: String(granted.headers['location']) });
});

await t.test('an entity tag does not hang on the order of members, which DynamoDB does not keep', async (t) => {
  const rule = { repositoryId: '1', ref: 'refs/heads/main', repository: 'O/R' };
  const turned = { repository: 'O/R', ref: 'refs/heads/main', repositoryId: '1' };
  t.equal(entityTag(1, { managers: [rule] }), entityTag(1, { managers: [turned] }));
  t.not(entityTag(1, { managers: [rule] }), entityTag(1, { managers: [{ ...rule, ref: 'refs/heads/x' }] }));
  t.not(entityTag(1, { managers: [rule] }), entityTag(2, { managers: [rule] }));
});

await t.test('following the links shows everything once', async (t) => {
  for (const letter of ['a', 'b', 'c', 'd', 'e']) await ask(t, KOA, create(`face-page-${letter}`));
  const all = await ask(t, KOA, { path: '/v1/departments/koa/repositories?first=100' });
  const seen: string[] = [];
  let path: string | undefined = '/v1/departments/koa/repositories?first=2';
  while (path !== undefined) {
    const page: Answer = await ask(t, KOA, { path });
    t.ok(page.body.items.length <= 2);
    seen.push(...page.body.items.map((one: { readonly name: string }) => one.name));
    path = /^<([^>]+)>; rel="next"$/.exec(page.headers['link'] ?? '')?.[1];
    t.equal(path === undefined, page.body.nextCursor === undefined, 'link and cursor agree');
  }
  t.strictSame(
    seen,
    all.body.items.map((one: { readonly name: string }) => one.name),
  );
  t.ok(seen.length >= 5);
});

await t.test('a request has an id of ours, and the audit trail knows where it came from', async (t) => {
  const forged = '00000000-0000-4000-8000-000000000000';
  const answer = await ask(
    t,
    KOA,
    create('face-audited', {
      headers: {
        'x-request-id': forged,
        'request-id': forged,
        'user-agent': `é${'a'.repeat(900)}`,
        'idempotency-key': 'face-1',
      },
    }),
  );
  const id = String(answer.headers['x-request-id']);
  t.match(id, /^[0-9a-f-]{36}$/);
  t.not(id, forged);
  const events = await ask(t, KOA, { path: '/v1/departments/koa/audit-events?subject=face-audited&outcome=accepted' });
  const [{ source, caller }] = events.body.items;
  t.match(source, { requestId: id, address: '127.0.0.1', idempotencyKey: 'face-1' });
  t.equal(source.userAgent, `?${'a'.repeat(255)}`, 'the user agent is cut and printable');
  t.match(caller, { repository: 'JPPOL-KOA/GiftCardService', repositoryId: idOf('JPPOL-KOA/GiftCardService') });
  t.notMatch(events.text, /eyJ/, 'no token stands in the trail');
});

await t.test('every answer forbids to be kept, framed or guessed at', async (t) => {
  const answers = [
    await service.ask(KOA, { path: '/v1/whoami' }),
    await service.ask(undefined, { path: '/v1/whoami' }),
    await service.ask(KOA, { path: '/v1/nothing' }),
    await service.ask(KOA, { path: '/v1/departments/%zz' }),
    await service.ask(KOA, { method: 'PUT', path: '/v1/whoami' }),
    await service.graphql(KOA, '{ whoami { because } }'),
    await service.graphql(undefined, '{ whoami { because } }'),
  ];
  for (const { status, headers } of answers) {
    t.equal(headers['cache-control'], 'no-store', `${status}`);
    t.equal(headers['x-content-type-options'], 'nosniff');
    t.match(headers['content-security-policy'], /default-src 'none'/);
    t.match(headers['x-request-id'], /^[0-9a-f-]{36}$/);
  }
});

await t.test('what is unexpected is told as an id and nothing else', async (t) => {
  const broken = anotherApp(t, { ...service.embedded.endpoints, dynamoDb: 'http://127.0.0.1:9' });
  const authorization = `Bearer ${await service.token(KOA)}`;
  const answer = await broken.inject({ url: '/v1/departments/koa', headers: { authorization } });
  const id = String(answer.headers['x-request-id']);
  t.ok(answer.statusCode >= 500);
  t.notMatch(answer.body, /ECONNREFUSED|127\.0\.0\.1|dynamo|at .*\.[tj]s/i, 'nothing of the inside');
  t.match(answer.body, id, 'the id to ask with');
  const headers = { authorization, 'content-type': 'application/json' };
  const query = '{ department(id: "koa") { id } }';
  const graphql = await broken.inject({ method: 'POST', url: '/graphql', headers, payload: { query } });
  t.notMatch(graphql.body, /ECONNREFUSED|127\.0\.0\.1|dynamo|at .*\.[tj]s/i, 'GraphQL neither');
  t.match(JSON.parse(graphql.body), {
    data: { department: null },
    errors: [{ extensions: { code: JSON.parse(answer.body).code } }],
  });
});
