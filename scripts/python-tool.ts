/** Tools from PyPI that the project is checked with, each at a pinned version in a Python environment of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A command of a Python package. */
export interface PythonTool {
  readonly command: string;
  /** As pip takes it, with a pinned version: `moto[server]==5.2.5`; several are separated by a space. */
  readonly requirement: string;
}

/**
 * Finds the tool's command; installs it first where it is not there yet. A command on the PATH serves where that fails.
 * @returns the command, and which version it is
 * @throws Error that says what is missing
 */
export function pythonTool({ command, requirement }: PythonTool): {
  readonly path: string;
  readonly version: string;
} {
  const name = requirement.replaceAll(/[^\w.]+/g, '-');
  const environment = fileURLToPath(new URL(`../node_modules/.cache/${name}`, import.meta.url));
  const path = `${environment}/bin/${command}`;
  if (isUsable(environment, path) || install(environment, requirement)) return { path, version: requirement };
  if (spawnSync(command, ['--help'], { stdio: 'ignore' }).status === 0) {
    return { path: command, version: `${command} of the PATH` };
  }
  throw new Error(`${command} is not here: python3 with venv and pip could not install ${requirement}.`);
}

/**
 * Whether a command is there and runs what is beside it in its environment, a folder. A script names its interpreter by its whole path, so that one in a checkout
 * that was copied or moved would run what is elsewhere, or nothing; a binary names none.
 */
export function isUsable(environment: string, path: string): boolean {
  if (!existsSync(path)) return false;
  const [first = '', second = ''] = readFileSync(path, 'latin1').split('\n', 2);
  // pip writes a path that is too long for the first line into the second.
  return !first.startsWith('#!') || `${first}${second}`.includes(`${environment}/bin/`);
}

function install(environment: string, requirement: string): boolean {
  rmSync(environment, { recursive: true, force: true });
  const pip = [
    `${environment}/bin/pip`,
    'install',
    '--quiet',
    '--disable-pip-version-check',
    ...requirement.split(' '),
  ];
  const installed = [['python3', '-m', 'venv', environment], pip].every(
    ([command = '', ...rest]) => spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0,
  );
  // Half an environment would be taken for a whole one the next time.
  if (!installed) rmSync(environment, { recursive: true, force: true });
  return installed;
}
