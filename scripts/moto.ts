/**
 * Starts moto (https://github.com/getmoto/moto), an emulator of AWS that others wrote, for the conformance suite: its
 * pinned version in a Python environment of the project's own, or a `moto_server` on the PATH where that can't be made.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { pythonTool } from './python-tool.ts';

const MOTO = { command: 'moto_server', requirement: 'moto[server]==5.2.5' };
/** moto's own choice, as long as nobody asks for another. */
const ACCOUNT_ID = '123456789012';
const START_TIMEOUT = 30_000;

/** A running moto. */
export interface Moto {
  readonly endpoint: string;
  /** The account that it is. */
  readonly accountId: string;
  /** Which moto it is, for the log. */
  readonly version: string;
  readonly close: () => Promise<void>;
}

/** Installs moto if need be, and starts it on a free port of loopback. @throws Error that says what is missing */
export async function startMoto(): Promise<Moto> {
  const { path, version } = pythonTool(MOTO);
  const port = await freePort();
  const server = spawn(path, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(`${endpoint}/moto-api/`);
  return {
    endpoint,
    accountId: ACCOUNT_ID,
    version,
    close: async () => {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await ended;
    },
  };
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
