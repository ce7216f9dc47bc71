import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A DynamoDB for the embedded default. */
export interface LocalDynamoDb {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A machine that is busy with something else may take its time. */
const START_TIMEOUT = 60_000;

/**
 * Finds or starts DynamoDB: the one at `DYNAMODB_ENDPOINT`, or dynoxide from the platform's package or the PATH.
 * @param dataDir where it keeps its data; in memory without one
 * @throws Error that says how to get it
 */
export async function startLocalDynamoDb(dataDir: string | undefined): Promise<LocalDynamoDb> {
  const given = process.env['DYNAMODB_ENDPOINT'];
  if (given !== undefined) return { endpoint: given, close: async () => undefined };
  const port = await freePort();
  const [command = '', ...args] = [
    ...tiedToThisProcess(),
    findDynoxide(),
    '--port',
    String(port),
    ...dataArguments(dataDir),
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = lastWords(child);
  const endpoint = `http://127.0.0.1:${port}`;
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  await answers(endpoint, child, said);
  return {
    endpoint,
    close: async () => {
      process.off('exit', kill);
      await stopped(child);
    },
  };
}

/** Where the platform has it, a launcher that ends the engine with this process, even when this one is killed. */
function tiedToThisProcess(): readonly string[] {
  const launcher = '/usr/bin/setpriv';
  return existsSync(launcher) ? [launcher, '--pdeathsig', 'KILL'] : [];
}

function dataArguments(dataDir: string | undefined): readonly string[] {
  if (dataDir === undefined) return [];
  mkdirSync(dataDir, { recursive: true });
  return ['--db-path', join(dataDir, 'dynamodb.sqlite')];
}

function findDynoxide(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch {
    if (spawnSync('dynoxide', ['--version'], { stdio: 'ignore' }).status === 0) return 'dynoxide';
    throw new Error(
      `The embedded default needs DynamoDB. Install ${name} with npm where it exists, put dynoxide on the PATH, or set DYNAMODB_ENDPOINT to one that runs, such as DynamoDB Local.`,
    );
  }
}

/** The engine can't be asked to choose a port and tell it, so one is found first. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** What the engine said last: for an error, and for nobody else. */
function lastWords(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-2_000);
  });
  return () => text.trim();
}

async function answers(endpoint: string, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`dynoxide ended with exit code ${child.exitCode} before it answered: ${said()}`);
    const answered = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill('SIGKILL');
  throw new Error(`dynoxide did not answer at ${endpoint} within ${START_TIMEOUT / 1000} seconds.`);
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
