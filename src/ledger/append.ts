import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { EMPTY_CHAIN, link, type ChainHead } from './chain.ts';
import type { AuditRecord } from '../model/audit-event.ts';
import type { Tables } from './client.ts';
import { eventActions, isConflict } from './commit.ts';
import { chainHeadKey } from './keys.ts';
import { getItem } from './read.ts';

/**
 * Appends a record to a chain that is no department's own: refusals, the platform's.
 * @param also writes that belong to the same transaction
 * @returns whether it was appended; `false` when others appended at the same time, then try again
 */
export async function appendToChain(
  tables: Tables,
  chain: string,
  record: AuditRecord,
  also: NonNullable<TransactWriteCommandInput['TransactItems']> = [],
): Promise<boolean> {
  const head = await readChainHead(tables, chain);
  const [event] = link(chain, head, [record]);
  if (event === undefined) return false;
  try {
    await tables.documents.send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Put: {
              TableName: tables.state,
              Item: { ...chainHeadKey(chain), seq: event.seq, hash: event.hash, time: event.time },
              ConditionExpression: head.seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :seq',
              ...(head.seq === 0 ? {} : { ExpressionAttributeValues: { ':seq': head.seq } }),
            },
          },
          ...eventActions(tables, event),
          ...also,
        ],
      }),
    );
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** Where a chain of its own stands. */
export async function readChainHead(tables: Tables, chain: string): Promise<ChainHead> {
  const item = await getItem<ChainHead>(tables, chainHeadKey(chain));
  if (item === undefined) return EMPTY_CHAIN;
  const { seq, hash, time } = item;
  return { seq, hash, ...(time === undefined ? {} : { time }) };
}
