import * as fc from 'fast-check';
import t from 'tap';
import { observeRepository } from '../../src/aws/observe.ts';
import { composeApi } from '../../src/compose/compose-api.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { behindHttpApi, sourceAddress } from '../../src/http/http-api.ts';
import { readEvent } from '../../src/http/http-api-event.ts';
import { bytesOf, sendTo, type HttpRequest } from '../acceptance/http.ts';
import { eventOf, startHttpApi } from '../support/api-gateway.ts';
import { KOA, onboardKoaAndPol, startService, type Answer } from '../support/service.ts';
import { runs } from '../support/extent.ts';

const ROOTS = new Set(['v1', 'graphql', 'healthz', 'openapi.yaml', 'docs']);
const CONTEXT = { awsRequestId: '6b1d2c1e-0000-4000-8000-000000000000' } as never;

/** What the URL that is made of an event's path is read as: the path of the WHATWG URL, each piece decoded. */
function readAs(rawPath: string): string {
  const read = readEvent(event(rawPath), ROOTS);
  if (read.kind !== 'request') return read.kind;
  return decodeURIComponent(new URL(read.event.rawPath, 'http://localhost').pathname);
}

// oxlint-disable-next-line typescript/no-explicit-any
function event(rawPath: string, more: object = {}): any {
  return {
    ...eventOf({ method: 'GET', url: '/', rawHeaders: [] }, Buffer.of()),
    rawPath,
    ...more,
  };
}

t.test('a path that API Gateway decoded is read as what it says, whatever is in it', (t) => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom(
      '..',
      '.',
      '',
      '#',
      '?',
      '%',
      '%2F',
      '%2e%2e',
      '\\',
      ';',
      '/',
      '//',
      'koa',
      'app',
      '-',
      'pushers',
      ' ',
      '+',
      '@',
      ':',
    ),
  );
  const paths = fc.tuple(
    fc.constantFrom('/v1/repositories/', '/v1/departments/', '/v1/', '/', '/healthz', ''),
    fc.array(pieces, { maxLength: 5 }),
  );
  fc.assert(
    fc.property(paths, ([begin, rest]) => {
      const path = `${begin}${rest.join('/')}`;
      const read = readAs(path);
      // Or it is a path that nobody knows: two slashes begin none of the contract's.
      return read === path.toWellFormed() || read === `//${path.toWellFormed()}` || read === 'refused';
    }),
    { numRuns: runs(2_000) },
  );
  t.end();
});

