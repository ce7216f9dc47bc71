import { build, type Metafile, type Plugin } from 'esbuild';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { parse } from 'yaml';
import { readContractFiles, readPageFile } from '../src/contract/contract-files.ts';
import { PAGES } from '../src/contract/pages.ts';
import { renderPage } from '../src/http/rest/page.ts';
import { checkSdl } from '../src/http/graphql/check-schema.ts';
import { assembleContract } from '../src/contract/assemble.ts';
import { compileValidators } from '../src/contract/validators.ts';
import type { OpenapiDocument } from '../src/contract/document.ts';
import { definitions, requestSchema } from '../src/contract/request-schema.ts';
import { newAjv } from '../src/contract/validators.ts';

/** The Lambdas: folder in dist/ → entry. None may hold anything of src/local. */
const ENTRIES = {
  api: 'src/entry/lambda-api.ts',
  executor: 'src/entry/lambda-executor.ts',
  exporter: 'src/entry/lambda-exporter.ts',
} as const;

const root = fileURLToPath(new URL('..', import.meta.url));

/** What esbuild leaves of CommonJS packages asks for `require`, which an ES module has not. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Both contracts as a module: texts, the parsed document, and the validators compiled ahead of time. */
function contractModule(): string {
  const { openapi, schema } = readContractFiles();
  const document = parse(openapi) as OpenapiDocument;
  checkSdl(assembleContract(openapi, document, compileValidators(document)), schema);
  const ajv = newAjv({ source: true, esm: true });
  ajv.addSchema(definitions(document));
  const ids = Object.values(document.paths).flatMap((item) =>
    Object.values(item).flatMap((operation) => {
      if (operation.operationId === undefined) return [];
      ajv.addSchema({ ...(requestSchema(operation, document) as object), $id: `request-${operation.operationId}` });
      return [operation.operationId];
    }),
  );
  const code = (standaloneCode as unknown as { default: typeof standaloneCode }).default ?? standaloneCode;
  const validators = (code as unknown as (ajv: unknown, names: Record<string, string>) => string)(
    ajv,
    Object.fromEntries(ids.map((id) => [id, `request-${id}`])),
  );
  return `${validators}
import { assembleContract } from './assemble.ts';
const document = ${JSON.stringify(document)};
export function loadContracts() {
  const page = async (name) => (await import('./built-pages.ts')).pages[name];
  return { page, contract: assembleContract(${JSON.stringify(openapi)}, document, { ${ids.join(', ')} }), schema: ${JSON.stringify(schema)} };
}
`;
}

/** The pages, rendered ahead of time, as a chunk of its own. */
function pagesModule(): string {
  return `export const pages = ${JSON.stringify(Object.fromEntries(PAGES.map((name) => [name, renderPage(readPageFile(name))])))};`;
}

/** Puts that module in the place of the one that reads files. */
const builtInContracts: Plugin = {
  name: 'built-in-contracts',
  setup: (plugin) => {
    plugin.onLoad({ filter: /src\/contract\/contract-source\.ts$/ }, () => ({
      contents: contractModule(),
      loader: 'js',
      resolveDir: `${root}src/contract`,
    }));
    plugin.onResolve({ filter: /^\.\/built-pages\.ts$/ }, ({ path }) => ({ path, namespace: 'pages' }));
    plugin.onLoad({ filter: /.*/, namespace: 'pages' }, () => ({ contents: pagesModule(), loader: 'js' }));
  },
};

/** Fastify's own schema compilers, which the app replaces: left out, for each cold start would read them. */
const noSchemaCompilers: Plugin = {
  name: 'no-schema-compilers',
  setup: (plugin) => {
    plugin.onResolve({ filter: /^@fastify\/(ajv-compiler|fast-json-stringify-compiler)$/ }, ({ path }) => ({
      path,
      namespace: 'left-out',
    }));
    plugin.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is left out of the bundle`)});`,
      loader: 'js',
    }));
  },
};

/**
 * One GraphQL for all. Mercurius asks for files of the package by name, which would be its CommonJS copy beside the ES modules; and
 * a type of one copy is no type to the other.
 */
const oneGraphql: Plugin = {
  name: 'one-graphql',
  setup: (plugin) => {
    plugin.onResolve({ filter: /^graphql\/.+/ }, ({ path, resolveDir, kind }) =>
      path.endsWith('.mjs') ? undefined : plugin.resolve(`${path.replace(/\.js$/, '')}.mjs`, { resolveDir, kind }),
    );
  },
};

/** Stops the build when a bundle would hold anything of the embedded default. */
const nothingLocal: Plugin = {
  name: 'nothing-local',
  setup: (plugin) => {
    plugin.onLoad({ filter: /\/src\/local\// }, ({ path }) => ({
      errors: [{ text: `${path} must not be in a Lambda's bundle.` }],
    }));
  },
};

/**
 * Stops the build where something is imported on demand that is CommonJS: with splitting, its chunk exports `default` alone, and
 * each name taken from it would be undefined in the Lambda, although it is there in the source.
 * @see https://esbuild.github.io/api/#splitting
 */
function checkOnDemand({ inputs }: Metafile): void {
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, kind } of imports) {
      if (kind === 'dynamic-import' && inputs[path]?.format === 'cjs')
        throw new Error(`${importer} imports ${path} on demand, which is CommonJS: no name could be taken from it.`);
    }
  }
}

/** Stops the build where a package would be there twice, as CommonJS and as ES modules: what one copy knows, the other does not. */
function checkNoTwins({ inputs }: Metafile): void {
  const formats = new Map<string, string>();
  for (const [path, { format }] of Object.entries(inputs)) {
    const name = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
    if (name === undefined || format === undefined) continue;
    const before = formats.get(name) ?? format;
    if (before !== format) throw new Error(`${name} would be in the bundle both as CommonJS and as ES modules.`);
    formats.set(name, format);
  }
}

/** The same sources make the same archive, so that a deployment without changes is none. */
const EPOCH = new Date('1980-01-02T00:00:00Z');

/** The files of a folder by their paths in it, as the archive has them. */
function filesOf(folder: string): Record<string, Uint8Array> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => statSync(`${folder}/${path}`).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(`${folder}/${path}`)]));
}

async function bundle(name: string, entry: string): Promise<void> {
  const folder = `${root}dist/${name}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: entry },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    metafile: true,
    platform: 'node',
    // Packages as ES modules where they have them: of a CommonJS one, a chunk that is imported on demand exports only `default`.
    mainFields: ['module', 'main'],
    target: 'node22',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    plugins: [nothingLocal, builtInContracts, noSchemaCompilers, oneGraphql],
    logLevel: 'warning',
  });
  checkOnDemand(metafile);
  checkNoTwins(metafile);
  writeFileSync(`${root}dist/${name}.meta.json`, JSON.stringify(metafile));
  writeFileSync(`${root}dist/${name}.zip`, zipSync(filesOf(folder), { level: 9, mtime: EPOCH }));
  const kilobytes = Math.round(statSync(`${folder}/index.mjs`).size / 1024);
  process.stdout.write(
    `dist/${name}/index.mjs  ${kilobytes} kB, and ${Object.keys(metafile.outputs).length - 1} chunks\n`,
  );
}

for (const [name, entry] of Object.entries(ENTRIES)) await bundle(name, entry);
