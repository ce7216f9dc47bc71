import { openSync, closeSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A comment by which a test file says that it wants a process of its own: because it looks at what the process has loaded, say. */
const OWN_PROCESS = '@own-process';

/** The environment variable that tells the lanes where they say which file they have taken. */
export const TAKEN_FOLDER = 'ECP_TEST_TAKEN';

/** The folder that holds the test files; another one for whoever tests how they are run. */
const FOLDER = process.env['ECP_TEST_FOLDER'] ?? 'test';

/** The test files, by whether they share a process. The largest first: what takes long should not begin last. */
export function testFiles(): { readonly together: readonly string[]; readonly alone: readonly string[] } {
  const files = readdirSync(join(ROOT, FOLDER), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `${FOLDER}/${file.replaceAll('\\', '/')}`)
    .map((file) => ({ file, size: statSync(join(ROOT, file)).size }))
    .sort((one, other) => other.size - one.size || (one.file < other.file ? -1 : 1))
    .map(({ file }) => file);
  const isAlone = (file: string): boolean => readFileSync(join(ROOT, file), 'utf8').includes(OWN_PROCESS);
  return { together: files.filter((file) => !isAlone(file)), alone: files.filter(isAlone) };
}

/** Takes a file for one lane. @returns whether no other lane had it before */
export function take(folder: string, file: string): boolean {
  try {
    closeSync(openSync(join(folder, encodeURIComponent(file)), 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Says what a file that a lane has taken came to: seconds of the lane's processor time, without those of processes that it starts. */
export function tellTime(folder: string, file: string, seconds: number): void {
  writeFileSync(join(folder, encodeURIComponent(file)), seconds.toFixed(1));
}

/** What the files came to, in seconds, the dearest first; those that did not end are left out. */
export function timesTold(folder: string): readonly { readonly file: string; readonly seconds: number }[] {
  return takenFiles(folder)
    .map((file) => ({ file, seconds: Number(readFileSync(join(folder, encodeURIComponent(file)), 'utf8')) }))
    .filter(({ seconds }) => seconds > 0)
    .sort((one, other) => other.seconds - one.seconds);
}

/** The files that were taken by some lane. */
export function takenFiles(folder: string): readonly string[] {
  return readdirSync(folder).map(decodeURIComponent);
}
