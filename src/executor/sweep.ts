import { listDeadLetters } from '../ledger/dead-letters.ts';
import { readDepartmentItem, readOperation } from '../ledger/read.ts';
import { tellCounted } from '../ledger/refusals.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { Operation } from '../model/operation.ts';
import { embeddedMetric } from '../metrics/metrics.ts';
import type { ExecutorParts } from './parts.ts';

/** An operation that is pending for longer than this should have ended, in milliseconds. */
const STUCK_AFTER = 15 * 60_000;

/** What a sweep found that somebody should look at. */
export interface SweepReport {
  /** Ids of operations that are pending for too long. */
  readonly stuck: readonly string[];
  /** Ids of operations that left a dead letter which was not replayed yet. */
  readonly deadLetters: readonly string[];
}

/**
 * Looks for what should not be: after the schedule has rung each department, operations that are pending for too long, and
 * dead letters. Each is an error in the log, from which the alarm is made. And tells the refusals that are only counted so far.
 */
export async function sweep(parts: ExecutorParts, departments: readonly DepartmentId[]): Promise<SweepReport> {
  const stuck: string[] = [];
  let pending = 0;
  for (const department of departments) {
    try {
      const found = await pendingIn(parts, department);
      pending += found.length;
      stuck.push(...found.filter((operation) => isStuck(parts, operation)).map(({ id }) => id));
    } catch (error) {
      // What is wrong with one department must not hide the others.
      parts.log.error({ department, err: error }, 'A department could not be looked at');
    }
  }
  parts.log.info(embeddedMetric({ kind: 'pending', operations: pending }, parts.tables.state, parts.now()), 'Swept');
  await tellRefusals(parts);
  const letters = await listDeadLetters(parts.tables);
  for (const letter of letters) parts.log.error({ ...letter }, 'A dead letter waits to be replayed');
  return { stuck, deadLetters: letters.map(({ operation }) => operation) };
}

/** How many counts of refusals one sweep deals with; the next goes on. */
const MOST_COUNTS = 500;

/** Refusals that were counted become events, also when nobody is refused any more. */
async function tellRefusals({ tables, now, log }: ExecutorParts): Promise<void> {
  try {
    const told = await tellCounted(tables, now(), MOST_COUNTS);
    if (told.events > 0 || told.left > 0) log.info({ ...told }, 'Refusals that were counted are told');
  } catch (error) {
    log.error({ err: error }, 'Refusals that were counted could not be told');
  }
}

async function pendingIn({ tables }: ExecutorParts, department: DepartmentId): Promise<readonly Operation[]> {
  const item = await readDepartmentItem(tables, department);
  const operations: Operation[] = [];
  for (const id of item?.head.pendingOperations ?? []) {
    const operation = await readOperation(tables, id);
    if (operation !== undefined) operations.push(operation);
  }
  return operations;
}

function isStuck({ now, log }: ExecutorParts, operation: Operation): boolean {
  const { id, department, attempts, completed, total, createdAt } = operation;
  if (now().getTime() - Date.parse(createdAt) < STUCK_AFTER) return false;
  log.error({ department, operation: id, attempts, completed, total, createdAt }, 'An operation is stuck');
  return true;
}
