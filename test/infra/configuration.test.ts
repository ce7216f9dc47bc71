import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const VARIABLE = /\bECP_[A-Z_]*[A-Z]\b/g;

/** Set by Lambda's own environment or only where there is no Lambda, so not by the module. */
const NOT_THE_MODULES: Readonly<Record<string, string>> = {
  ECP_EXPORT_PAGE_BYTES: 'has a default in a Lambda',
  ECP_LONG_POLLS: 'is 0 in a Lambda',
};

function variablesIn(text: string): readonly string[] {
  return [...new Set(text.match(VARIABLE))].sort((one, other) => one.localeCompare(other));
}

function sourcesUnder(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.map((name) => readFileSync(`${folder}/${name}`, 'utf8')).join('\n');
}

t.test('the module sets each setting that the service reads, and none that it does not know', async (t) => {
  const read = variablesIn(readFileSync('src/config/config.ts', 'utf8')).filter(
    (name) => NOT_THE_MODULES[name] === undefined,
  );
  t.strictSame(variablesIn(readFileSync('infra/locals.tf', 'utf8')), read);
  t.ok(read.length > 15, `${read.length} settings`);
});

t.test('each setting is documented, and no other', async (t) => {
  t.strictSame(variablesIn(readFileSync('docs/configuration.md', 'utf8')), variablesIn(sourcesUnder('src')));
});

t.test("each of the module's inputs and outputs is in its README, and no other", async (t) => {
  const readme = readFileSync('infra/README.md', 'utf8');
  for (const kind of ['variable', 'output'] as const) {
    const declared = readFileSync(`infra/${kind}s.tf`, 'utf8').matchAll(new RegExp(`^${kind} "(\\w+)"`, 'gm'));
    const heading = kind === 'variable' ? 'Inputs' : 'Outputs';
    const section = readme.split(/^## /m).find((one) => one.startsWith(heading)) ?? '';
    const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    t.strictSame(new Set(listed), new Set([...declared].map(([, name]) => name)), heading);
  }
});

t.test("the log lines that alarms wait for are lines that the executor's sweep writes", async (t) => {
  const filters =
    /for_each = \{([^}]*)\}\s+name +=.*\s+log_group_name/.exec(readFileSync('infra/alarms.tf', 'utf8'))?.[1] ?? '';
  const messages = [...filters.matchAll(/= "(.*)"/g)].map(([, message = '']) => message);
  t.equal(messages.length, 2);
  for (const message of messages) t.ok(readFileSync('src/executor/sweep.ts', 'utf8').includes(`'${message}'`), message);
});

t.test('each alarm sends its reader to a section of the runbook that is there', async (t) => {
  const sections = new Set(
    [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^## (.*)$/gm)].map(([, name]) => name),
  );
  const referred = [...readFileSync('infra/alarms.tf', 'utf8').matchAll(/runbook, ([^."]+)\./g)].map(
    ([, name]) => name,
  );
  t.ok(referred.length >= 12, `${referred.length} alarms`);
  for (const name of referred) t.ok(sections.has(name), String(name));
});
