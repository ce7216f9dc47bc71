import { link } from '../ledger/chain.ts';
import { auditHead, chainHeadOf } from '../ledger/head.ts';
import { commit } from '../ledger/commit.ts';
import type { DeadLetterWrites } from '../ledger/dead-letters.ts';
import { readDepartment } from '../ledger/read.ts';
import type { AuditRecord } from '../model/audit-event.ts';
import type { Department } from '../model/department.ts';
import type { Operation } from '../model/operation.ts';
import type { ClaimWrite, DepartmentHead, DepartmentState, Entity, Write } from '../model/state.ts';
import { NotYet, type ExecutorParts, type Run } from './parts.ts';

/** One step of a department's ledger, as the executor makes it. What is not said stays as it is. */
export interface Step {
  readonly records: readonly AuditRecord[];
  readonly department?: Department;
  readonly head?: Partial<Pick<DepartmentHead, 'version' | 'pendingOperations' | 'deleted' | 'toldFrom'>>;
  readonly writes?: readonly Write[];
  readonly claims?: readonly ClaimWrite[];
  readonly operations?: readonly Operation[];
  readonly deadLetters?: DeadLetterWrites;
}

/** How often a step is decided again when others were faster. */
export const MOST_TRIES = 20;

/**
 * Moves the ledger of the run's department one step on, in one transaction that holds only while the lease is the run's
 * own. Whoever loses the race reads and decides again.
 * @param decide from the state as it is now; `undefined` when there is nothing to do any more
 * @param what of the step, should it fail for good
 * @returns whether a step was made
 * @throws NotYet when others were faster each time: the next run decides it again
 */
export async function advance(
  parts: ExecutorParts,
  run: Run,
  what: string,
  decide: (state: DepartmentState, now: string) => Promise<Step | undefined>,
): Promise<boolean> {
  for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
    const { head, state } = await readDepartment(parts.tables, run.department);
    if (head === undefined || state === undefined) throw new Error(`Department ${run.department} is gone.`);
    const now = parts.now().toISOString();
    const step = await decide(state, now);
    if (step === undefined) return false;
    const events = link(run.department, chainHeadOf(head), step.records);
    const committed = await commit(parts.tables, {
      // Nothing is written into another department's place, whatever what is stored in this one says of itself.
      department: { ...(step.department ?? state.department), id: run.department },
      was: head,
      becomes: { ...head, ...step.head, ...auditHead(head, events) },
      writes: (step.writes ?? []).map(({ kind, entity }) => ({ kind, entity: owned(entity, run) })),
      claims: step.claims ?? [],
      operations: step.operations ?? [],
      events,
      ...(step.deadLetters === undefined ? {} : { deadLetters: step.deadLetters }),
      leaseOwner: run.owner,
      now,
    });
    if (committed === 'committed') return true;
    await parts.pause(Math.random() * 20 * attempt);
  }
  throw new NotYet(`${what} could not be recorded: others were faster ${MOST_TRIES} times. The next run records it.`);
}

function owned(entity: Entity, { department }: Run): Entity {
  const value = entity.type === 'department' ? { ...entity.value, id: department } : { ...entity.value, department };
  return { type: entity.type, value } as Entity;
}
