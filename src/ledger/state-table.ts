import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { pause } from '../lib/pause.ts';
import type { Tables } from './client.ts';
import { EXPORT_KEY } from './keys.ts';
import { scanAll } from './pages.ts';

/** An item of the state table, as it is. */
export type StateItem = Readonly<Record<string, unknown>> & { readonly pk: string; readonly sk: string };

/** Most items that DynamoDB takes in one BatchWriteItem. */
const BATCH = 25;

/**
 * All items of the state table, strongly consistent page by page. It is no snapshot: for one in time use DynamoDB's own
 * point-in-time recovery, or stop writing first.
 */
export function readState(tables: Tables): AsyncGenerator<StateItem> {
  return scanAll(tables, { TableName: tables.state, ConsistentRead: true }) as AsyncGenerator<StateItem>;
}

/**
 * Writes items into an empty state table. Leases stay behind, and so does the run of an export: whoever held one is gone.
 * @returns how many were written
 * @throws Error when the table holds anything
 */
export async function restoreState(tables: Tables, items: AsyncIterable<StateItem>): Promise<number> {
  for await (const _item of scanAll(tables, { TableName: tables.state, Limit: 1, ConsistentRead: true }))
    throw new Error(`${tables.state} is not empty. Restore into a new table, and point ECP_STATE_TABLE to it.`);
  let written = 0;
  let batch: StateItem[] = [];
  for await (const item of items) {
    if (item.pk.startsWith('LEASE#') || item.pk === EXPORT_KEY.pk) continue;
    batch.push(item);
    written += 1;
    if (batch.length === BATCH) await writeBatch(tables, batch.splice(0));
  }
  if (batch.length > 0) await writeBatch(tables, batch);
  return written;
}

async function writeBatch(tables: Tables, items: readonly StateItem[]): Promise<void> {
  let left = items.map((Item) => ({ PutRequest: { Item } }));
  for (let attempt = 1; left.length > 0; attempt++) {
    if (attempt > 10) throw new Error('DynamoDB takes no more items. Delete what was written, and begin again.');
    const { UnprocessedItems } = await tables.documents.send(
      new BatchWriteCommand({ RequestItems: { [tables.state]: left } }),
    );
    left = (UnprocessedItems?.[tables.state] ?? []) as typeof left;
    // What is left over was too much at once: AWS asks for a pause that grows.
    if (left.length > 0) await pause(Math.random() * 20 * 2 ** attempt);
  }
}
