import { ServiceError } from '../errors.ts';
import { readOperation } from '../../ledger/read.ts';
import type { Operation } from '../../model/operation.ts';
import type { CoreParts } from '../parts.ts';

const FIRST_PAUSE = 15;
const LONGEST_PAUSE = 400;

/** Waits until an operation is finished or the deadline (epoch milliseconds) has come, by short pauses that grow. */
export async function waitForOperation(parts: CoreParts, id: string, deadline: number): Promise<Operation> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const operation = await readOperation(parts.tables, id);
    if (operation === undefined) throw new ServiceError('internal', `Operation ${id} is not in the ledger.`);
    if (operation.status !== 'pending' || parts.now().getTime() + pause > deadline) return operation;
    await parts.pause(pause);
  }
}
