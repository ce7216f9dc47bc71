import { releaseLease, takeLease } from '../ledger/lease.ts';
import { readDepartmentItem } from '../ledger/read.ts';
import type { DepartmentId } from '../model/ids.ts';
import { beginRun, type ExecutorParts, type Run } from './parts.ts';

/**
 * Works under a department's lease: the only way to write to AWS for it. Everything that does gets its fence from the
 * run ({@link Run.checkLease}).
 * @param began when the event that rang came, by the monotonic clock: the work of one event shares the time that there is
 * @returns what the work came to, or `busy` when somebody else holds the lease
 */
export async function withLease<T>(
  parts: ExecutorParts,
  department: DepartmentId,
  began: number,
  work: (run: Run) => Promise<T>,
): Promise<T | 'busy'> {
  const owner = parts.newId();
  const now = await ledgerTime(parts, department);
  const taken = parts.monotonic();
  if (!(await takeLease(parts.tables, department, owner, now, now + parts.limits.lease))) return 'busy';
  try {
    return await work(beginRun({ owner, department }, parts, began, taken));
  } finally {
    await releaseLease(parts.tables, department, owner);
  }
}

/** What time it is by the ledger's own clock, which all who may want the lease share; this machine's may be off. */
async function ledgerTime({ tables, now }: ExecutorParts, department: DepartmentId): Promise<number> {
  if (tables.serverTime === undefined) return now().getTime();
  // Before its first answer the ledger has not told.
  if (tables.serverTime() === undefined) await readDepartmentItem(tables, department);
  const time = tables.serverTime();
  if (time === undefined) throw new Error('The ledger does not tell what time it is, so no lease can be taken.');
  return time;
}
