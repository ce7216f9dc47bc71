import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { randomBytes } from 'node:crypto';
import type { Tables } from './client.ts';
import type { Key } from './keys.ts';
import { getItem } from './read.ts';

/** A key that cursors are sealed with. */
export interface CursorKey {
  /** Eight hexadecimal digits; each cursor says by it which key it was sealed with. */
  readonly id: string;
  /** 32 random bytes, base64. */
  readonly secret: string;
  /** Since when cursors are sealed with it, ISO 8601 in UTC. */
  readonly since: string;
}

const KEY: Key = { pk: 'ACCOUNT', sk: 'CURSOR_KEYS' };
const DAY = 86_400_000;
/** How long one key seals. */
const ROTATE_AFTER = 90 * DAY;
/** How many keys still open: whoever follows the audit log may be away for a year. */
const KEPT = 6;

/** The keys that open cursors, the newest first; none before the first cursor was sealed. */
export async function readCursorKeys(tables: Tables): Promise<readonly CursorKey[]> {
  return ((await getItem(tables, KEY))?.['keys'] as readonly CursorKey[] | undefined) ?? [];
}

/**
 * The keys, the first of which is to seal with. It is made when there is none, and another one when it has sealed for long enough; of
 * several processes that find that at the same time, one makes it.
 */
export async function sealingCursorKeys(tables: Tables, now: Date): Promise<readonly CursorKey[]> {
  const keys = await readCursorKeys(tables);
  const [current] = keys;
  if (current !== undefined && now.getTime() - Date.parse(current.since) < ROTATE_AFTER) return keys;
  const made: CursorKey = {
    id: randomBytes(4).toString('hex'),
    secret: randomBytes(32).toString('base64'),
    since: now.toISOString(),
  };
  const becomes = [made, ...keys].slice(0, KEPT);
  try {
    await tables.documents.send(
      new PutCommand({
        TableName: tables.state,
        Item: { ...KEY, current: made.id, keys: becomes },
        ConditionExpression: current === undefined ? 'attribute_not_exists(pk)' : '#current = :current',
        ...(current === undefined
          ? {}
          : {
              ExpressionAttributeNames: { '#current': 'current' },
              ExpressionAttributeValues: { ':current': current.id },
            }),
      }),
    );
    return becomes;
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
    return readCursorKeys(tables);
  }
}
