/**
 * Holds `npm test` against test files that fail in every way that there is: each must make the whole run fail, while the files beside
 * it are run all the same. Many files share a process there, so that none of this goes without saying.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../test/together/files.ts';

/** A file in which nothing fails. There are more than lanes, so that some come after a file that fails. */
const GOOD = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`good ${index}`, "t.pass('good');"]));

/** Ways in which a file fails and leaves its process alive, by what a reader of the output would call them. */
const FAILING: Readonly<Record<string, string>> = {
  'an assertion that fails': 't.equal(1, 2);',
  'a subtest that fails': "t.test('x', async (t) => { t.ok(false); });",
  'a file that throws': "t.pass('before'); throw new Error('breach');",
  'a subtest that throws': "t.test('x', async () => { throw new Error('breach'); });",
  'a file that is no program': "t.pass('before';",
  'an import that is not there': "await import('./nothing-here.ts');",
  'an exception outside of every test':
    "setTimeout(() => { throw new Error('breach'); }, 1); t.test('x', () => new Promise((resolve) => setTimeout(resolve, 200)));",
  'a rejection that nobody handles':
    "void Promise.reject(new Error('breach')); t.test('x', () => new Promise((resolve) => setTimeout(resolve, 200)));",
  'a file without a test': 'void t;',
};

/** Ways in which a file disturbs its process, ends it or keeps it: here the time-out is short, because some only end by it. */
const DEADLY: Readonly<Record<string, string>> = {
  'a process that ends with success, too early': "t.test('x', async (t) => { t.pass('before'); process.exit(0); });",
  'a process that is killed': "t.pass('before'); process.kill(process.pid, 'SIGKILL');",
  'a promise that nobody keeps': "t.test('x', () => new Promise(() => undefined));",
  'a file that waits for nothing': "t.pass('before'); await new Promise(() => undefined);",
  'a subtest that waits for ever': "t.test('x', () => new Promise(() => setInterval(() => undefined, 1_000)));",
  'a plan that is not kept': "t.plan(2); t.pass('one');",
  'a test that begins after the end':
    "t.pass('before'); setTimeout(() => t.test('late', async (t) => { t.pass('late'); }), 50);",
  'a loop that never ends': "t.pass('before'); for (;;);",
};

/** What a run came to: as `.ci/run` reads it. */
interface Run {
  readonly status: number | null;
  readonly total: number;
  readonly pass: number;
  readonly text: string;
}

/** Runs `npm test` on these files. */
async function run(files: Readonly<Record<string, string>>, timeout = '900'): Promise<Run> {
  const cache = join(ROOT, '.tap');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'test-runner-'));
  try {
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, fileName(name)), `import t from 'tap';\n${text}\n`);
    const { status, text } = await npmTest({ ECP_TEST_FOLDER: relative(ROOT, folder), TAP_TIMEOUT: timeout });
    const count = (what: string): number =>
      Number([...text.matchAll(new RegExp(`${what}: (\\d+)`, 'gm'))].at(-1)?.[1] ?? 0);
    return { status, total: count('^# \\{ total'), pass: count('pass'), text };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function npmTest(env: NodeJS.ProcessEnv): Promise<Pick<Run, 'status' | 'text'>> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import=tsx', 'scripts/test.ts'],
      { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 64 * 2 ** 20 },
      (_error, stdout, stderr) => resolve({ status: child.exitCode, text: `${stdout}${stderr}` }),
    );
  });
}

function fileName(name: string): string {
  return `${name.replaceAll(/[ ,]+/g, '-')}.test.ts`;
}

/** Whether the output says so of this file. */
function says(text: string, verdict: 'ok' | 'not ok', name: string): boolean {
  return new RegExp(`^ *${verdict} \\d+ - [^\\n]*${fileName(name).replaceAll('.', '\\.')}`, 'm').test(text);
}

const wrong: string[] = [];
function hold(isSo: boolean, what: string): void {
  if (!isSo) wrong.push(what);
}

const sound = await run(GOOD);
hold(sound.status === 0, 'a run in which nothing fails succeeds');
hold(sound.total === sound.pass && sound.total >= Object.keys(GOOD).length, 'and its assertions are counted');

const failed = await run({ ...GOOD, ...FAILING });
hold(failed.status !== 0 && failed.pass < failed.total, 'a run fails in which files fail');
for (const name of Object.keys(FAILING)) hold(says(failed.text, 'not ok', name), `it is told: ${name}`);
for (const name of Object.keys(GOOD)) hold(says(failed.text, 'ok', name), `${name} is run beside files that fail`);

// A few at once: most of them only wait for their time to be over, and a file must not run out of it because of the others.
const AT_ONCE = 4;
const deadly = Object.entries(DEADLY);
while (deadly.length > 0)
  await Promise.all(
    deadly.splice(0, AT_ONCE).map(async ([name, text]) => {
      const { status, ...counts } = await run({ ...GOOD, [name]: text }, '20');
      hold(status !== 0, `a run fails with ${name}`);
      hold(counts.pass < counts.total, `and is not counted as passed with ${name}`);
    }),
  );

const tried = 1 + Object.keys(FAILING).length + Object.keys(DEADLY).length;
for (const what of wrong) console.log(`not so: ${what}`);
console.log(`npm test fails where it should: ${tried} kinds of test file tried, ${wrong.length} sentences not so`);
process.exitCode = wrong.length === 0 ? 0 : 1;
