import { mock } from 'node:test';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import t from 'tap';
import { rungBy } from '../../src/executor/handle.ts';
import { LOCAL_CREDENTIALS } from '../../src/local/embedded.ts';
import { startStreamPoller } from '../../src/local/stream-poller.ts';
import { startService } from '../support/service.ts';

t.test('what this process writes rings at once, and not when a pause is over', async (t) => {
  const { embedded } = await startService(t, { executor: false });
  const { tables } = embedded.executor;
  // No pause ends from here on.
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const heard: string[] = [];
  let tell = (): void => undefined;
  const poller = await startStreamPoller({
    tables,
    endpoint: embedded.endpoints.dynamoDb ?? '',
    region: embedded.config.aws.region,
    credentials: LOCAL_CREDENTIALS,
    handle: async (event) => {
      heard.push(...('Records' in event ? rungBy(event.Records) : []));
      tell();
    },
    onError: (error) => t.fail(String(error)),
  });
  for (const id of ['koa', 'pol']) {
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await tables.documents.send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Put: {
              TableName: tables.state,
              Item: { pk: `DEPARTMENT#${id}`, sk: 'DEPARTMENT', hasPending: 'yes' },
            },
          },
        ],
      }),
    );
    await told;
    t.equal(heard.at(-1), id);
  }
  await poller.close();
  t.strictSame(heard, ['koa', 'pol'], 'each once, and closing needs no pause to end either');
});
