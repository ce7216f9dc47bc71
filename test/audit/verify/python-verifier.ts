import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PYTHON = fileURLToPath(new URL('verify.py', import.meta.url));

/** What both verifiers end with. */
export type End = 'whole' | 'wrong' | 'open';

const ENDS: Readonly<Record<number, End>> = { 0: 'whole', 1: 'wrong', 3: 'open' };

/** The second verifier: another language, another author's reading of docs/audit.md. One process of it verifies many things. */
export interface PythonVerifier {
  /** Verifies as `verify.py` does with these arguments. @throws Error when it ends without a verdict: it says why on stderr */
  readonly verify: (...args: readonly string[]) => Promise<{ readonly end: End | undefined; readonly text: string }>;
  readonly close: () => void;
}

/** Starts the second verifier. It verifies one thing at a time. */
export function startPythonVerifier(): PythonVerifier {
  const child = spawn('python3', [PYTHON, '--stdin'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    verify: async (...args) => {
      child.stdin.write(`${JSON.stringify(args)}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error(`${PYTHON} ended without a verdict on ${args.join(' ')}.`);
      const [code, text] = JSON.parse(value) as readonly [number, string];
      return { end: ENDS[code], text };
    },
    close: () => child.stdin.end(),
  };
}
