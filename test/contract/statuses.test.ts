import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { declaredOperations } from '../support/answer-schemas.ts';

const folder = new URL('../routes/', import.meta.url);
/** The one path that is no operation of openapi.yaml, because GraphQL's own contract is the schema. */
const BESIDE = 'graphql';

/** The statuses that the subtests of a file's source are about; throws for a subtest whose title names none. */
function statusesTested(source: string): ReadonlySet<string> {
  const subtests = source.match(/^t\.test\(/gm) ?? [];
  const titles = [...source.matchAll(/^t\.test\(\s*(['"])(\d{3}|default): [^\n]{10,}?\1,/gm)];
  if (subtests.length !== titles.length) {
    throw new Error(
      `${subtests.length} subtests, but ${titles.length} titles that begin with a status, such as '201: …'.`,
    );
  }
  if (/^\s*(?:void )?(?:t\.(?:skip|todo|only)|test)\b|\b(?:skip|todo|only): /m.test(source))
    throw new Error('A subtest is skipped.');
  return new Set(titles.map(([, , status]) => String(status)));
}

/** In what a file's subtests and the declared statuses differ. */
function differences(declared: readonly string[], source: string): readonly string[] {
  const tested = statusesTested(source);
  return [
    ...declared.filter((status) => !tested.has(status)).map((status) => `${status} has no subtest`),
    ...[...tested].filter((status) => !declared.includes(status)).map((status) => `${status} is not declared`),
  ];
}

t.test('each operation has a file, and each file an operation', (t) => {
  const files = readdirSync(folder).map((name) => name.replace(/\.test\.ts$/, ''));
  t.strictSame(files.sort(), [...declaredOperations.map(({ id }) => id), BESIDE].sort());
  t.end();
});

t.test('each status that openapi.yaml declares has a subtest, and each subtest a status that is declared', (t) => {
  for (const { id, statuses } of declaredOperations) {
    t.strictSame(differences(statuses, readFileSync(new URL(`${id}.test.ts`, folder), 'utf8')), [], id);
  }
  t.end();
});

t.test('what is missing is found', (t) => {
  const source = "t.test('200: all is well with it', () => {});\nt.test('404: there is no such thing', () => {});\n";
  t.strictSame(differences(['200', '404'], source), []);
  t.strictSame(differences(['200', '404', '409'], source), ['409 has no subtest']);
  t.strictSame(differences(['200', '404', 'default'], source), ['default has no subtest']);
  t.strictSame(differences(['200'], source), ['404 is not declared']);
  t.strictSame(differences(['200', '404'], `// ${source}`), ['200 has no subtest'], 'a comment is no subtest');
  t.throws(() => differences([], "t.test('all is well', () => {});\n"), /1 subtests, but 0 titles/);
  t.throws(() => differences([], "t.test('200: ', () => {});\n"), /titles/, 'a title says more than the status');
  t.throws(() => differences(['200'], `t.skip('404: not today, perhaps later', () => {});\n${source}`), /skipped/);
  t.throws(() => differences(['200'], "t.test('200: all is well', { todo: true }, () => {});\n"), /skipped/);
  t.end();
});
