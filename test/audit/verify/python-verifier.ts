import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PYTHON = fileURLToPath(new URL('verify.py', import.meta.url));

/** What both verifiers end with. */
export type End = 'whole' | 'wrong' | 'open';

const ENDS: Readonly<Record<number, End>> = { 0: 'whole', 1: 'wrong', 3: 'open' };

/** Asks the second verifier: another language, another author's reading of docs/audit.md. */
export async function verifyWithPython(
  ...args: readonly string[]
): Promise<{ readonly end: End | undefined; readonly text: string }> {
  try {
    const { stdout } = await promisify(execFile)('python3', [PYTHON, ...args]);
    return { end: 'whole', text: stdout };
  } catch (error) {
    const { code = -1, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    // A traceback ends with 1 as well; it is no verdict.
    return { end: stderr === '' ? ENDS[code] : undefined, text: `${stdout}${stderr}` };
  }
}
