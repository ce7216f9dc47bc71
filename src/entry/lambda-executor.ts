import { composeExecutor } from '../compose/compose-executor.ts';
import { readConfig } from '../config/config.ts';
import { handleEvent, type BatchResponse, type ExecutorEvent } from '../executor/handle.ts';
import { lookForDrift } from '../maintenance/drift.ts';
import { lambdaLogger } from '../compose/lambda-logger.ts';

const parts = composeExecutor(readConfig(process.env), { log: lambdaLogger() });

/** What `infra/`'s daily rule sends. */
interface DriftEvent {
  readonly look: 'drift';
}

/** The state table's stream, the schedules or a replay → the executor. */
export async function handler(event: ExecutorEvent | DriftEvent): Promise<BatchResponse | { readonly drift: number }> {
  if ('look' in event) return { drift: await lookForDrift(parts) };
  return handleEvent(parts, event);
}
