import { setTimeout as pause } from 'node:timers/promises';
import { ListTargetsByRuleCommand, DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import { GetPolicyCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { connectAws, type AwsClients } from '../../src/aws/clients.ts';
import { readConfig, type Config } from '../../src/config/config.ts';
import { KOA_JOB, PLATFORM_JOB } from '../../src/local/example.ts';
import type { Job } from '../../src/local/github/job.ts';
import { globMatches } from '../../src/policy/evaluate.ts';
import { ROOT } from './clients.ts';
import { REGION, type Deployment } from './deployment.ts';

/** The platform's workflow, and the department's. */
export const PLATFORM: Job = PLATFORM_JOB;
export const KOA: Job = KOA_JOB;

// Checks look into answers of every shape.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** What the checks of a deployment share. */
export interface Stage {
  readonly deployment: Deployment;
  readonly config: Config;
  /** ECR and IAM, with the rights of the account's administrator. */
  readonly aws: AwsClients;
  /** Asks the API through the HTTP API. @throws Error when the status is not the expected one */
  readonly ask: (
    job: Job,
    method: string,
    path: string,
    expected: number,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Json>;
  /** Asks for a change without waiting for it in the API, and waits here until its operation is over. @throws Error unless it succeeded */
  readonly change: (
    job: Job,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Json>;
  /** Waits until an operation is over. @throws Error unless it succeeded */
  readonly succeeded: (job: Job, operation: string) => Promise<void>;
  /** Looks again and again until there is something. @throws Error that says what was waited for in vain */
  readonly eventually: <Found>(what: string, look: () => Promise<Found | undefined>) => Promise<Found>;
  /** Fires a schedule's rule as EventBridge does: each of its targets, if its function lets the rule call it. @returns the answers */
  readonly fire: (rule: string) => Promise<readonly Json[]>;
}

/** How often is looked, and how long is paused in between: a minute on a quiet machine, more on a busy one. */
const MOST_LOOKS = 300;
const PAUSE = 200;

/** The stage of a deployment, on which what does not happen is looked for so often. */
export function newStage(deployment: Deployment, mostLooks = MOST_LOOKS): Stage {
  const { ground, outputs, url } = deployment;
  const config = readConfig(outputs.environment);
  const ask: Stage['ask'] = async (job, method, path, expected, body, headers = {}) => {
    const token = await ground.issuer.mintToken({ ...job, audience: 'ecr-control-plane' });
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== expected)
      throw new Error(`${method} ${path} answered ${response.status}, not ${expected}: ${text.slice(0, 500)}`);
    return response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text;
  };
  const eventually: Stage['eventually'] = async (what, look) => {
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const found = await look();
      if (found !== undefined) return found;
      await pause(PAUSE);
    }
    throw new Error(`${what}: not within ${mostLooks} looks.`);
  };
  const succeeded: Stage['succeeded'] = async (job, id) => {
    const done = await eventually(`the operation ${id} is over`, async () => {
      const operation = await ask(job, 'GET', `/v1/operations/${id}`, 200);
      return operation.status === 'pending' ? undefined : operation;
    });
    if (done.status !== 'succeeded')
      throw new Error(`The operation ${id} failed: ${JSON.stringify(done.error ?? done)}`);
  };
  return {
    deployment,
    config,
    aws: connectAws({ region: REGION, endpoint: ground.ministack.endpoint, credentials: ROOT }),
    ask,
    change: async (job, method, path, body, headers = {}) => {
      const answer = await ask(job, method, path, 202, body, { prefer: 'respond-async', ...headers });
      await succeeded(job, answer.operation.id);
      return answer;
    },
    succeeded,
    eventually,
    fire: (rule) => fire(deployment, rule),
  };
}

async function fire({ ground: { clients } }: Deployment, rule: string): Promise<readonly Json[]> {
  const { Arn = '', State } = await clients.events.send(new DescribeRuleCommand({ Name: rule }));
  if (State !== 'ENABLED') throw new Error(`The rule ${rule} is ${State}.`);
  const { Targets = [] } = await clients.events.send(new ListTargetsByRuleCommand({ Rule: rule }));
  if (Targets.length === 0) throw new Error(`The rule ${rule} has no target.`);
  const answers: Json[] = [];
  for (const { Arn: target = '', Input } of Targets) {
    await mustBeAllowedToCall(clients, 'events.amazonaws.com', Arn, target);
    const event =
      Input ?? JSON.stringify({ source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [Arn], detail: {} });
    const { FunctionError, Payload } = await clients.lambda.send(
      new InvokeCommand({ FunctionName: target, Payload: Buffer.from(event) }),
    );
    const answer = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) throw new Error(`${target} failed: ${answer.slice(0, 500)}`);
    answers.push(JSON.parse(answer));
  }
  return answers;
}

/**
 * Whether a function's own policy lets a service call it by this ARN, on behalf of this source. The emulator calls without asking.
 * @throws Error where it does not
 */
export async function mustBeAllowedToCall(
  { lambda }: Deployment['ground']['clients'],
  service: string,
  source: string,
  called: string,
): Promise<void> {
  const [name = '', qualifier] = called.split(':function:')[1]?.split(':') ?? [];
  const { Policy = '{}' } = await lambda
    .send(new GetPolicyCommand({ FunctionName: name, ...(qualifier === undefined ? {} : { Qualifier: qualifier }) }))
    .catch((error: unknown) => {
      throw new Error(`${called} lets nobody call it: ${String(error)}`);
    });
  const { Statement: statements = [] } = JSON.parse(Policy) as { readonly Statement?: readonly Json[] };
  const allowing = statements.filter(
    ({ Effect, Action, Principal, Resource, Condition }) =>
      Effect === 'Allow' &&
      Action === 'lambda:InvokeFunction' &&
      Principal?.Service === service &&
      Resource === called &&
      Object.values(Condition?.ArnLike ?? {}).every((pattern) => globMatches(String(pattern), source)),
  );
  if (allowing.length === 0) throw new Error(`${called} does not let ${service} call it for ${source}: ${Policy}`);
}