t.test('behind an HTTP API a path means what it means on a port, or less', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const { embedded } = service;
  const { config, endpoints, jwksFetch } = embedded;
  const contracts = loadContracts();
  const app = composeApi({ config, ...contracts, endpoints, jwksFetch, addressOf: sourceAddress });
  const logger = { error: () => undefined };
  const handler = behindHttpApi({ app, contract: contracts.contract, docsBaseUrl: config.docsBaseUrl, logger });
  const gateway = await startHttpApi({ invoke: (one) => handler(one, CONTEXT) });
  const port = await service.app.listen({ port: 0, host: '127.0.0.1' });
  t.teardown(async () => {
    await gateway.close();
    await app.close();
  });
  await service.ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'koa/app' } });
  const authorization = `Bearer ${await service.token(KOA)}`;
  const ask = async (base: string, request: HttpRequest): Promise<Pick<Answer, 'status' | 'text' | 'headers'>> => {
    const answer = await sendTo(base, { ...request, headers: { authorization, ...request.headers } });
    return {
      status: answer.status,
      headers: answer.headers as Answer['headers'],
      text: (await bytesOf(answer)).toString(),
    };
  };
  const isThere = async (): Promise<boolean> =>
    (await observeRepository(embedded.executor.aws, 'koa/app')) !== undefined;

  for (const [name, status] of [
    ['koa%2Fapp', 200],
    ['koa%2fapp', 200],
    ['koa/app', 200],
    ['koa%2Fapp%23old', 400],
    ['koa%2Fapp%2523', 400],
    ['koa%2Fapp%5C..', 400],
    ['koa%2Fapp%00', 400],
    ['koa%2Fapp%20', 400],
    ['koa%2Fapp%2F', 400],
    ['koa%2Fapp/', 400],
    ['koa%2F%2Fapp', 400],
    ['koa//app', 400],
    ['/koa/app', 400],
    ['%2Fkoa%2Fapp', 400],
    ['x%2F..%2Fkoa%2Fapp', 400],
    ['x/../koa/app', 400],
    ['x/%2e%2e/koa/app', 400],
    ['./koa/app', 400],
    ['koa%2Fapp%2F.', 400],
    ['..%2F..%2Fhealthz', 400],
    ['koa%2Fapp%3Bx', 400],
    ['koa%2Fapp%26dryRun=true', 400],
    ['koa+app', 400],
    ['KOA%2Fapp', 400],
    ['koa%2Fapp%252523', 400],
  ] as const) {
    for (const method of ['GET', 'DELETE'] as const) {
      const request = { method, path: `/v1/repositories/${name}${method === 'DELETE' ? '?dryRun=true' : ''}` };
      const [onPort, behind] = [await ask(port, request), await ask(gateway.url, request)];
      t.equal(behind.status, status, `${method} ${name} behind an HTTP API: ${behind.text.slice(0, 200)}`);
      // API Gateway decodes once more, so that what a port takes for %23 in a name is # there; neither is a name.
      t.equal(onPort.status, status, `${method} ${name} on a port: ${onPort.text.slice(0, 200)}`);
    }
    if (status === 400) {
      await ask(gateway.url, { method: 'DELETE', path: `/v1/repositories/${name}` });
      t.ok(await isThere(), `DELETE ${name} deletes nothing that it does not name`);
    }
  }

  for (const [path, status] of [
    ['koa/app/-/pushers', 200],
    ['koa%2Fapp/-/pushers?first=1', 200],
    ['koa%2Fapp%2F-%2Fpushers', 200],
    ['koa%2fapp/%2D/pullers', 200],
    ['koa/app/-/', 404],
    ['koa/app/-/nothing', 404],
    ['koa/app/-/pushers/', 404],
    ['koa/app/-/pushers/-/pullers', 404],
    ['koa/app/-//pushers', 404],
    ['koa/app/-/../pushers', 404],
    ['koa/app/-/pushers%23', 404],
    ['x/../koa/app/-/pushers', 400],
    ['koa//app/-/pushers', 400],
    ['-/-/pushers', 400],
    ['/-/pushers', 400],
    ['koa/app/-', 400],
  ] as const) {
    const request = { method: 'GET', path: `/v1/repositories/${path}` } as const;
    const [onPort, behind] = [await ask(port, request), await ask(gateway.url, request)];
    t.equal(onPort.status, status, `${path} on a port: ${onPort.text.slice(0, 200)}`);
    t.equal(behind.status, status, `${path} behind an HTTP API: ${behind.text.slice(0, 200)}`);
  }

  for (const path of [
    '/v1/departments/koa%23x',
    '/v1/departments/koa%2F..',
    '//v1/whoami',
    '/v1/../v1/whoami',
    '/',
    '/v1/',
  ])
    t.ok((await ask(gateway.url, { method: 'GET', path })).status >= 400, `${path} is no address`);

  const query = async (base: string, written: string) =>
    ask(base, { method: 'GET', path: `/v1/departments/koa/audit-events?${written}` });
  for (const written of [
    'first=2',
    'first=2&first=3',
    'first=2,3',
    'action=createGrant%2CrevokeGrant',
    'subject=a+b',
    'subject=a%2Bb',
    'subject=%23',
    'subject=',
    'subject',
    '&first=1&',
    'from=2026-11-24T10:00:00%2B01:00',
    'from=2026-11-24T10:00:00+01:00',
    'first=1%26order%3Dx',
    'FIRST=1',
    'first=%31',
    '%66irst=1',
    'first=1;order=oldest',
    'subject=%zz',
  ]) {
    const [onPort, behind] = [await query(port, written), await query(gateway.url, written)];
    t.equal(behind.status, onPort.status, `?${written} is ${onPort.status}`);
    t.equal(behind.headers['link'], onPort.headers['link']);
  }
  for (const acknowledge of [
    'acknowledge=deletes-images',
    'acknowledge=deletes-images&acknowledge=other',
    'acknowledge=deletes-images,other',
  ]) {
    const request = { method: 'DELETE', path: `/v1/repositories/koa%2Fapp?dryRun=true&force=true&${acknowledge}` };
    t.equal((await ask(gateway.url, request)).status, (await ask(port, request)).status, acknowledge);
  }

  const json = { 'content-type': 'application/json' };
  const posts: readonly (readonly [string, Omit<HttpRequest, 'path'>])[] = [
    ['an empty body', { method: 'POST', headers: json, body: '' }],
    ['no body', { method: 'POST' }],
    [
      'a body of another type, which comes as base64',
      { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: '{"name":"koa/x"}' },
    ],
    [
      'JSON by a name in capitals',
      { method: 'POST', headers: { 'Content-Type': 'Application/JSON; charset=UTF-8' }, body: '{"name":"koa/app"}' },
    ],
    [
      'a preference twice',
      { method: 'POST', headers: { ...json, prefer: ['wait=1', 'respond-async'] }, body: '{"name":"koa/app"}' },
    ],
    ['a body on GET', { method: 'GET', headers: json, body: '{"first":1}' }],
    ['cookies', { method: 'GET', headers: { cookie: 'a=1; b=2' } }],
    ['HEAD', { method: 'HEAD' }],
    ['OPTIONS', { method: 'OPTIONS' }],
  ];
  for (const [what, request] of posts) {
    const asked = { ...request, path: '/v1/departments/koa/repositories' };
    const [onPort, behind] = [await ask(port, asked), await ask(gateway.url, asked)];
    t.equal(behind.status, onPort.status, `${what}: ${behind.text.slice(0, 200)}`);
    t.equal(behind.headers['allow'], onPort.headers['allow']);
  }
  const twice = { method: 'GET', path: '/v1/whoami', headers: { authorization: [authorization, authorization] } };
  t.equal((await ask(gateway.url, twice)).status, 401, 'two tokens are none: which one counts is not for us to guess');
});

