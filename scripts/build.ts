import { build, type Plugin } from 'esbuild';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readContractFiles } from '../src/contract-files.ts';
import type { OpenapiDocument } from '../src/contract/document.ts';
import { definitions, requestSchema } from '../src/contract/request-schema.ts';
import { newAjv } from '../src/contract/validators.ts';

/** The Lambdas: folder in dist/ → entry. None may hold anything of src/local. */
const ENTRIES = { api: 'src/lambda-api.ts', executor: 'src/lambda-executor.ts' } as const;

const root = fileURLToPath(new URL('..', import.meta.url));

/** What esbuild leaves of CommonJS packages asks for `require`, which an ES module has not. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Both contracts as a module: texts, the parsed document, and the validators compiled ahead of time. */
function contractModule(): string {
  const { openapi, schema } = readContractFiles();
  const document = parse(openapi) as OpenapiDocument;
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
import { assembleContract } from './contract/assemble.ts';
const document = ${JSON.stringify(document)};
export function loadContracts() {
  return { contract: assembleContract(${JSON.stringify(openapi)}, document, { ${ids.join(', ')} }), schema: ${JSON.stringify(schema)} };
}
`;
}

/** Puts that module in the place of the one that reads files. */
const builtInContracts: Plugin = {
  name: 'built-in-contracts',
  setup: (plugin) => {
    plugin.onLoad({ filter: /src\/contract-source\.ts$/ }, () => ({
      contents: contractModule(),
      loader: 'js',
      resolveDir: `${root}src`,
    }));
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
    target: 'node22',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    plugins: [nothingLocal, builtInContracts],
    logLevel: 'warning',
  });
  writeFileSync(`${root}dist/${name}.meta.json`, JSON.stringify(metafile));
  const kilobytes = Math.round(statSync(`${folder}/index.mjs`).size / 1024);
  process.stdout.write(
    `dist/${name}/index.mjs  ${kilobytes} kB, and ${Object.keys(metafile.outputs).length - 1} chunks\n`,
  );
}

for (const [name, entry] of Object.entries(ENTRIES)) await bundle(name, entry);
