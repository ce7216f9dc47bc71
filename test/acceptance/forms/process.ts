import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../../src/config/config.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { exampleEnv } from '../../../src/local/embedded.ts';
import { mintPath } from '../../../src/local/github/addresses.ts';
import { startBucketAndKey } from '../../support/bucket-and-key.ts';
import type { Form } from '../form.ts';
import { sendTo } from '../http.ts';
import { importsOfSource } from '../imports-on-demand.ts';
import { recordImports } from '../recorded-imports.ts';
import {
  BUCKET,
  clientVariables,
  closeAll,
  KEY,
  overSurroundings,
  startFunction,
  type Surroundings,
} from './surroundings.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** `npm start` as a process of its own, with the embedded AWS, DynamoDB and issuer in it. */
export async function startProcess(): Promise<Form> {
  const imports = recordImports();
  const server = await startServer(imports.env);
  const storage = await startBucketAndKey();
  const env = exampleEnv();
  const config = readConfig(env);
  const surroundings = {
    config,
    env,
    awsUrl: server.aws,
    dynamoDbUrl: server.dynamoDb,
    issuerUrl: server.issuer,
    storage,
    recording: imports.env,
  } satisfies Surroundings;
  const executor = startFunction('executor', 'source', surroundings);
  const exporter = startFunction('exporter', 'source', surroundings);
  return {
    letter: 'b',
    ...overSurroundings(surroundings),
    send: (request) => sendTo(server.api, request),
    token: async (job, audience = config.audience) => {
      const response = await fetch(`${server.issuer}${mintPath}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...job, audience }),
      });
      const { value } = (await response.json()) as { readonly value?: string };
      if (value === undefined) throw new Error(`The issuer answered ${response.status}.`);
      return value;
    },
    runExporter: () => exporter.invoke({}),
    runExecutor: (event) => executor.invoke(event),
    notApplicable: () => undefined,
    importsOnDemand: async () => {
      await runOtherEntries(surroundings);
      return { expected: importsOfSource(), executed: imports.executed() };
    },
    close: () =>
      closeAll([
        () => imports.close(),
        () => server.close(),
        () => storage.close(),
        () => executor.close(),
        () => exporter.close(),
      ]),
  };
}

/** What `npm start` says of itself. */
interface Serving {
  readonly api: string;
  readonly issuer: string;
  readonly aws: string;
  readonly dynamoDb: string;
}

async function startServer(
  recording: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<Serving & { readonly close: () => Promise<void> }> {
  const ports = ['--port', '0', '--issuer-port', '0', '--aws-port', '0'];
  const child = spawn('npm', ['start', '--silent', '--', ...ports, ...options], {
    cwd: root,
    env: { ...process.env, ...recording },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: a signal to npm alone would not reach the service.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It has ended.
    }
  };
  const kill = (): void => signal('SIGKILL');
  process.once('exit', kill);
  const serving = await firstServing(createInterface({ input: child.stdout }));
  return {
    ...serving,
    close: async () => {
      process.off('exit', kill);
      signal('SIGTERM');
      await ended;
    },
  };
}

async function firstServing(lines: AsyncIterable<string>): Promise<Serving> {
  const read = lines[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await read.next();
    if (done === true) throw new Error('npm start ended before it served.');
    if (!value.startsWith('{')) continue;
    const line = JSON.parse(value) as Partial<Serving>;
    if (line.api !== undefined) {
      // What it logs later is not read, and must not hold it up.
      void drain(read);
      return line as Serving;
    }
  }
}

async function drain(lines: AsyncIterator<string>): Promise<void> {
  while ((await lines.next()).done !== true);
}

/** What only command lines and `npm start`'s options import is imported by running them; `--aws env` on the same AWS and tables. */
async function runOtherEntries(surroundings: Surroundings): Promise<void> {
  const example = await startServer(surroundings.recording ?? {}, ['--example']);
  await example.close();
  const env = { ...process.env, ...surroundings.env, ...surroundings.recording, ...clientVariables(surroundings) };
  const to = ['--to', `s3://${BUCKET}/by-hand/`, '--s3-endpoint', surroundings.storage.endpoint, '--kms-key', KEY];
  await run(['audit', '--', 'bulk-export', ...to], env);
  await run(['audit', '--', 'anchor'], env);
  const port = await freePort();
  const server = spawn(
    process.execPath,
    ['--import=tsx', 'src/entry/server.ts', '--aws', 'env', '--port', String(port)],
    {
      cwd: root,
      stdio: 'ignore',
      env: { ...env, ECP_CREATE_TABLES: 'true' },
    },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  while (server.exitCode === null && !(await answers(`http://127.0.0.1:${port}/healthz`)));
  server.kill('SIGTERM');
  await ended;
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('npm', ['run', '-s', ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  if (status !== 0) throw new Error(`npm run ${args.join(' ')} ended with ${String(status)}.`);
}

async function answers(url: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
