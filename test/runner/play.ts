/** Plays a workflow file as GitHub and its runner do. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import type { Job } from '../../src/local/github/job.ts';
import { holds, interpolate, type Contexts } from './expression.ts';
import { newLog, type RunLog } from './log.ts';
import { runAction } from './real-action.ts';
import { defaultVariables, gitHubContext, type RunEvent } from './run-event.ts';
import { makeSameCalls } from './same-calls.ts';
import { runScript } from './script-step.ts';
import { succeeded, type StepResult } from './step.ts';
import { isStarted } from './trigger.ts';
import { readWorkflow, type ActionStep, type ScriptStep, type WorkflowFile } from './workflow-file.ts';

/** What a run needs from its surroundings. */
export interface Runner {
  /** GitHub's part: gives the job its tokens. */
  readonly issuer: LocalGitHubIssuer;
  /** An empty folder for this run. */
  readonly folder: string;
  /** What `actions/checkout` brings: a folder that is copied. */
  readonly source: string;
  /** Variables that the machine has: where commands are found, where AWS is. */
  readonly machine: Readonly<Record<string, string>>;
  /** Folder of the real actions; without it the same calls are made instead. */
  readonly actions?: string;
}

/** What came of an event. */
export type Run =
  | { readonly came: 'not started' | 'skipped' }
  | {
      readonly came: 'success' | 'failure';
      /** The step that failed. */
      readonly failed?: string;
      readonly log: RunLog;
      readonly summary: string;
    };

/**
 * Plays what a workflow does at an event: whether it starts, whether its job is skipped, and its steps up to the first that fails; then what
 * actions do when a job ends.
 * @throws Error for anything in the file that is not played as GitHub would
 */
export async function playWorkflow(yaml: string, event: RunEvent, runner: Runner): Promise<Run> {
  const workflow = readWorkflow(yaml);
  if (!isStarted(workflow, event)) return { came: 'not started' };
  const contexts: Contexts = { github: gitHubContext(event) };
  if (workflow.condition !== undefined && !holds(workflow.condition, contexts)) return { came: 'skipped' };
  return playJob(workflow, event, contexts, runner);
}

async function playJob(workflow: WorkflowFile, event: RunEvent, contexts: Contexts, runner: Runner): Promise<Run> {
  const workspace = join(runner.folder, 'workspace');
  mkdirSync(workspace, { recursive: true });
  const log = newLog();
  let env: Readonly<Record<string, string>> = {
    ...runner.machine,
    ...defaultVariables(event),
    GITHUB_WORKFLOW: workflow.name,
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: runner.folder,
    ...(await tokenVariables(workflow, event, contexts, runner.issuer)),
  };
  const posts: { readonly name: string; readonly play: NonNullable<StepResult['post']> }[] = [];
  let failed: string | undefined;
  let summary = '';
  const surroundings = (name: string) => ({ workspace, folder: join(runner.folder, name), env, log });
  for (const [index, written] of workflow.steps.entries()) {
    const step = evaluated(written, contexts);
    const stepEnv = { GITHUB_ACTION: idOf(step), ...(step.kind === 'script' ? step.env : {}) };
    const around = surroundings(`step-${index}`);
    const result = await playStep(step, runner, { ...around, env: { ...env, ...stepEnv } });
    env = { ...env, ...result.env };
    summary += result.summary;
    if (result.post !== undefined) posts.unshift({ name: `Post ${step.name}`, play: result.post });
    if (!result.succeeded) {
      failed = step.name;
      break;
    }
  }
  for (const [index, { name, play }] of posts.entries()) {
    const result = await play(surroundings(`post-${index}`));
    env = { ...env, ...result.env };
    if (!result.succeeded) failed ??= name;
  }
  return { came: failed === undefined ? 'success' : 'failure', ...(failed !== undefined && { failed }), log, summary };
}

/** How the runner calls a step that has no `id`. */
function idOf(step: ScriptStep | ActionStep): string {
  return step.kind === 'script' ? '__run' : `__${step.action.replace('/', '_')}`;
}

function playStep(
  step: ScriptStep | ActionStep,
  { actions, source }: Runner,
  surroundings: Parameters<typeof runScript>[1],
): Promise<StepResult> {
  surroundings.log.line(`Run ${step.name}`);
  if (step.kind === 'script') return runScript(step, surroundings);
  if (step.action === 'actions/checkout') return checkOut(step, source, surroundings.workspace);
  return actions === undefined ? makeSameCalls(step, surroundings) : runAction(actions, step, surroundings);
}

/** There is no GitHub here to fetch from: the working copy is copied. */
async function checkOut({ inputs }: ActionStep, source: string, workspace: string): Promise<StepResult> {
  const unknown = Object.keys(inputs).filter((name) => name !== 'persist-credentials');
  if (unknown.length > 0) throw new Error(`The input ${unknown.join(', ')} of actions/checkout is not played.`);
  cpSync(source, workspace, { recursive: true });
  return succeeded();
}

/** Expressions are evaluated before a step sees them; scripts may hold them too. */
function evaluated<Step extends ScriptStep | ActionStep>(step: Step, contexts: Contexts): Step {
  const each = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, interpolate(value, contexts)]));
  return step.kind === 'script'
    ? { ...step, env: each(step.env), run: interpolate(step.run, contexts) }
    : { ...step, inputs: each(step.inputs) };
}

/**
 * GitHub gives a job the means to ask for its token where its permissions say so, and never to a pull request from a fork.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
 */
async function tokenVariables(
  workflow: WorkflowFile,
  event: RunEvent,
  contexts: Contexts,
  issuer: LocalGitHubIssuer,
): Promise<Readonly<Record<string, string>>> {
  const isFork = event.headRepository !== undefined && event.headRepository !== event.repository;
  if (workflow.permissions['id-token'] !== 'write' || isFork) return {};
  const { environment } = workflow;
  const pullRequest = /^refs\/pull\/(\d+)\/merge$/.exec(event.ref)?.[1];
  const job: Job = {
    repository: event.repository,
    ref: event.ref,
    event: event.name,
    form: event.form,
    ...(pullRequest === undefined ? {} : { pullRequest: Number(pullRequest) }),
    ...(environment === undefined ? {} : { environment: interpolate(environment, contexts) }),
    claims: { sha: event.sha, run_id: event.runId },
  };
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: await issuer.requestTokenFor(job),
  };
}
