import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** An `import()` of the source: what is imported when it is first needed, and by which file. */
export interface OnDemand {
  /** From the project's root, such as `src/aws/registry-look.ts`. */
  readonly importer: string;
  /** As it is written, such as `@aws-sdk/client-ecr` or `./engine.ts`. */
  readonly specifier: string;
  /** The bundle that it is in, where there are bundles: each has its own copy of what it imports. */
  readonly bundle?: string;
}

/** What a form knows of its imports on demand. */
export interface OnDemandReport {
  /** Those that its code has. */
  readonly expected: readonly OnDemand[];
  /** Those that were really executed, as {@link nameOf} names them. */
  readonly executed: ReadonlySet<string>;
}

/** How an import is called in the table. */
export function nameOf({ importer, specifier, bundle }: OnDemand): string {
  return `${bundle === undefined ? '' : `${bundle}: `}${importer} → ${specifier}`;
}

/** Files that are command lines and servers, and in no form but where they are started. */
const ENTRIES: ReadonlySet<string> = new Set(['src/entry/server.ts', 'src/entry/audit-command.ts']);

/** Whether an import is of an entry that only `npm start` and the command line have. */
export function isOfAnEntry({ importer }: OnDemand): boolean {
  return ENTRIES.has(importer);
}

/** Every `import()` of the source, types apart. @throws Error for one whose module is not written out */
export function importsOfSource(): readonly OnDemand[] {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.flatMap((file) => {
    const importer = `src/${file}`;
    // What follows a dot and a capital is a type.
    const written = readFileSync(`${root}${importer}`, 'utf8').matchAll(/(?<![\w.'])import\(([^)]*)\)(?!\.[A-Z])/g);
    return [...written].map(([text, argument = '']) => {
      const specifier = /^'([^']+)'$/.exec(argument)?.[1];
      if (specifier === undefined) throw new Error(`${importer}: ${text} does not name its module.`);
      return { importer, specifier };
    });
  });
}

interface Metafile {
  readonly inputs: Readonly<
    Record<
      string,
      { readonly imports: readonly { readonly path: string; readonly kind: string; readonly original?: string }[] }
    >
  >;
  readonly outputs: Readonly<Record<string, { readonly entryPoint?: string }>>;
}

/**
 * The imports on demand of the bundles, by what esbuild made of them: executed are those whose chunk was loaded.
 * @param loaded all files of the bundles that were loaded, such as `dist/api/chunks/engine-AB12CD34.mjs`; or from the bundle's folder,
 *   `chunks/engine-AB12CD34.mjs`, where it is not known which bundle's it was: that counts for each that has it
 */
export function importsOfBundles(loaded: ReadonlySet<string>): OnDemandReport {
  const expected: OnDemand[] = [];
  const executed = new Set<string>();
  for (const bundle of ['api', 'executor', 'exporter']) {
    const { inputs, outputs } = JSON.parse(readFileSync(`${root}dist/${bundle}.meta.json`, 'utf8')) as Metafile;
    const chunkOf = new Map(Object.entries(outputs).map(([output, { entryPoint }]) => [entryPoint, output] as const));
    for (const [importer, { imports }] of Object.entries(inputs)) {
      if (!importer.startsWith('src/')) continue;
      for (const { path, kind, original = path } of imports) {
        if (kind !== 'dynamic-import') continue;
        const one = { importer, specifier: original, bundle };
        expected.push(one);
        const chunk = chunkOf.get(path) ?? '';
        if (loaded.has(chunk) || loaded.has(chunk.replace(`dist/${bundle}/`, ''))) executed.add(nameOf(one));
      }
    }
  }
  const bundled = new Set(expected.map(({ importer }) => importer));
  // One that no bundle has is executed in none: it fails here, where a list of what is bundled would be silent.
  const missing = importsOfSource().filter((one) => !isOfAnEntry(one) && !bundled.has(one.importer));
  return { expected: [...expected, ...missing], executed };
}

/** The imports on demand among all that modules asked for, each as `importer's URL`, a blank and `what it asked for`. */
export function executedOf(asked: Iterable<string>): ReadonlySet<string> {
  const lines = new Set(asked);
  const executed = importsOfSource().filter(({ importer, specifier }) => {
    const from = pathToFileURL(resolve(root, importer)).href;
    const wanted = specifier.startsWith('.') ? new URL(specifier, from).href : specifier;
    return lines.has(`${from} ${wanted}`) || lines.has(`${from} ${specifier}`);
  });
  return new Set(executed.map(nameOf));
}
