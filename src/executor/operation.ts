import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { applyChange } from '../aws/apply.ts';
import { AwsFault } from '../aws/fault.ts';
import { operationKey } from '../ledger/keys.ts';
import { readDepartment, readOperation } from '../ledger/read.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import { afterSettlement, settle, stateAsOf } from '../model/settle.ts';
import type { Repository } from '../model/repository.ts';
import type { DepartmentState } from '../model/state.ts';
import { planChanges } from '../plan/plan.ts';
import { applyToAll } from './fan-out.ts';
import { guardAsked, guardPlan, UnsafePlan } from './guard.ts';
import { CALLS_PER_EVENT, recordOutcome, recordProgress, Superseded, type Failure, type Outcome } from './outcome.ts';
import { OutOfTime, type ExecutorParts, type Run } from './parts.ts';
import { compare, isTakenByAnother, repositoryOf, type SingleTarget } from './resources.ts';

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
  if (operation === undefined) return;
  const calls: AwsCall[] = [];
  try {
    const outcome = await attempt(parts, run, operation, calls);
    await recordOutcome(parts, run, operation, outcome, calls.slice(-CALLS_PER_EVENT));
  } catch (error) {
    if (error instanceof Superseded) return;
    await keepCalls(parts, run, operation, calls);
    throw error;
  }
}

/** What was written to AWS by an attempt that did not come to its end is in the audit trail all the same. */
async function keepCalls(parts: ExecutorParts, run: Run, { id }: Operation, calls: readonly AwsCall[]): Promise<void> {
  if (!calls.some(({ outcome }) => outcome === 'ok')) return;
  try {
    const stored = await readOperation(parts.tables, id);
    if (stored?.status === 'pending') await recordProgress(parts, run, stored, calls.slice(-CALLS_PER_EVENT));
  } catch (error) {
    parts.log.error({ operation: id, calls, err: error }, 'The AWS calls of an attempt could not be recorded');
  }
}

/**
 * An attempt is counted before AWS is asked anything, so that the next one knows that there may be traces of this.
 * @returns `undefined` for an operation that is over
 */
async function countAttempt(parts: ExecutorParts, operation: Operation): Promise<Operation | undefined> {
  const attempts = operation.attempts + 1;
  try {
    await parts.tables.documents.send(
      new UpdateCommand({
        TableName: parts.tables.state,
        Key: operationKey(operation.id),
        UpdateExpression: 'SET attempts = :attempts',
        ConditionExpression: '#status = :pending',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':attempts': attempts, ':pending': 'pending' },
      }),
    );
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return undefined;
    throw error;
  }
  return { ...operation, attempts };
}

async function attempt(parts: ExecutorParts, run: Run, operation: Operation, calls: AwsCall[]): Promise<Outcome> {
  if (operation.undoing !== undefined) return undoneEverywhere(parts, run, operation, operation.undoing, calls);
  try {
    const { state, repository } = await readSituation(parts, operation);
    return await carryOut(parts, run, operation, state, repository, calls);
  } catch (error) {
    const refusal = refusalOf(parts, operation, error, calls);
    return mustUndoEverywhere(operation)
      ? await beginUndoing(parts, run, operation, refusal, calls)
      : await undone(parts, run, operation, refusal, calls);
  }
}

/** The state and the repository as the operation sees them. */
async function readSituation(parts: ExecutorParts, operation: Operation) {
  const { state } = await readDepartment(parts.tables, operation.department);
  if (state === undefined) throw new Error(`Department ${operation.department} of ${operation.id} is gone.`);
  return { state: stateAsOf(state, operation.id), repository: await repositoryOf(parts, operation) };
}

async function carryOut(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  state: DepartmentState,
  repository: Repository | undefined,
  calls: AwsCall[],
): Promise<Outcome> {
  guardAsked(state, operation.id, parts.settings);
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
  if (isTakenByAnother(comparison, target, operation)) throw new NameTaken(target);
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
    calls.push(await applyChange(parts.aws, change, { force, mayBegin: run.checkLease }));
  }
}

/** What stands under the name that the operation is to make was made by somebody else, since it was looked at first. */
class NameTaken extends Error {
  constructor({ kind, name }: SingleTarget) {
    super(`There is a ${kind} ${name} already that this operation did not make. Choose another name.`);
    this.name = 'NameTaken';
  }
}

/**
 * What an error means for the operation: a refusal that ends it.
 * @throws NotYet for what may succeed later; OutOfTime
 */
