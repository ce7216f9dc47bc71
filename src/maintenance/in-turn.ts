import type { ExecutorParts, Run } from '../executor/parts.ts';
import { withLease } from '../executor/with-lease.ts';
import type { DepartmentId } from '../model/ids.ts';

/** How often, and how many milliseconds apart, the lease is asked for: the executor may just be giving it back. */
const LEASE_TRIES = 20;
const LEASE_PAUSE = 250;

/**
 * Works on a department under its lease, when the executor has given it back.
 * @throws Error when it does not
 */
export async function inTurn<T>(
  parts: ExecutorParts,
  department: DepartmentId,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; attempt <= LEASE_TRIES; attempt++) {
    const worked = await withLease(parts, department, parts.monotonic(), work);
    if (worked !== 'busy') return worked;
    await parts.pause(LEASE_PAUSE);
  }
  throw new Error(`The executor is at work for ${department}. Try again in a minute.`);
}
