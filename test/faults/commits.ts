import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { pause } from '../../src/lib/pause.ts';
import { DEPARTMENT_SORT_KEY, departmentPartition, repositoriesPartition, type Key } from '../../src/ledger/keys.ts';
import { departmentStateOf, readDepartmentItem, type DepartmentItem } from '../../src/ledger/read.ts';
import { LOCAL_CREDENTIALS, type Embedded } from '../../src/local/embedded.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { DepartmentState } from '../../src/model/state.ts';
import { PATIENT_WAIT } from '../support/patience.ts';

/** What the ledger said of a department from one transaction on, until the next. */
export interface CommittedState {
  /** Where it is in the department's line of transactions: the number of the last audit event. Each transaction has some. */
  readonly position: number;
  /** Absent for a department that is gone. */
  readonly state: DepartmentState | undefined;
  readonly repositories: readonly Repository[];
}

/** Tells what was committed. */
export interface Commits {
  /**
   * Each state that a department was committed in, in order: the one that stood at this position, and all after it until
   * now. None is left out, whoever committed it and whether or not anybody was told.
   */
  readonly since: (department: string, position: number) => Promise<readonly CommittedState[]>;
  readonly close: () => void;
}

type Item = Readonly<Record<string, unknown>> & Key;

/** One department, as far as the stream was read. */
interface Copy {
  readonly items: Map<string, Item>;
  readonly states: CommittedState[];
}

/** An empty page is read again after so many milliseconds, where the ledger has more than the stream has told. */
const AGAIN = 25;

/**
 * Follows the state table's stream, which tells the items of each transaction one after the other, the department's own item
 * first. It is read when it is asked for, so that following takes nothing from what is watched.
 */
export async function followCommits({ endpoints, config, executor: { tables } }: Embedded): Promise<Commits> {
  const streams = new DynamoDBStreamsClient({
    endpoint: endpoints.dynamoDb ?? '',
    region: config.aws.region,
    credentials: LOCAL_CREDENTIALS,
  });
  const { Table } = await tables.documents.send(new DescribeTableCommand({ TableName: tables.state }));
  let iterator = await firstIterator(streams, Table?.LatestStreamArn);
  const copies = new Map<string, Copy>();
  const readPage = async (): Promise<number> => {
    const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1_000 }));
    iterator = page.NextShardIterator;
    for (const record of page.Records ?? []) follow(copies, record);
    return page.Records?.length ?? 0;
  };
  /** To the end of the stream, but not before this transaction has come. */
  const readUpTo = async (department: string, position: number): Promise<void> => {
    const deadline = Date.now() + PATIENT_WAIT;
    for (;;) {
      while ((await readPage()) > 0);
      if ((latestOf(copies, department)?.position ?? 0) >= position) return;
      if (Date.now() > deadline) throw new Error(`The stream does not tell transaction ${position} of ${department}.`);
      await pause(AGAIN);
    }
  };
  let reading: Promise<void> = Promise.resolve();
  return {
    since: async (department, position) => {
      const { head } = (await readDepartmentItem(tables, department)) ?? {};
      await (reading = reading.then(() => readUpTo(department, head?.auditSeq ?? 0)));
      const states = copies.get(department)?.states ?? [];
      const first = states.findLastIndex((one) => one.position <= position);
      return states.slice(Math.max(first, 0));
    },
    close: () => streams.destroy(),
  };
}

async function firstIterator(streams: DynamoDBStreamsClient, arn: string | undefined): Promise<string | undefined> {
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn }));
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({
      StreamArn: arn,
      ShardId: StreamDescription?.Shards?.at(-1)?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  return ShardIterator;
}

function latestOf(copies: ReadonlyMap<string, Copy>, department: string): CommittedState | undefined {
  return copies.get(department)?.states.at(-1);
}

function follow(copies: Map<string, Copy>, { dynamodb }: _Record): void {
  const { pk, sk } = unmarshall(dynamodb?.Keys ?? {}) as Partial<Key>;
  const department = /^(?:DEPARTMENT|REPOSITORIES)#(.+)$/.exec(pk ?? '')?.[1];
  if (pk === undefined || sk === undefined || department === undefined) return;
  const copy = copies.get(department) ?? { items: new Map<string, Item>(), states: [] };
  copies.set(department, copy);
  if (dynamodb?.NewImage === undefined) copy.items.delete(`${pk} ${sk}`);
  else copy.items.set(`${pk} ${sk}`, unmarshall(dynamodb.NewImage) as Item);
  const next = stateOf(copy, department);
  // A transaction begins with the department's own item; what comes after it belongs to the same state.
  if (copy.states.at(-1)?.position === next.position) copy.states.pop();
  copy.states.push(next);
}

function stateOf({ items }: Copy, department: string): CommittedState {
  const own = items.get(`${departmentPartition(department)} ${DEPARTMENT_SORT_KEY}`);
  if (own === undefined) throw new Error(`The stream tells of what belongs to ${department} before it tells of it.`);
  const { value, head } = own as unknown as DepartmentItem;
  const of = (pk: string): readonly Item[] => [...items.values()].filter((item) => item.pk === pk);
  return {
    position: head.auditSeq,
    state: head.deleted ? undefined : departmentStateOf(value, head, of(departmentPartition(department))),
    repositories: of(repositoriesPartition(department)).map((item) => item['value'] as Repository),
  };
}