t.test('the name of a stage is no part of the path', async (t) => {
  const staged = (rawPath: string, stage: string) =>
    readEvent(event(rawPath, { requestContext: { ...event('/').requestContext, stage } }), ROOTS);
  t.match(staged('/prod/v1/whoami', 'prod'), { kind: 'request', event: { rawPath: '/v1/whoami' } });
  t.match(staged('/v1/v1/whoami', 'v1'), { kind: 'request', event: { rawPath: '/v1/whoami' } });
  t.match(staged('/v1/whoami', 'v1'), { kind: 'request', event: { rawPath: '/v1/whoami' } });
  t.match(staged('/v1/whoami', '$default'), { kind: 'request', event: { rawPath: '/v1/whoami' } });
  t.match(staged('/prod/prod/v1/whoami', 'prod'), { kind: 'request', event: { rawPath: '/prod/prod/v1/whoami' } });
  for (const path of ['/ecr/v1/whoami', '/ecr/healthz', '/$default/v1/whoami', '/dev/v1/whoami'])
    t.match(staged(path, '$default'), { kind: 'refused', code: 'unknown-path', detail: /base path/ }, path);
});

t.test('events of anything but an HTTP API in payload format 2.0 are refused, with what to configure', async (t) => {
  const { requestContext, version: _version, ...rest } = event('/healthz');
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'payload 1.0',
      { ...rest, version: '1.0', path: '/healthz', httpMethod: 'GET', requestContext: { stage: '$default' } },
      /payload format version to 2\.0/,
    ],
    [
      'a REST API',
      {
        resource: '/{proxy+}',
        path: '/healthz',
        httpMethod: 'GET',
        requestContext: { resourcePath: '/{proxy+}', stage: 'prod' },
      },
      /REST API/,
    ],
    [
      'a load balancer',
      { path: '/healthz', httpMethod: 'GET', requestContext: { elb: { targetGroupArn: 'arn' } } },
      /load balancer/,
    ],
    [
      'a function URL',
      event('/healthz', { requestContext: { ...requestContext, domainName: 'abc.lambda-url.eu-west-1.on.aws' } }),
      /function URL/,
    ],
  ];
  const app = composeApi({ config: (await startService(t)).embedded.config, ...loadContracts() });
  const told: unknown[] = [];
  const handler = behindHttpApi({
    app,
    contract: loadContracts().contract,
    docsBaseUrl: '/docs',
    logger: { error: (one: unknown) => void told.push(one) },
  });
  for (const [what, one, sentence] of rows) {
    t.match(readEvent(one, ROOTS), { kind: 'refused', code: 'internal', detail: sentence }, what);
    const answer = (await handler(one, CONTEXT)) as { readonly statusCode: number; readonly body: string };
    t.equal(answer.statusCode, 500);
    t.match(JSON.parse(answer.body), { code: 'internal', detail: sentence });
  }
  t.equal(told.length, rows.length, 'and each is an error in the log');
  for (const [what, one] of [
    ['no version', { ...rest, requestContext }],
    ['no query string', { ...event('/healthz'), rawQueryString: undefined }],
    ['a stream', { Records: [] }],
    ['an empty test event', {}],
    ['nothing', null],
  ] as const) {
    t.match(readEvent(one, ROOTS), { kind: 'foreign' }, what);
    await t.rejects(handler(one, CONTEXT), /payload format 2\.0/, what);
  }
  await app.close();
});
