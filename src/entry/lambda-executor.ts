import { composeExecutor } from '../compose/compose-executor.ts';
import { lambdaLogger } from '../compose/lambda-logger.ts';
import { readConfig } from '../config/config.ts';
import { handleEvent, type BatchResponse } from '../executor/handle.ts';
import { readEvent } from '../executor/read-event.ts';
import { lookForDrift } from '../maintenance/drift.ts';

const parts = composeExecutor(readConfig(process.env), { log: lambdaLogger() });

/**
 * The state table's stream, the schedules or a replay → the executor.
 * @throws Error for an event that it does not know, and when something is left that a schedule or a replay rang for
 */
export async function handler(event: unknown): Promise<BatchResponse | { readonly drift: number }> {
  const known = readEvent(event);
  return 'look' in known ? { drift: await lookForDrift(parts) } : handleEvent(parts, known);
}
