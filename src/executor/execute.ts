import { readDepartmentItem } from '../ledger/read.ts';
import type { DepartmentId } from '../model/ids.ts';
import { runOperation } from './operation.ts';
import { isOver, NotYet, OutOfTime, type ExecutorParts, type Run } from './parts.ts';
import { withLease } from './with-lease.ts';

/** How a department was left. */
export type Left =
  /** Nothing is pending any more. */
  | 'done'
  /** Another run holds the lease; it looks again before it ends, so nothing is lost. */
  | 'busy'
  /** Something is pending that may succeed later. */
  | 'not-yet';

/**
 * Carries all pending operations of a department into AWS, in their order.
 * @param began when the event that rang came, by the monotonic clock
 */
export async function execute(
  parts: ExecutorParts,
  department: DepartmentId,
  began = parts.monotonic(),
): Promise<Left> {
  // Whoever asks for a department at rest, as the schedule does of all of them, costs one read.
  while ((await nextPending(parts, department)) !== undefined) {
    if (isOver(began, parts)) return 'not-yet';
    const left = await withLease(parts, department, began, (run) => workOff(parts, run));
    if (left !== 'done') return left;
    // Who rang while the lease was held was told "busy"; whatever they rang for is seen by looking again.
  }
  return 'done';
}

async function workOff(parts: ExecutorParts, run: Run): Promise<Exclude<Left, 'busy'>> {
  const { department } = run;
  try {
    for (;;) {
      const id = await nextPending(parts, department);
      if (id === undefined) return 'done';
      run.checkTime();
      await runOperation(parts, run, id);
    }
  } catch (error) {
    if (error instanceof NotYet || error instanceof OutOfTime) {
      parts.log.warn({ department, detail: error.message }, 'Operations of a department are left for the next run');
      return 'not-yet';
    }
    throw error;
  }
}

async function nextPending(parts: ExecutorParts, department: DepartmentId): Promise<string | undefined> {
  const item = await readDepartmentItem(parts.tables, department);
  return item?.head.pendingOperations[0];
}
