import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { pause } from '../lib/pause.ts';
import type { Tables } from '../ledger/client.ts';
import type { BatchResponse, ExecutorEvent, StreamRecord } from '../executor/handle.ts';

/** What polls the state table's stream, as Lambda's event source mapping does in AWS. */
export interface StreamPoller {
  close(): Promise<void>;
}

/** How the poller is set up. */
export interface PollerOptions {
  readonly tables: Tables;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The executor's handler; the very one that the Lambda has. */
  readonly handle: (event: ExecutorEvent) => Promise<BatchResponse | void>;
  readonly onError: (error: unknown) => void;
}

/** After a ring, and at most: who writes from this process is heard at once, and others after such a pause. */
const SHORTEST_IDLE_PAUSE = 25;
const LONGEST_IDLE_PAUSE = 250;
const FIRST_RETRY_PAUSE = 200;
const LONGEST_RETRY_PAUSE = 5_000;
const MOST_DELIVERIES = 50;

/**
 * Reads the stream from now on and hands records to the executor in the form, filtered, spread and retried as the event source
 * mapping in `infra/` does: only records of a department that has something pending; those of one department in their order,
 * several departments at once; what was not done is delivered again, a little later each time, and holds up no other.
 * The stream can only be asked. It is asked after each transaction of this process, and at growing intervals for those of others.
 */
export async function startStreamPoller(options: PollerOptions): Promise<StreamPoller> {
  const { endpoint, region, credentials, tables } = options;
  const streams = new DynamoDBStreamsClient({ endpoint, region, credentials });
  const { Table } = await tables.documents.send(new DescribeTableCommand({ TableName: tables.state }));
  const arn = Table?.LatestStreamArn;
  if (arn === undefined) throw new Error(`The table ${tables.state} has no stream.`);
  let iterator: string | undefined = await latestIterator(streams, arn);
  const closed = new AbortController();
  const isOpen = (): boolean => !closed.signal.aborted;
  const doorbell = openDoorbell();
  const unwatch = watchTransactions(endpoint, doorbell.ring);
  const lanes = openLanes((records) => deliver(options, records, isOpen));
  const loop = async (): Promise<void> => {
    let idle = SHORTEST_IDLE_PAUSE;
    while (isOpen()) {
      const records = await read();
      const batch = records.map(streamRecord).filter(rings);
      for (const record of batch) lanes.add(record);
      idle = batch.length > 0 ? SHORTEST_IDLE_PAUSE : Math.min(idle * 1.1, LONGEST_IDLE_PAUSE);
      if (records.length === 0) await doorbell.rung(idle);
    }
  };
  const read = async (): Promise<readonly _Record[]> => {
    try {
      iterator ??= await latestIterator(streams, arn);
      const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 100 }));
      iterator = page.NextShardIterator;
      return page.Records ?? [];
    } catch (error) {
      if (isOpen()) options.onError(error);
      iterator = undefined;
      await pause(FIRST_RETRY_PAUSE);
      return [];
    }
  };
  const running = loop();
  return {
    close: async () => {
      closed.abort();
      unwatch();
      doorbell.ring();
      await running;
      await lanes.idle();
      streams.destroy();
    },
  };
}

/** Somebody rings, and one other waits for it: a ring that came while nobody waited is not lost. */
function openDoorbell() {
  let isRung = false;
  let answer = (): void => undefined;
  return {
    ring: (): void => {
      isRung = true;
      answer();
    },
    /** Resolves after the next ring, or after so many milliseconds. */
    rung: async (milliseconds: number): Promise<void> => {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          answer = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isRung = false;
    },
  };
}

/**
 * Tells of each transaction that this process sent to an endpoint of DynamoDB, once it is answered: what rings is written in one.
 * @see https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html#http
 */
function watchTransactions(endpoint: string, told: () => void): () => void {
  const { host } = new URL(endpoint);
  const onAnswer = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    const isTransaction = String(request.getHeader('x-amz-target')).endsWith('.TransactWriteItems');
    if (isTransaction && request.getHeader('host') === host) told();
  };
  subscribe('http.client.response.finish', onAnswer);
  return () => void unsubscribe('http.client.response.finish', onAnswer);
}

async function latestIterator(streams: DynamoDBStreamsClient, arn: string): Promise<string | undefined> {
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }));
  const shard = StreamDescription?.Shards?.at(-1)?.ShardId;
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({ StreamArn: arn, ShardId: shard, ShardIteratorType: 'LATEST' }),
  );
  return ShardIterator;
}

/** A record as Lambda delivers it; the SDK's types of the same members are wider. @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
function streamRecord(record: _Record): StreamRecord {
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: 'aws:dynamodb',
    awsRegion: record.awsRegion,
    dynamodb: record.dynamodb,
  } as unknown as StreamRecord;
}

/** The filter of the event source mapping. */
function rings({ dynamodb }: StreamRecord): boolean {
  const { sk, hasPending } = dynamodb?.NewImage ?? {};
  return sk?.S === 'DEPARTMENT' && hasPending?.S === 'yes';
}

/** A lane for each department: what comes while it is at work is delivered together when it has ended. */
function openLanes(work: (records: readonly StreamRecord[]) => Promise<void>) {
  const waiting = new Map<string, StreamRecord[]>();
  const running = new Map<string, Promise<void>>();
  const run = async (key: string): Promise<void> => {
    for (;;) {
      const records = waiting.get(key) ?? [];
      waiting.delete(key);
      if (records.length === 0) return void running.delete(key);
      await work(records);
    }
  };
  return {
    add: (record: StreamRecord): void => {
      const key = record.dynamodb?.NewImage?.['pk']?.S ?? '';
      waiting.set(key, [...(waiting.get(key) ?? []), record]);
      if (!running.has(key)) running.set(key, run(key));
    },
    idle: async (): Promise<void> => void (await Promise.all(running.values())),
  };
}

async function deliver(
  { handle, onError }: PollerOptions,
  records: readonly StreamRecord[],
  isOpen: () => boolean,
): Promise<void> {
  let wait = FIRST_RETRY_PAUSE;
  let left = records;
  for (let delivery = 1; delivery <= MOST_DELIVERIES && left.length > 0 && isOpen(); delivery++) {
    try {
      left = failedOf(left, await handle({ Records: left }));
    } catch (error) {
      onError(error);
    }
    if (left.length === 0) return;
    await pause(wait);
    wait = Math.min(wait * 2, LONGEST_RETRY_PAUSE);
  }
}

/** The first record that was not done and all after it, as Lambda does. */
function failedOf(records: readonly StreamRecord[], response: BatchResponse | void): readonly StreamRecord[] {
  const failed = new Set(response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const first = records.findIndex(({ dynamodb }) => failed.has(dynamodb?.SequenceNumber ?? ''));
  return first < 0 ? [] : records.slice(first);
}
