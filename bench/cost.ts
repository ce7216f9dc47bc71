/**
 * Counts what each kind of request costs in AWS, on the wire: a proxy before the embedded DynamoDB adds up request
 * units and calls. Calls of ECR and IAM cost nothing. docs/cost.md multiplies them by AWS's prices.
 *
 *     node --import=tsx bench/cost.ts
 */
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeApi } from '../src/compose/compose-api.ts';
import { composeExecutor } from '../src/compose/compose-executor.ts';
import { loadContracts } from '../src/contract/contract-source.ts';
import { handleEvent } from '../src/executor/handle.ts';
import { readDepartmentItem } from '../src/ledger/read.ts';
import { LOCAL_CREDENTIALS, startEmbedded } from '../src/local/embedded.ts';
import { KOA_JOB, PLATFORM_JOB } from '../src/local/example.ts';
import { idOfName, type Job } from '../src/local/github/job.ts';

/** What went over the wire: calls by name, and DynamoDB's request units. */
interface Tally {
  readonly calls: Map<string, number>;
  reads: number;
  writes: number;
}

const PASSES = 5;

interface Capacity {
  readonly CapacityUnits?: number;
}

/** A proxy that adds up what passes it. */
async function counting(target: string, tally: Tally): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const action = request.headers['x-amz-target']?.toString().split('.').at(-1);
      const isDynamoDb = request.headers['x-amz-target']?.toString().startsWith('DynamoDB_') === true;
      let body = Buffer.concat(chunks);
      if (isDynamoDb)
        body = Buffer.from(
          JSON.stringify({ ...(JSON.parse(body.toString()) as object), ReturnConsumedCapacity: 'INDEXES' }),
        );
      const name = action ?? new URLSearchParams(body.toString()).get('Action') ?? '?';
      const headers = { ...(request.headers as Record<string, string>), host: new URL(target).host };
      const answer = await fetch(`${target}${request.url ?? ''}`, {
        method: request.method ?? 'POST',
        headers: withoutLength(headers),
        body,
      });
      const text = await answer.text();
      tally.calls.set(name, (tally.calls.get(name) ?? 0) + 1);
      if (isDynamoDb && answer.ok)
        addUnits(name, JSON.parse(text) as { readonly ConsumedCapacity?: Capacity | readonly Capacity[] }, tally);
      response.writeHead(
        answer.status,
        Object.fromEntries(
          [...answer.headers].filter(
            ([key]) => !['content-length', 'content-encoding', 'transfer-encoding', 'connection'].includes(key),
          ),
        ),
      );
      response.end(text);
    })().catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function withoutLength({
  'content-length': _length,
  connection: _connection,
  ...headers
}: Record<string, string>): Record<string, string> {
  return headers;
}

function addUnits(
  name: string,
  { ConsumedCapacity }: { readonly ConsumedCapacity?: Capacity | readonly Capacity[] },
  tally: Tally,
): void {
  const all = (Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity ?? {}]) as readonly Capacity[];
  const isRead = ['GetItem', 'Query', 'BatchGetItem'].includes(name);
  for (const { CapacityUnits = 0 } of all) {
    if (isRead) tally.reads += CapacityUnits;
    else tally.writes += CapacityUnits;
  }
}

const embedded = await startEmbedded({ executor: false });
const tally: Tally = { calls: new Map(), reads: 0, writes: 0 };
const dynamoDb = await counting(embedded.endpoints.dynamoDb ?? '', tally);
const endpoints = { aws: embedded.aws.endpoint, dynamoDb: dynamoDb.url, credentials: LOCAL_CREDENTIALS };
const app = composeApi({ config: embedded.config, ...loadContracts(), endpoints, jwksFetch: embedded.jwksFetch });
const executor = composeExecutor(embedded.config, { endpoints });

