import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import t, { type Test } from 'tap';

/** An import that is planted: the file that would have it, and what it would import, from the project's root or of a package. */
interface Planted {
  readonly from: string;
  readonly what: string;
}

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`);
/** Every folder that holds sources; what is generated is not linted. */
const FOLDERS = [...new Set(SOURCES.map((file) => dirname(file)))]
  .filter((folder) => folder !== 'src/generated')
  .sort();
/** The entry points that start the stand-in, or play on it. */
const STARTS_THE_STAND_IN: ReadonlySet<string> = new Set([
  'src/entry/demo.ts',
  'src/entry/registry-proxy-command.ts',
  'src/entry/server.ts',
  'src/entry/token-command.ts',
]);

/** The rows of the table of walls in docs/architecture.md: each of the first cell's folders does not know any of the second's. */
function documentedWalls(): readonly Planted[] {
  const [, section = ''] = /^### Walls\n(.*?)^## /ms.exec(readFileSync('docs/architecture.md', 'utf8')) ?? [];
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => {
    const [, from = '', what = ''] = row.split('|');
    return namesIn(from).flatMap((folder) =>
      namesIn(what).map((name) => ({ from: `${folder}/planted.ts`, what: isPath(name) ? fileOf(name) : name })),
    );
  });
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

function isPath(name: string): boolean {
  return name.startsWith('src/');
}

function fileOf(name: string): string {
  return name.endsWith('.ts') ? name : `${name}/something.ts`;
}

/** The import as it would be written in that file. */
function specifierIn({ from, what }: Planted): string {
  if (!isPath(what)) return what;
  const path = relative(dirname(from), what);
  return path.startsWith('.') ? path : `./${path}`;
}

/** What lint, by the project's own configuration, refuses of some imports; each is in a file by itself, at the place of `from`. */
async function refused(t: Test, imports: readonly Planted[]): Promise<readonly Planted[]> {
  const folder = await mkdtemp(join(tmpdir(), 'walls-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await copyFile('.oxlintrc.json', join(folder, '.oxlintrc.json'));
  const files = new Map<string, Planted>();
  for (const [index, planted] of imports.entries()) {
    // A name of its own, unless the configuration knows the file by its name.
    const file = STARTS_THE_STAND_IN.has(planted.from) ? planted.from : `${dirname(planted.from)}/planted-${index}.ts`;
    files.set(file, planted);
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `export { something } from '${specifierIn(planted)}';\n`);
  }
  const { diagnostics } = await lint(folder);
  const walls = diagnostics.filter(({ code }) => code === 'eslint(no-restricted-imports)');
  t.strictSame(diagnostics.length - walls.length, 0, 'nothing else is wrong with them');
  return walls.map(({ filename }) => files.get(relative(folder, filename.replace(/^file:\/\//, '')))).filter(isThere);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

interface Report {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
}

/** Lint without types: the walls need none. */
async function lint(folder: string): Promise<Report> {
  const oxlint = [process.execPath, 'node_modules/oxlint/bin/oxlint', '-c', join(folder, '.oxlintrc.json')];
  // What tap puts into NODE_OPTIONS to watch its children, oxlint's own loader does not bear.
  const args = ['-u', 'NODE_OPTIONS', ...oxlint, '--format', 'json', join(folder, 'src')];
  const text = await new Promise<string>((resolve, reject) => {
    execFile('env', args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // It ends with 1 when it found something.
      if (stdout === '') reject(new Error(`oxlint said nothing: ${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
  return JSON.parse(text) as Report;
}

function told({ from, what }: Planted): string {
  return `${dirname(from)} → ${what}`;
}

/** Holds that all of the breaches are refused, and says which are not. */
async function allRefused(t: Test, breaches: readonly Planted[]): Promise<void> {
  const stopped = new Set((await refused(t, breaches)).map(told));
  t.strictSame(
    breaches.map(told).filter((breach) => !stopped.has(breach)),
    [],
    `${breaches.length} breaches`,
  );
}

t.test('lint refuses a breach of every wall that docs/architecture.md names', async (t) => {
  const breaches = documentedWalls();
  t.ok(breaches.length > 80, `${breaches.length} breaches in the table`);
  for (const [from, what] of [
    ['src/ledger', 'src/audit'],
    ['src/executor', 'src/maintenance'],
    ['src/core/queries', 'src/core/commands'],
    ['src/model', 'src/policy'],
  ])
    t.ok(
      breaches.some((one) => told(one) === `${from} → ${what}/something.ts`),
      `${from} → ${what} is in the table`,
    );
  await allRefused(t, breaches);
});

t.test('only the ledger and the stand-in speak DynamoDB, wherever a file is added', async (t) => {
  const isFree = (folder: string): boolean => /^src\/(ledger|local)(\/|$)/.test(folder);
  const plant = (folder: string): Planted => ({ from: `${folder}/planted.ts`, what: '@aws-sdk/lib-dynamodb' });
  await allRefused(t, [...FOLDERS.filter((folder) => !isFree(folder)), 'src/new'].map(plant));
  t.strictSame(await refused(t, FOLDERS.filter(isFree).map(plant)), [], 'and these do');
});

t.test('the product does not know the stand-in, but for the entry points that start it', async (t) => {
  const plant = (from: string): Planted => ({ from, what: 'src/local/embedded.ts' });
  const folders = FOLDERS.filter((folder) => !/^src\/local(\/|$)/.test(folder));
  await allRefused(
    t,
    [...folders, 'src/new'].map((folder) => plant(`${folder}/planted.ts`)),
  );
  t.strictSame(await refused(t, [...STARTS_THE_STAND_IN].map(plant)), [], 'they start it');
});

t.test('nobody imports an entry point', (t) =>
  allRefused(
    t,
    FOLDERS.map((folder) => ({ from: `${folder}/planted.ts`, what: 'src/entry/server.ts' })),
  ),
);

t.test('what is imported on demand is behind the same walls', async (t) => {
  const imports = SOURCES.flatMap((from) =>
    [...readFileSync(from, 'utf8').matchAll(/(?<![\w.'])import\(\s*'([^']+)'/g)].map(([, name = '']) => ({
      from,
      what: name.startsWith('.') ? join(dirname(from), name) : name,
    })),
  );
  t.ok(imports.length > 10, `${imports.length} imports on demand`);
  const kept = imports.filter(({ from }) => !STARTS_THE_STAND_IN.has(from));
  t.strictSame((await refused(t, kept)).map(told), []);
});

t.test('no file but an entry point is loose in src', (t) => {
  t.strictSame(
    SOURCES.filter((file) => dirname(file) === 'src'),
    [],
  );
  t.end();
});
