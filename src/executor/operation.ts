import { countAttempt } from '../ledger/count-attempt.ts';
import { readOperation } from '../ledger/read.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import { converge } from './converge.ts';
import { applyToAll } from './fan-out.ts';
import { guardAsked } from './guard.ts';
import { CALLS_PER_EVENT, recordOutcome, recordProgress, Superseded, type Outcome } from './outcome.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { refusalOf } from './refusal.ts';
import { readSituation, type Situation } from './situation.ts';
import { beginClosing, closeEverywhere, mustCloseEverywhere, takeBack } from './take-back.ts';

/**
 * Carries one operation into AWS and records how it ended.
 * @throws NotYet for what may succeed later; OutOfTime when the run's time is over
 */
export async function runOperation(parts: ExecutorParts, run: Run, id: string): Promise<void> {
  const stored = await readOperation(parts.tables, id);
  if (stored === undefined || stored.status !== 'pending') return;
  const operation = await countAttempt(parts.tables, stored);
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

async function attempt(parts: ExecutorParts, run: Run, operation: Operation, calls: AwsCall[]): Promise<Outcome> {
  if (operation.undoing !== undefined) return closeEverywhere(parts, run, operation, operation.undoing, calls);
  try {
    return await carryOut(parts, run, operation, await readSituation(parts, run, operation), calls);
  } catch (error) {
    const refusal = refusalOf(parts, operation, error, calls);
    return mustCloseEverywhere(operation)
      ? await beginClosing(parts, run, operation, refusal, calls)
      : await takeBack(parts, run, operation, refusal, calls);
  }
}

async function carryOut(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  { state, repository }: Situation,
  calls: AwsCall[],
): Promise<Outcome> {
  guardAsked(state, operation.id, parts.settings);
  const aim = { state, repository, operation: operation.id, looksAtFresh: operation.attempts > 1 };
  for (const target of operation.targets) {
    if (target.kind === 'repository-policies') return applyToAll(parts, run, operation, state, calls);
    await converge(parts, run, aim, target, calls);
  }
  return { status: 'succeeded' };
}
