import {
  BatchGetCommand,
  QueryCommand,
  ScanCommand,
  type QueryCommandInput,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { pause } from '../lib/pause.ts';
import type { Tables } from './client.ts';
import type { Key } from './keys.ts';

/*
 * The only place that sends Query, Scan and BatchGetItem. Each of them may answer with less than it was asked for: a page ends
 * after 1 MB, and a batch after 16 MB or under load. Whoever takes such an answer for the whole loses the rest without a word.
 * See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html and
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */

/** An item of a table, as it is. */
export type Item = Readonly<Record<string, unknown>>;

/** What to query; where it begins and how many items it gives is said apart. */
export type Query = Omit<QueryCommandInput, 'ExclusiveStartKey' | 'Limit'>;

/** One answer of a query, and the key that the next begins after; without one that was the end. */
export interface QueryPage {
  readonly items: readonly Item[];
  readonly next?: Item;
}

/** One answer of a query: at most `limit` items are looked at, fewer where DynamoDB's 1 MB is full before. */
export async function queryPage(tables: Tables, query: Query, limit?: number, start?: Item): Promise<QueryPage> {
  const input = { ...query, ExclusiveStartKey: start, ...(limit === undefined ? {} : { Limit: limit }) };
  const { Items = [], LastEvaluatedKey } = await tables.documents.send(new QueryCommand(input));
  return { items: Items, ...(LastEvaluatedKey === undefined ? {} : { next: LastEvaluatedKey }) };
}

/** The first `limit` items of a query, however many answers they take; fewer only where there are no more. */
export async function queryUpTo(tables: Tables, query: Query, limit: number): Promise<readonly Item[]> {
  const items: Item[] = [];
  let next: Item | undefined;
  do {
    const page = await queryPage(tables, query, limit - items.length, next);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined && items.length < limit);
  return items;
}

/** All items of a query. */
export async function queryAll(tables: Tables, query: Query): Promise<readonly Item[]> {
  const items: Item[] = [];
  let next: Item | undefined;
  do {
    const page = await queryPage(tables, query, undefined, next);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return items;
}

/** How many items a query has. */
export async function queryCount(tables: Tables, query: Query): Promise<number> {
  let count = 0;
  let start: Item | undefined;
  do {
    const page = await tables.documents.send(new QueryCommand({ ...query, Select: 'COUNT', ExclusiveStartKey: start }));
    count += page.Count ?? 0;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return count;
}

/** All items of a table, answer by answer. It is no snapshot: what is written meanwhile may be in it or not. */
export async function* scanAll(
  tables: Tables,
  scan: Omit<ScanCommandInput, 'ExclusiveStartKey'>,
): AsyncGenerator<Item> {
  let start: Item | undefined;
  do {
    const page = await tables.documents.send(new ScanCommand({ ...scan, ExclusiveStartKey: start }));
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/** Most keys that DynamoDB takes in one BatchGetItem. */
const BATCH = 100;
/** How often in a row a batch may come back with nothing before it is given up. */
const MOST_EMPTY = 10;

/** Reads items by their keys, strongly consistent, in no order; what is not there is left out. */
export async function getAll<Stored extends object = Item>(
  tables: Tables,
  table: string,
  keys: readonly Key[],
  attributes: readonly string[],
): Promise<readonly Stored[]> {
  const items: Stored[] = [];
  const projection = {
    ConsistentRead: true,
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
  for (let begin = 0; begin < keys.length; begin += BATCH) {
    let wanted: Record<string, unknown>[] = keys.slice(begin, begin + BATCH).map((key) => ({ ...key }));
    for (let empty = 0; wanted.length > 0; ) {
      const { Responses, UnprocessedKeys } = await tables.documents.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ...projection } } }),
      );
      const left = UnprocessedKeys?.[table]?.Keys ?? [];
      empty = left.length === wanted.length ? empty + 1 : 0;
      if (empty === MOST_EMPTY)
        throw new Error(`DynamoDB left ${left.length} keys of a batch unread, again and again.`);
      // Nothing at all is read only under load: AWS asks for a pause that grows.
      if (empty > 0) await pause(Math.random() * 20 * 2 ** empty);
      items.push(...((Responses?.[table] ?? []) as Stored[]));
      wanted = left;
    }
  }
  return items;
}
