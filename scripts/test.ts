/**
 * `npm test`: all test files, many in one process. `npm test -- --times` ends with the files that took the most processor time. With
 * other arguments it is tap as it is: `npm test -- test/model/lifecycle.test.ts` runs this file alone.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, TAKEN_FOLDER, takenFiles, testFiles, timesTold } from '../test/together/files.ts';

const LANES = 4;
const DEAREST = 30;

async function tap(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(join(ROOT, 'node_modules/.bin/tap'), args, { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function all(showTimes: boolean): Promise<number> {
  const { together, alone } = testFiles();
  // One more than there are cores, because a lane waits now and then.
  const lanes = Math.min(LANES, availableParallelism() + 1);
  const files = Array.from({ length: lanes }, (_, index) => `test/together/lane-${index + 1}.ts`);
  const folder = mkdtempSync(join(tmpdir(), 'ecp-tests-'));
  try {
    const status = await tap([`--jobs=${lanes}`, ...files, ...alone], { ...process.env, [TAKEN_FOLDER]: folder });
    const taken = takenFiles(folder);
    if (showTimes)
      for (const { file, seconds } of timesTold(folder).slice(0, DEAREST))
        console.log(`${seconds.toFixed(1)} s  ${file}`);
    const missing = together.filter((file) => !taken.includes(file));
    for (const file of missing) console.error(`not run: ${file}`);
    return missing.length === 0 ? status : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const showTimes = args.length === 1 && args[0] === '--times';
process.exitCode = args.length === 0 || showTimes ? await all(showTimes) : await tap(args);
