import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { composeExecutor } from '../../src/compose/compose-executor.ts';
import { readConfig } from '../../src/config/config.ts';
import { leaseKey } from '../../src/ledger/keys.ts';
import { LOCAL_CREDENTIALS, type Embedded } from '../../src/local/embedded.ts';
import { KOA_JOB, PLATFORM_JOB } from '../../src/local/example.ts';
import { mintPath } from '../../src/local/github/addresses.ts';
import { idOfName, type Job } from '../../src/local/github/job.ts';
import { breaches, readWholeLedger } from '../support/invariants.ts';
import { PATIENT_WAIT } from '../support/patience.ts';
import { randomOf, type Random } from './random.ts';

/** What came of killing real processes. */
export interface KillReport {
  readonly seed: number;
  readonly kills: number;
  /** Requests that were under way when their process was killed. */
  readonly cutOff: number;
  readonly answered: number;
  readonly violations: readonly string[];
}

/** A server as `npm start -- --data` starts it, with its DynamoDB: a process group that can be killed as one. */
interface Server {
  readonly process: ChildProcess;
  readonly api: string;
  readonly issuer: string;
  readonly aws: string;
  readonly dynamoDb: string;
}

/** A request that is repeated with its key until it is answered. */
interface Wanted {
  readonly path: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const CLIENTS = 4;

/**
 * Starts the service as users do, asks it for mutations from several clients at once, and kills it with SIGKILL at random
 * moments, again and again, on the same data; then holds what is left against what is promised.
 */
export async function killRepeatedly(kills: number, seed: number, tell: (line: string) => void): Promise<KillReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'killed-'));
  const random = randomOf(seed);
  const violations: string[] = [];
  const open: Wanted[] = [];
  let [cutOff, answered, number] = [0, 0, 0];
  let server = await start(dataDir);
  try {
    await onboard(server);
    for (let kill = 1; kill <= kills; kill++) {
      const ended = new AbortController();
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!ended.signal.aborted) {
          const wanted = open.shift() ?? next(random, ++number);
          const answer = await ask(server, KOA_JOB, wanted).catch(() => undefined);
          if (answer === undefined) {
            cutOff++;
            open.push(wanted);
            return;
          }
          answered++;
          if (answer.status >= 500)
            violations.push(`${wanted.method} ${wanted.path} was answered ${answer.status}: ${answer.text}`);
        }
      });
      await wait(300 + random.below(1_500));
      await killed(server);
      ended.abort();
      await Promise.all(clients);
      server = await start(dataDir);
      await lapse(server);
      tell(`kill ${kill}: ${answered} answered, ${cutOff} cut off`);
    }
    for (const wanted of open) violations.push(...(await answeredAlike(server, wanted)));
    violations.push(...(await atRest(server)));
    return { seed, kills, cutOff, answered, violations };
  } finally {
    await killed(server);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function start(dataDir: string): Promise<Server> {
  const args = [
    '--import=tsx',
    'src/entry/server.ts',
    '--data',
    dataDir,
    '--port',
    '0',
    '--issuer-port',
    '0',
    '--aws-port',
    '0',
  ];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const said = JSON.parse(line) as Partial<Server> & { readonly msg?: string };
    const { api, issuer, aws, dynamoDb } = said;
    if (api === undefined || issuer === undefined || aws === undefined || dynamoDb === undefined) continue;
    child.stdout.resume();
    return { process: child, api, issuer, aws, dynamoDb };
  }
  throw new Error(`The server ended with ${child.exitCode} before it served.`);
}

/** The server and its DynamoDB, at one moment. */
async function killed({ process: child }: Server): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}

/** The leases of the dead lapse after a minute; that minute is not waited for. */
async function lapse(server: Server): Promise<void> {
  const { tables } = executorOf(server);
  await tables.documents
    .send(
      new UpdateCommand({
        TableName: tables.state,
        Key: leaseKey('koa'),
        UpdateExpression: 'SET #until = :past',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':past': 0 },
      }),
    )
    .catch((error: Error) => {
      if (error.name !== 'ConditionalCheckFailedException') throw error;
    });
}

