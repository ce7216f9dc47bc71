import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { Tables } from '../ledger/client.ts';
import type { ExecutorEvent, StreamRecord } from '../executor/handle.ts';

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
  readonly handle: (event: ExecutorEvent) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const IDLE_PAUSE = 25;
const FIRST_RETRY_PAUSE = 200;
const LONGEST_RETRY_PAUSE = 5_000;
const MOST_DELIVERIES = 50;

/**
 * Reads the stream from now on and hands records to the executor in the form, filtered and retried as the event source
 * mapping in `infra/` does: only records of a department that has something pending; a batch that fails is delivered again.
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
  const loop = async (): Promise<void> => {
    while (isOpen()) {
      const records = await read();
      const batch = records.map(streamRecord).filter(rings);
      if (batch.length > 0) await deliver(options, { Records: batch }, isOpen);
      else await pause(IDLE_PAUSE);
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
      await running;
      streams.destroy();
    },
  };
}

async function latestIterator(streams: DynamoDBStreamsClient, arn: string): Promise<string | undefined> {
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }));
  const shard = StreamDescription?.Shards?.at(-1)?.ShardId;
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({ StreamArn: arn, ShardId: shard, ShardIteratorType: 'LATEST' }),
  );
  return ShardIterator;
}

/** A record as Lambda delivers it. @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
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

async function deliver({ handle, onError }: PollerOptions, event: ExecutorEvent, isOpen: () => boolean): Promise<void> {
  let wait = FIRST_RETRY_PAUSE;
  for (let delivery = 1; delivery <= MOST_DELIVERIES && isOpen(); delivery++) {
    try {
      return await handle(event);
    } catch (error) {
      onError(error);
      await pause(wait);
      wait = Math.min(wait * 2, LONGEST_RETRY_PAUSE);
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