function refusalOf(parts: ExecutorParts, operation: Operation, error: unknown, calls: AwsCall[]): Failure {
  if (error instanceof OutOfTime || error instanceof Superseded) throw error;
  if (error instanceof NameTaken) return { status: 'failed', code: 'name-taken', detail: error.message };
  if (error instanceof UnsafePlan) {
    parts.log.error({ operation: operation.id, detail: error.message }, 'A plan was refused by the guard');
    return {
      status: 'failed',
      code: 'refused-by-aws',
      detail: `The change was held back by a safety rule. ${error.message}`,
    };
  }
  if (error instanceof AwsFault) {
    calls.push(error.call);
    if (error.kind === 'definitive') return { status: 'failed', code: error.code, detail: error.message };
  } else {
    parts.log.error({ operation: operation.id, err: error }, 'An attempt at an operation failed unexpectedly');
  }
  const { attempts, id } = operation;
  if (attempts < parts.limits.attempts)
    throw new NotYet(error instanceof Error ? error.message : String(error), { cause: error });
  if (error instanceof AwsFault)
    return {
      status: 'failed',
      code: 'aws-unavailable',
      detail: `Given up after ${attempts} attempts. ${error.message}`,
    };
  return {
    status: 'failed',
    code: 'internal',
    detail: `Given up after ${attempts} attempts because of something unexpected. Quote ${id} when you ask for help.`,
  };
}

/** A refusal, after AWS was brought back to what it was before. What can't be undone for good does not hold up all that comes after. */
async function undone(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  refusal: Failure,
  calls: AwsCall[],
): Promise<Failure> {
  try {
    await undo(parts, run, operation, calls);
    return refusal;
  } catch (error) {
    return givenUp(parts, operation, refusal, error, calls);
  }
}

/**
 * The end of an operation that AWS can't be brought back from: a dead letter, so that it does not stand in the way of all
 * that comes after. What may succeed later is tried as often again as the operation itself.
 * @throws NotYet while it may be tried again; OutOfTime
 */
function givenUp(
  parts: ExecutorParts,
  operation: Operation,
  refusal: Failure,
  error: unknown,
  calls: AwsCall[],
): Failure {
  if (error instanceof OutOfTime || error instanceof Superseded) throw error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AwsFault) calls.push(error.call);
  const isFinal = error instanceof AwsFault && error.kind === 'definitive';
  if (!isFinal && operation.attempts < 2 * parts.limits.attempts) throw new NotYet(message, { cause: error });
  parts.log.error(
    { operation: operation.id, err: error },
    'A refused operation could not be undone: it is a dead letter',
  );
  const cause = error instanceof AwsFault ? message : 'something unexpected.';
  return {
    ...refusal,
    detail: `${refusal.detail} What was begun could not be undone: ${cause} The platform team can replay ${operation.id}.`,
    isDeadLetter: true,
  };
}

/** Whether repositories may hold the policy of a fan-out, or of the one whose place it took, although it is refused now. */
function mustUndoEverywhere({ targets, attempts, supersedes }: Operation): boolean {
  return targets.some(({ kind }) => kind === 'repository-policies') && (attempts > 1 || supersedes !== undefined);
}

/** From here on the fan-out goes the other way; that it does is recorded first, so that it survives a crash. */
async function beginUndoing(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  { code, detail }: Failure,
  calls: AwsCall[],
): Promise<Failure> {
  const { cursor: _cursor, refused: _refused, applied: _applied, ...rest } = operation;
  const undoing: Operation = { ...rest, undoing: { code, detail }, completed: 0, attempts: 1 };
  await recordProgress(parts, run, undoing, calls.splice(0).slice(-CALLS_PER_EVENT));
  return undoneEverywhere(parts, run, undoing, { code, detail }, calls);
}

/** Writes to each repository the policy that it had before the operation. */
async function undoneEverywhere(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  error: NonNullable<Operation['undoing']>,
  calls: AwsCall[],
): Promise<Failure> {
  const refusal: Failure = { status: 'failed', ...error, completed: 0 };
  try {
    const { state } = await readSituation(parts, operation);
    const before = afterSettlement(state, undefined, settle(state, undefined, operation.id, 'failed'));
    const outcome = await applyToAll(parts, run, operation, before.state, calls);
    if (outcome.status === 'succeeded') return refusal;
    return {
      ...refusal,
      detail: `${refusal.detail} Not all of it could be undone: ${outcome.detail}`,
      isDeadLetter: true,
    };
  } catch (problem) {
    return givenUp(parts, operation, refusal, problem, calls);
  }
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
      if (!(error instanceof UnsafePlan) && !(error instanceof NameTaken)) throw error;
      // It is not the department's, or not this operation's: whatever stands there is not its doing.
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
  // What is fresh may have been made by now, so it is looked at, as an attempt after the first does; and it stays fresh,
  // so that what somebody else made under its name is left alone.
  const looking = { ...operation, attempts: operation.attempts + 1 };
  await converge(parts, run, looking, before.state, before.repository, target, calls);
}
