import { mkdtemp, rename } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type * as Parser from '@actions/workflow-parser';

const PACKAGE = new URL('../../node_modules/@actions/workflow-parser/package.json', import.meta.url);

/**
 * GitHub's own parser of workflow files. Its modules import JSON without an attribute, which Node refuses, so it is
 * bundled once and kept in the system's folder for temporary files, under its version.
 */
export async function loadWorkflowParser(): Promise<typeof Parser> {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const bundle = join(tmpdir(), `ecr-control-plane-workflow-parser-${version}-${process.getuid?.() ?? 0}.mjs`);
  if (!existsSync(bundle)) await bundleTo(bundle);
  return (await import(pathToFileURL(bundle).href)) as typeof Parser;
}

async function bundleTo(bundle: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'workflow-parser-'));
  const outfile = join(folder, 'parser.mjs');
  await build({
    stdin: { contents: "export * from '@actions/workflow-parser';", resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  // Test files run at the same time: a rename makes the finished bundle appear at once.
  await rename(outfile, bundle);
}

/** Everything that GitHub's parser has to say against a workflow file. */
export async function gitHubErrors(parser: typeof Parser, yaml: string): Promise<readonly string[]> {
  const trace = new parser.NoOperationTraceWriter();
  const { context, value } = parser.parseWorkflow({ name: 'push.yml', content: yaml }, trace);
  if (value === undefined) return ['not a workflow at all', ...context.errors.getErrors().map((e) => e.message)];
  const template = await parser.convertWorkflowTemplate(context, value);
  return [...context.errors.getErrors().map((error) => error.message), ...(template.errors ?? []).map(String)];
}
