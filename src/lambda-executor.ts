import { composeExecutor } from './compose-executor.ts';
import { readConfig } from './config.ts';
import { handleEvent, type BatchResponse, type ExecutorEvent } from './executor/handle.ts';
import { lambdaLogger } from './lambda-logger.ts';

const parts = composeExecutor(readConfig(process.env), { log: lambdaLogger() });

/** The state table's stream, the schedule or a replay → the executor. */
export async function handler(event: ExecutorEvent): Promise<BatchResponse> {
  return handleEvent(parts, event);
}
