import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProviderSchema, startProviderStandIn, type ProviderBehaviour } from '../../scripts/provider-stand-in.ts';

/** A program that applies modules. */
export type Binary = 'tofu' | 'terraform';

const INFRA = fileURLToPath(new URL('../../infra', import.meta.url));

/** Which of them are on the PATH: OpenTofu first, for it is what the module is for. */
export function binariesOnPath(): readonly Binary[] {
  return (['tofu', 'terraform'] as const).filter((name) => {
    try {
      execFileSync(name, ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

/** Files of infra/ by their paths in it. */
export type EditedFiles = Readonly<Record<string, string>>;

/** What is applied. */
export interface ModuleToApply {
  readonly binary: Binary;
  readonly behaviour: ProviderBehaviour;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Files that differ from those of infra/, by their paths in it. */
  readonly edited?: EditedFiles;
  /** A folder that holds nothing else. */
  readonly folder: string;
}

/**
 * Applies a copy of infra/ with the real binary, on an empty state.
 * @returns the module's outputs
 * @throws Error with what the binary says
 */
export async function applyModule({
  binary,
  behaviour,
  variables,
  edited = {},
  folder,
}: ModuleToApply): Promise<Readonly<Record<string, unknown>>> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(INFRA).filter((one) => /\.(tf|tftpl)$/.test(one) || one === 'policies'))
    cpSync(join(INFRA, name), join(folder, name), { recursive: true });
  for (const [path, text] of Object.entries(edited)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, 'deployed.auto.tfvars.json'), JSON.stringify(variables));
  writeFileSync(join(folder, 'cli.tfrc'), '');
  const standIn = await startProviderStandIn(readProviderSchema(), behaviour);
  const environment = {
    ...process.env,
    ...standIn.environment,
    TF_CLI_CONFIG_FILE: join(folder, 'cli.tfrc'),
    TF_DATA_DIR: join(folder, '.data'),
    CHECKPOINT_DISABLE: '1',
  };
  try {
    await run(binary, folder, environment, 'init', '-backend=false', '-input=false', '-no-color');
    await run(binary, folder, environment, 'apply', '-auto-approve', '-input=false', '-no-color');
    const outputs = JSON.parse(await run(binary, folder, environment, 'output', '-json')) as Readonly<
      Record<string, { readonly value: unknown }>
    >;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  } finally {
    standIn.stop();
  }
}

function run(binary: Binary, folder: string, env: NodeJS.ProcessEnv, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(binary, [`-chdir=${folder}`, ...words], { env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${binary} ${words[0]}: ${(stderr || stdout).trim()}`));
    });
  });
}
