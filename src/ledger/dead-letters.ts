import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Operation } from '../model/operation.ts';
import type { Tables } from './client.ts';
import { deadLetterKey, DEAD_LETTERS_PARTITION } from './keys.ts';
import { queryAll } from './pages.ts';
import { getItem } from './read.ts';

type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * An operation that ended without AWS being known to be as the ledger says: what was to be brought where, why it could not
 * be, and when it was given up. A replay of the operation brings it there.
 */
export interface DeadLetter {
  readonly operation: Operation['id'];
  readonly department: Operation['department'];
  readonly command: string;
  readonly subject: Operation['subject'];
  readonly targets: Operation['targets'];
  readonly attempts: number;
  readonly error: NonNullable<Operation['error']>;
  /** When it was given up, ISO 8601 in UTC. */
  readonly at: string;
}

/** The dead letters that a transaction adds, and those that it takes away. */
export interface DeadLetterWrites {
  readonly added: readonly DeadLetter[];
  /** Ids of operations. */
  readonly removed: readonly string[];
}

/** The part of a transaction that concerns dead letters. */
export function deadLetterActions({ state }: Tables, { added, removed }: DeadLetterWrites): readonly Action[] {
  return [
    ...added.map((letter) => ({
      Put: { TableName: state, Item: { ...deadLetterKey(letter.operation), letter: JSON.stringify(letter) } },
    })),
    ...removed.map((operation) => ({ Delete: { TableName: state, Key: deadLetterKey(operation) } })),
  ];
}

/** The dead letter of an operation, if it left one that was not replayed yet. */
export async function readDeadLetter(tables: Tables, operation: string): Promise<DeadLetter | undefined> {
  const item = await getItem(tables, deadLetterKey(operation));
  return item === undefined ? undefined : letterOf(item);
}

/** All dead letters, those given up first at the front. Strongly consistent. */
export async function listDeadLetters(tables: Tables): Promise<readonly DeadLetter[]> {
  const items = await queryAll(tables, {
    TableName: tables.state,
    KeyConditionExpression: 'pk = :letters',
    ExpressionAttributeValues: { ':letters': DEAD_LETTERS_PARTITION },
    ConsistentRead: true,
  });
  return items.map(letterOf).sort((a, b) => (a.at < b.at ? -1 : 1));
}

function letterOf(item: Readonly<Record<string, unknown>>): DeadLetter {
  return JSON.parse(String(item['letter'])) as DeadLetter;
}
