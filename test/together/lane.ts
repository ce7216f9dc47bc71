/**
 * One process that runs many test files, one after the other: a process for each would begin with a second of loading. Several lanes
 * run at once, and each takes the next file that no other has.
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ROOT, take, TAKEN_FOLDER, takenFiles, tellTime, testFiles } from './files.ts';

const tests = new Map<string, Test>();
Object.assign(globalThis, { [Symbol.for('the test of a file')]: (url: string) => tests.get(url) });
register('./one-process.mjs', import.meta.url);

const folder = process.env[TAKEN_FOLDER];
if (folder === undefined) throw new Error('The lanes are run by npm test.');

/** Each file has the time that it has alone, in milliseconds. */
const timeout = t.options.timeout ?? 0;

const { together } = testFiles();
for (const file of together) {
  if (!take(folder, file)) continue;
  // The lane and its runner give up a little later, so that it is the file that is named; the runner also ends one that never lets go.
  t.setTimeout(timeout * 1.1);
  const results = await t.test(file, { timeout }, async (t) => {
    const began = process.cpuUsage();
    const { href } = pathToFileURL(join(ROOT, file));
    tests.set(href, t);
    await import(href);
    t.teardown(() => {
      const { user, system } = process.cpuUsage(began);
      tellTime(folder, file, (user + system) / 1e6);
    });
  });
  if (results?.count === 0) t.fail(`${file} holds no test`);
}
const taken = takenFiles(folder);
t.strictSame(
  together.filter((file) => !taken.includes(file)),
  [],
  'every file was taken by some lane',
);
