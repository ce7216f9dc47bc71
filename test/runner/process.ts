/** Runs the process of a step, and hands on each line that it prints. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Exit code of a command; nothing but `env` is in its environment. */
export async function runProcess(
  [command = '', ...args]: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly onLine: (line: string) => void;
  },
): Promise<number> {
  const { cwd, env, onLine } = options;
  const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const readers = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) onLine(line);
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
  try {
    await Promise.all(readers);
    return await ended;
  } finally {
    // A line that was refused ends the step.
    child.kill('SIGKILL');
  }
}
