/**
 * Starts moto (https://github.com/getmoto/moto), an emulator of AWS that others wrote, for the conformance suite: its
 * pinned version in a Python environment of the project's own, or a `moto_server` on the PATH where that can't be made.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';

const VERSION = '5.2.5';
const ENVIRONMENT = fileURLToPath(new URL(`../node_modules/.cache/moto-${VERSION}`, import.meta.url));
const START_TIMEOUT = 30_000;

/** A running moto. */
export interface Moto {
  readonly endpoint: string;
  /** Which moto it is, for the log. */
  readonly version: string;
  readonly close: () => Promise<void>;
}

/** Installs moto if need be, and starts it on a free port of loopback. @throws Error that says what is missing */
export async function startMoto(): Promise<Moto> {
  const { command, version } = findMoto();
  const port = await freePort();
  const server = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(`${endpoint}/moto-api/`);
  return {
    endpoint,
    version,
    close: async () => {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await ended;
    },
  };
}

function findMoto(): { readonly command: string; readonly version: string } {
  const command = `${ENVIRONMENT}/bin/moto_server`;
  if (existsSync(command) || install()) return { command, version: VERSION };
  if (spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status === 0) {
    return { command: 'moto_server', version: 'of the PATH' };
  }
  throw new Error(`moto is not here: python3 with venv and pip could not install moto[server]==${VERSION}.`);
}

function install(): boolean {
  const steps = [
    ['python3', '-m', 'venv', ENVIRONMENT],
    [`${ENVIRONMENT}/bin/pip`, 'install', '--quiet', '--disable-pip-version-check', `moto[server]==${VERSION}`],
  ];
  const installed = steps.every(
    ([command = '', ...rest]) => spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0,
  );
  // Half an environment would be taken for a whole one the next time.
  if (!installed) rmSync(ENVIRONMENT, { recursive: true, force: true });
  return installed;
}

async function answers(url: string): Promise<void> {
  const until = Date.now() + START_TIMEOUT;
  while (Date.now() < until) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await pause(100);
  }
  throw new Error(`moto did not answer within ${START_TIMEOUT / 1000} seconds.`);
}

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
