/**
 * Generates the types of both contracts into src/generated: `npm run generate`; with `--check` it writes nothing and fails when
 * what is committed is not what the contracts say.
 *
 * The generators need TypeScript 5, which cannot be installed beside ours, so they are installed in a place of their own, once for
 * each set of versions.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

const GENERATORS = [
  'typescript@5.9.3',
  'openapi-typescript@7.13.0',
  '@graphql-codegen/cli@7.4.3',
  '@graphql-codegen/typescript@6.1.0',
  'graphql@16.15.0',
];

/** Where the generators are kept. The name holds their versions, so that others are installed when a version changes. */
const CACHE = join(root, 'node_modules/.cache');
const INSTALLED = join(
  CACHE,
  `generators-${createHash('sha256').update(GENERATORS.join(' ')).digest('hex').slice(0, 12)}`,
);

/** What is generated: into which file, and how its text is made in a folder for scratch. */
const TARGETS: Readonly<Record<string, (scratch: string) => string>> = {
  'src/generated/openapi.ts': generateOpenapi,
  'src/generated/graphql.ts': generateGraphql,
};

/** The schemas of openapi.yaml that are more than texts: what has passed one is what the type of the same name says, by its file. */
const BRANDS: Readonly<Record<string, readonly string[]>> = {
  '../model/ids.ts': ['AccountId', 'DepartmentId', 'GitHubId', 'GrantId', 'OperationId'],
  '../model/names.ts': ['OrganisationLogin', 'RepositoryName', 'RoleName'],
};

function generateOpenapi(scratch: string): string {
  const output = join(scratch, 'openapi.ts');
  run('openapi-typescript', [join(root, 'openapi.yaml'), '--output', output, '--immutable', ...NO_DEFAULTS]);
  const imports = Object.entries(BRANDS).map(
    ([file, names]) => `import type { ${names.join(', ')} } from '${file}';\n`,
  );
  const text = Object.values(BRANDS)
    .flat()
    .reduce(withBrand, withoutUnknown(readFileSync(output, 'utf8')));
  return `${imports.join('')}\n${text}`;
}

/** A default is what the service takes in the place of what is absent; it is not written into a body. */
const NO_DEFAULTS = ['--default-non-nullable', 'false'];

/** Of a choice between properties that are required, the generator makes `unknown`, beside which the properties say nothing. */
function withoutUnknown(text: string): string {
  return text.replaceAll(/(?: \| unknown)+;/g, ';');
}

function withBrand(text: string, name: string): string {
  const [before, after, ...more] = text.split(`readonly ${name}: string;`);
  if (after === undefined || more.length > 0) throw new Error(`openapi.yaml has no schema ${name} that is a text.`);
  return `${before}readonly ${name}: ${name};${after}`;
}

function generateGraphql(scratch: string): string {
  const output = join(scratch, 'graphql.ts');
  const configuration = join(scratch, 'codegen.json');
  const config = {
    useTypeImports: true,
    enumsAsTypes: true,
    immutableTypes: true,
    scalars: { DateTime: 'string', JSON: 'unknown', ID: 'string' },
  };
  const generates = { [output]: { plugins: ['typescript'], config } };
  writeFileSync(configuration, JSON.stringify({ schema: join(root, 'schema/*.graphql'), generates }));
  run('graphql-codegen', ['--config', configuration]);
  return `/** Generated from schema/*.graphql by \`npm run generate\`. */\n\n${readFileSync(output, 'utf8')}`;
}

/** Installs the generators unless they are there. It happens beside their place, so that what is there is always whole. */
function install(): void {
  if (existsSync(INSTALLED)) return;
  mkdirSync(CACHE, { recursive: true });
  const beside = mkdtempSync(join(CACHE, 'generators-new-'));
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--prefix', beside];
  try {
    execFileSync('npm', ['install', ...options, ...GENERATORS], {
      cwd: beside,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    renameSync(beside, INSTALLED);
  } catch (error) {
    // Another process may have been first.
    if (!existsSync(INSTALLED)) throw error;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function run(command: string, parameters: readonly string[]): void {
  const file = join(INSTALLED, 'node_modules/.bin', command);
  execFileSync(file, parameters, { cwd: INSTALLED, stdio: ['ignore', 'ignore', 'inherit'] });
}

function main(check: boolean): void {
  install();
  const scratch = mkdtempSync(join(tmpdir(), 'generate-'));
  try {
    const stale = Object.entries(TARGETS).filter(([file, generate]) => {
      const text = generate(scratch);
      if (text === current(file)) return false;
      if (!check) writeFileSync(join(root, file), text);
      return true;
    });
    const names = stale.map(([file]) => file).join(', ');
    if (stale.length === 0) console.log('The generated types are fresh.');
    else if (check)
      throw new Error(`${names} is not what the contracts say: run "npm run generate" and commit the result.`);
    else console.log(`Wrote ${names}.`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function current(file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined;
  }
}

main(process.argv.includes('--check'));
