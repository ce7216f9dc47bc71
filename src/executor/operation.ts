import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { applyChange } from '../aws/apply.ts';
import { AwsFault } from '../aws/fault.ts';
import { operationKey } from '../ledger/keys.ts';
import { readDepartment, readOperation } from '../ledger/read.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import { afterSettlement, settle } from '../model/settle.ts';
import type { Repository } from '../model/repository.ts';
import type { DepartmentState } from '../model/state.ts';
import { planChanges } from '../plan/plan.ts';
import { applyToAll } from './fan-out.ts';
import { guardPlan, UnsafePlan } from './guard.ts';
import { recordOutcome, type Outcome } from './outcome.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { compare, repositoryOf, type SingleTarget } from './resources.ts';

/** An operation that AWS could not be brought to yet; the next ring goes on with it. */
export class NotYet extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'NotYet';
  }
}

/**
 * Carries one operation into AWS and records how it ended.
 * @throws NotYet for what may succeed later; OutOfTime when the run's time is over
 */
export async function runOperation(parts: ExecutorParts, run: Run, id: string): Promise<void> {
  const stored = await readOperation(parts.tables, id);
  if (stored === undefined || stored.status !== 'pending') return;
  const operation = await countAttempt(parts, stored);
  const calls: AwsCall[] = [];
  const outcome = await attempt(parts, run, operation, calls);
  await recordOutcome(parts, run, operation, outcome, calls.slice(-100));
}

/** An attempt is counted before AWS is asked anything, so that the next one knows that there may be traces of this. */
async function countAttempt(parts: ExecutorParts, operation: Operation): Promise<Operation> {
  const attempts = operation.attempts + 1;
  await parts.tables.documents.send(
    new UpdateCommand({
      TableName: parts.tables.state,
      Key: operationKey(operation.id),
      UpdateExpression: 'SET attempts = :attempts',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':attempts': attempts },
    }),
  );
  return { ...operation, attempts };
}

async function attempt(parts: ExecutorParts, run: Run, operation: Operation, calls: AwsCall[]): Promise<Outcome> {
  try {
    const { state, repository } = await readSituation(parts, operation);
    return await carryOut(parts, run, operation, state, repository, calls);
  } catch (error) {
    const refusal = refusalOf(parts, operation, error, calls);
    if (refusal === undefined) throw error;
    await undo(parts, run, operation, calls);
    return refusal;
  }
}

async function readSituation(parts: ExecutorParts, operation: Operation) {
  const { state } = await readDepartment(parts.tables, operation.department);
  if (state === undefined) throw new Error(`Department ${operation.department} of ${operation.id} is gone.`);
  return { state, repository: await repositoryOf(parts, operation) };
}

async function carryOut(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  state: DepartmentState,
  repository: Repository | undefined,
  calls: AwsCall[],
): Promise<Outcome> {
  for (const target of operation.targets) {
    if (target.kind === 'repository-policies') return applyToAll(parts, run, operation, state, calls);
    await converge(parts, run, operation, state, repository, target, calls);
  }
  return { status: 'succeeded' };
}

/** Brings one resource to the state: look, plan, guard, and only then write, one change after the other. */
async function converge(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  state: DepartmentState,
  repository: Repository | undefined,
  target: SingleTarget,
  calls: AwsCall[],
): Promise<void> {
  const force = target.kind === 'repository' && target.force === true;
  const comparison = await compare(parts, state, repository, operation, target);
  const plan = planChanges(comparison.observed, comparison.desired, parts.settings);
  guardPlan(plan, {
    state,
    comparison,
    settings: parts.settings,
    forced: new Set(force ? [target.name] : []),
    maxDeletions: 1,
  });
  for (const change of plan) {
    run.checkTime();
    calls.push(await applyChange(parts.aws, change, { force }));
  }
}

/** What an error means for the operation: a refusal that ends it, or `undefined` when it is none. */
function refusalOf(parts: ExecutorParts, operation: Operation, error: unknown, calls: AwsCall[]): Outcome | undefined {
  if (error instanceof UnsafePlan) {
    parts.log.error({ operation: operation.id, detail: error.message }, 'A plan was refused by the guard');
    return {
      status: 'failed',
      code: 'refused-by-aws',
      detail: `The change was held back by a safety rule. ${error.message}`,
    };
  }
  if (!(error instanceof AwsFault)) return undefined;
  calls.push(error.call);
  if (error.kind === 'definitive') return { status: 'failed', code: error.code, detail: error.message };
  if (operation.attempts < parts.limits.attempts) throw new NotYet(error.message, { cause: error });
  return {
    status: 'failed',
    code: 'aws-unavailable',
    detail: `Given up after ${operation.attempts} attempts. ${error.message}`,
  };
}

/** Brings AWS back to what it was before the operation, where some of it stands already. */
async function undo(parts: ExecutorParts, run: Run, operation: Operation, calls: AwsCall[]): Promise<void> {
  if (!calls.some(({ outcome }) => outcome === 'ok') && operation.attempts === 1) return;
  const { state, repository } = await readSituation(parts, operation);
  const before = afterSettlement(state, repository, settle(state, repository, operation.id, 'failed'));
  for (const target of operation.targets) {
    if (target.kind === 'repository-policies') continue;
    try {
      await convergeBack(parts, run, operation, before, target, calls);
    } catch (error) {
      if (!(error instanceof UnsafePlan)) throw error;
      // It is not the department's: whatever stands there is not this operation's doing.
      parts.log.warn(
        { operation: operation.id, detail: error.message },
        'Nothing to undo on a resource that is not ours',
      );
    }
  }
}

async function convergeBack(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  before: { readonly state: DepartmentState; readonly repository: Repository | undefined },
  target: SingleTarget,
  calls: AwsCall[],
): Promise<void> {
  // Whatever was fresh has been touched by now, so it is looked at.
  const { fresh: _fresh, ...known } = target;
  await converge(parts, run, operation, before.state, before.repository, known, calls);
}