function executorOf({ aws, dynamoDb }: Server) {
  const config = readConfig({
    ECP_ACCOUNT_ID: '354918371398',
    ECP_REGION: 'eu-west-1',
    ECP_AUDIENCE: 'ecr-control-plane',
    ECP_AWS_ORGANISATION_ID: 'o-example0000',
  });
  return composeExecutor(config, { endpoints: { aws, dynamoDb, credentials: LOCAL_CREDENTIALS } });
}

// ---- Requests -------------------------------------------------------------------------------------------------------

async function ask(
  { api, issuer }: Server,
  job: Job,
  { method, path, body, headers }: Wanted,
): Promise<{ readonly status: number; readonly text: string }> {
  const minted = await fetch(`${issuer}${mintPath}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(job),
  });
  const { value } = (await minted.json()) as { readonly value: string };
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${value}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

async function onboard(server: Server): Promise<void> {
  const managers = [{ repositoryId: idOfName(KOA_JOB.repository), repository: KOA_JOB.repository, ref: KOA_JOB.ref }];
  const department = '/v1/departments/koa';
  const steps: readonly Wanted[] = [
    { method: 'POST', path: '/v1/departments', body: { id: 'koa', displayName: 'KOA', managers }, headers: {} },
    {
      method: 'PUT',
      path: `${department}/organisations/JPPOL-KOA`,
      body: { ownerId: idOfName('JPPOL-KOA') },
      headers: {},
    },
    {
      method: 'PUT',
      path: `${department}/account-access`,
      body: { accounts: [{ description: 'dev', accountId: '931827427725', canWrite: false }] },
      headers: { 'if-match': '*' },
    },
  ];
  for (const step of steps) {
    const answer = await ask(server, PLATFORM_JOB, step);
    if (answer.status >= 300) throw new Error(`${step.path} was answered ${answer.status}: ${answer.text}`);
  }
}

/** Three in four are creations: of repositories and grants; the others delete what was made before, if it was. */
function next(random: Random, number: number): Wanted {
  const headers = { 'idempotency-key': `kill-${number}` };
  const department = '/v1/departments/koa';
  const older = `app-${1 + random.below(number)}`;
  switch (random.below(4)) {
    case 0:
      return {
        method: 'POST',
        path: `${department}/grants`,
        body: {
          organisation: 'JPPOL-KOA',
          repository: `app-${number}`,
          repositoryId: idOfName(`JPPOL-KOA/app-${number}`),
        },
        headers,
      };
    case 1:
      return { method: 'DELETE', path: `/v1/repositories/${older}`, headers };
    default:
      return { method: 'POST', path: `${department}/repositories`, body: { name: `app-${number}` }, headers };
  }
}

// ---- Afterwards -----------------------------------------------------------------------------------------------------

/** Whoever was cut off asks again with the same key, twice, and is told the same. */
async function answeredAlike(server: Server, wanted: Wanted): Promise<readonly string[]> {
  const [first, second] = [await finished(server, wanted), await ask(server, KOA_JOB, wanted)];
  const same = first.status === second.status && withoutInstance(first.text) === withoutInstance(second.text);
  // What was refused before anything was accepted is decided again each time.
  return same || first.status >= 400
    ? []
    : [`${wanted.method} ${wanted.path} was answered ${first.status}, then ${second.status}`];
}

/** The answer once the operation is done: until then a repeat is told 202, that it is on its way. */
async function finished(server: Server, wanted: Wanted): Promise<Awaited<ReturnType<typeof ask>>> {
  const deadline = Date.now() + PATIENT_WAIT;
  for (;;) {
    const answer = await ask(server, KOA_JOB, wanted);
    if (answer.status !== 202 || Date.now() > deadline) return answer;
  }
}

function withoutInstance(text: string): string {
  return text.replace(/"instance":"[^"]*"/, '');
}

async function atRest(server: Server): Promise<readonly string[]> {
  const executor = executorOf(server);
  const deadline = Date.now() + PATIENT_WAIT;
  for (;;) {
    const { departments } = await readWholeLedger(executor.tables);
    if (departments.every(({ head }) => head.pendingOperations.length === 0)) break;
    if (Date.now() > deadline) return ['operations are still pending long after the last restart'];
    await wait(500);
  }
  return breaches({ executor } as unknown as Embedded);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