async function ask(
  job: Job,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
  pending = true,
): Promise<void> {
  const token = await embedded.issuer.mintToken({ ...job, audience: embedded.config.audience });
  const type: Record<string, string> = payload === undefined ? {} : { 'content-type': 'application/json' };
  const request: Promise<{ readonly statusCode: number; readonly body: string }> = app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}`, ...type, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  if (method === 'GET' || !pending) return void (await request);
  // The doorbell, as soon as the intent stands: what the stream does in AWS.
  while ((await readDepartmentItem(embedded.executor.tables, 'koa'))?.head.pendingOperations[0] === undefined)
    await new Promise((done) => setTimeout(done, 5));
  await handleEvent(executor, { department: 'koa' });
  const { statusCode, body } = await request;
  if (statusCode >= 300) throw new Error(`${method} ${url} answered ${statusCode}: ${body}`);
}

async function measure(name: string, act: (pass: number) => Promise<void>): Promise<void> {
  tally.calls.clear();
  tally.reads = 0;
  tally.writes = 0;
  for (let pass = 1; pass <= PASSES; pass++) await act(pass);
  const calls = [...tally.calls].map(([call, count]) => `${call} ${count / PASSES}`).join(', ');
  console.log(`| ${name} | ${tally.reads / PASSES} | ${tally.writes / PASSES} | ${calls} |`);
}

console.log('| request | read units | write units | calls |\n|---|---|---|---|');
const managers = [{ repositoryId: idOfName(KOA_JOB.repository), ref: KOA_JOB.ref }];
await ask(PLATFORM_JOB, 'POST', '/v1/departments', {
  id: 'koa',
  displayName: 'KOA',
  roleName: 'koa-github-ecr-access',
  managers,
});
await ask(
  PLATFORM_JOB,
  'PUT',
  '/v1/departments/koa/organisations/JPPOL-KOA',
  { ownerId: idOfName('JPPOL-KOA') },
  {},
  false,
);
await ask(
  PLATFORM_JOB,
  'PUT',
  '/v1/departments/koa/account-access',
  { accounts: [{ accountId: '931827427725', description: 'dev', canWrite: false }] },
  { 'if-match': '*' },
  false,
);
await measure('create a repository', (pass) =>
  ask(KOA_JOB, 'POST', '/v1/departments/koa/repositories', { name: `koa/app-${pass}` }),
);
await measure('create a grant', (pass) =>
  ask(KOA_JOB, 'POST', '/v1/departments/koa/grants', {
    organisation: 'JPPOL-KOA',
    repository: `App${pass}`,
    repositoryId: String(1_000_000 + pass),
  }),
);
await measure('change a repository', (pass) =>
  ask(KOA_JOB, 'PATCH', `/v1/repositories/koa%2Fapp-${pass}`, { scanOnPush: false }),
);
await measure('read a department', () => ask(KOA_JOB, 'GET', '/v1/departments/koa'));
await measure('list repositories', () => ask(KOA_JOB, 'GET', '/v1/departments/koa/repositories'));
await measure('a refusal of a member', () =>
  ask({ ...KOA_JOB, ref: 'refs/heads/feature' }, 'DELETE', '/v1/departments/koa', undefined, {}, false),
);
const stranger = { repository: 'somebody/else', ref: 'refs/heads/main' };
await ask(stranger, 'GET', '/v1/departments/koa');
await measure("a stranger's refusal that is counted", () => ask(stranger, 'GET', '/v1/departments/koa'));
await measure('sweep of one department', async () => {
  await handleEvent(executor, { source: 'aws.scheduler' });
});

const { Items = [] } = await embedded.executor.tables.documents.send(
  new QueryCommand({
    TableName: embedded.executor.tables.audit,
    KeyConditionExpression: 'pk = :chain',
    ExpressionAttributeValues: { ':chain': 'koa' },
  }),
);
const bytes = Items.reduce((sum, item) => sum + JSON.stringify(item).length, 0);
console.log(`\n${Items.length} audit events, ${Math.round(bytes / Items.length)} bytes each, without the indexes`);

await app.close();
await embedded.close();
dynamoDb.server.close();
