import type { BatchResponse } from '../../src/executor/handle.ts';
import { LOCAL_CREDENTIALS, type Embedded } from '../../src/local/embedded.ts';
import { startStreamPoller, type StreamPoller } from '../../src/local/stream-poller.ts';
import type { LambdaProcess } from './lambda-process.ts';

/** Puts a Lambda behind the state table's stream, as `infra/`'s event source mapping does: its events are Lambda's own. */
export function handledBy(
  executor: LambdaProcess,
  { config, executor: { tables }, endpoints }: Embedded,
): Promise<StreamPoller> {
  return startStreamPoller({
    tables,
    endpoint: endpoints.dynamoDb ?? '',
    region: config.aws.region,
    credentials: LOCAL_CREDENTIALS,
    handle: async (event) => (await executor.invoke(event)) as BatchResponse,
    // It is delivered again; what is never done shows as an operation that never ends.
    onError: () => undefined,
  });
}
