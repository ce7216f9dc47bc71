/** A workflow file as the runner takes it: one job with its steps. Whatever else a file may hold is refused, because it would not be played. */
import { parse } from 'yaml';

/** A step that runs a script. */
export interface ScriptStep {
  readonly kind: 'script';
  readonly name: string;
  readonly run: string;
  readonly shell?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A step that uses an action. */
export interface ActionStep {
  readonly kind: 'action';
  readonly name: string;
  /** `OWNER/NAME`. */
  readonly action: string;
  readonly commit: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** A workflow of one job. */
export interface WorkflowFile {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly condition?: string;
  readonly environment?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps: readonly (ScriptStep | ActionStep)[];
}

type Block = Readonly<Record<string, unknown>>;

/** Reads a workflow file. @throws Error for a key or a form that is not played */
export function readWorkflow(yaml: string): WorkflowFile {
  const file = block('the file', parse(yaml), ['name', 'on', 'permissions', 'concurrency', 'jobs']);
  const jobs = Object.values(block('jobs', file['jobs']));
  if (jobs.length !== 1) throw new Error(`The workflow has ${jobs.length} jobs; one is played.`);
  const job = block('the job', jobs[0], [
    'name',
    'runs-on',
    'timeout-minutes',
    'if',
    'environment',
    'permissions',
    'steps',
  ]);
  const { steps } = job;
  if (!Array.isArray(steps)) throw new Error('The job has no steps.');
  return {
    name: text('name', file['name']),
    on: block('on', file['on']),
    ...(job['if'] === undefined ? {} : { condition: text('if', job['if']) }),
    ...(job['environment'] === undefined ? {} : { environment: text('environment', job['environment']) }),
    permissions: texts('permissions', job['permissions'] ?? file['permissions']),
    steps: steps.map((step: unknown) => readStep(step)),
  };
}

function readStep(value: unknown): ScriptStep | ActionStep {
  const step = block('a step', value, ['name', 'uses', 'with', 'shell', 'env', 'run']);
  const name = text('name', step['name']);
  if (step['run'] !== undefined) {
    return {
      kind: 'script',
      name,
      run: text('run', step['run']),
      ...(step['shell'] === undefined ? {} : { shell: text('shell', step['shell']) }),
      env: texts('env', step['env'] ?? {}),
    };
  }
  const [, action, commit] = /^([^/@]+\/[^/@]+)@([0-9a-f]{40})$/.exec(text('uses', step['uses'])) ?? [];
  if (action === undefined || commit === undefined) throw new Error(`${name} uses no action by its commit.`);
  return { kind: 'action', name, action, commit, inputs: texts('with', step['with'] ?? {}) };
}

function block(what: string, value: unknown, keys?: readonly string[]): Block {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no block.`);
  const unknown = Object.keys(value).filter((key) => keys !== undefined && !keys.includes(key));
  if (unknown.length > 0) throw new Error(`Not played: ${unknown.join(', ')} in ${what}. Known: ${keys?.join(', ')}.`);
  return Object.fromEntries(Object.entries(value));
}

function text(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(`${what} is no text.`);
}

/** Scalars by name; GitHub hands booleans and numbers on as they are written. */
function texts(what: string, value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(block(what, value)).map(([name, one]) => {
      if (typeof one === 'boolean' || typeof one === 'number') return [name, String(one)];
      return [name, text(`${what}.${name}`, one)];
    }),
  );
}
