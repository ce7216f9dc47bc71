import { EventEmitter, once } from 'node:events';
import { commit } from '../../src/ledger/commit.ts';
import { rungBy, type ExecutorEvent } from '../../src/executor/handle.ts';
import { startStreamPoller } from '../../src/local/stream-poller.ts';
import { deepEqual, equal, ok } from './changes.ts';
import { PATIENT_WAIT } from '../support/patience.ts';
import type { Check } from './check.ts';
import { nextTransaction, operationOf, type LedgerBench } from './ledger-bench.ts';

/** Listens to the state table's stream while something is done, until what is wanted was heard. */
async function heard(
  { tables, dynamoDb, region }: LedgerBench,
  act: () => Promise<void>,
  enough: (events: readonly ExecutorEvent[]) => boolean,
): Promise<readonly ExecutorEvent[]> {
  const events: ExecutorEvent[] = [];
  const arrived = new EventEmitter();
  const poller = await startStreamPoller({
    tables,
    region,
    ...dynamoDb,
    handle: async (event) => {
      events.push(event);
      arrived.emit('event');
    },
    onError: () => undefined,
  } as Parameters<typeof startStreamPoller>[0]);
  try {
    await act();
    // A stream that says nothing is told by what was heard; until then any machine had the time to hear it.
    const signal = AbortSignal.timeout(PATIENT_WAIT);
    while (!enough(events) && !signal.aborted) await once(arrived, 'event', { signal }).catch(() => undefined);
    return events;
  } finally {
    await poller.close();
  }
}

function departmentsOf(events: readonly ExecutorEvent[]): readonly string[] {
  return events.flatMap((event) => ('Records' in event ? rungBy(event.Records) : []));
}

/** What the executor relies on in the state table's stream. */
export const STREAM_CHECKS: readonly Check<LedgerBench>[] = [
  {
    id: 'stream/rings',
    promise: 'a transaction that leaves something pending rings with its department’s new image; others do not',
    run: async (bench) => {
      const [busy, idle, busyToo] = [bench.department(), bench.department(), bench.department()];
      const events = await heard(
        bench,
        async () => {
          for (const id of [busy, idle, busyToo]) {
            const operation = operationOf(id, `op-${id}`);
            const pending = id === idle ? [] : [operation.id];
            equal(
              await commit(bench.tables, nextTransaction(id, undefined, { pending, operations: [operation] })),
              'committed',
            );
          }
        },
        (so) => departmentsOf(so).includes(busyToo),
      );
      deepEqual([...new Set(departmentsOf(events))], [busy, busyToo], 'in the order of their commits');
      const records = events.flatMap((event) => ('Records' in event ? event.Records : []));
      ok(records.every(({ dynamodb }) => dynamodb?.SequenceNumber !== undefined));
    },
  },
  {
    id: 'stream/order',
    promise: 'the changes of one department are heard in their order, with the image after each',
    run: async (bench) => {
      const id = bench.department();
      const pending = ['op-1'];
      const events = await heard(
        bench,
        async () => {
          let last = nextTransaction(id, undefined, { pending });
          equal(await commit(bench.tables, last), 'committed');
          for (let version = 2; version <= 5; version++) {
            last = nextTransaction(id, last.becomes, { pending });
            equal(await commit(bench.tables, last), 'committed');
          }
        },
        (so) => departmentsOf(so).length > 0 && versionsOf(so).includes('5'),
      );
      deepEqual(versionsOf(events), ['1', '2', '3', '4', '5']);
    },
  },
];

function versionsOf(events: readonly ExecutorEvent[]): readonly string[] {
  const records = events.flatMap((event) => ('Records' in event ? event.Records : []));
  return records.map(({ dynamodb }) => {
    const version = dynamodb?.NewImage?.['version'] as { readonly N?: string } | undefined;
    return version?.N ?? 'none';
  });
}
