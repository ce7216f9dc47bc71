import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditRecord } from '../model/audit-event.ts';
import { appendToChain } from './append.ts';
import { isRefusalChain } from './chain.ts';
import type { Tables } from './client.ts';
import { refusalsKey, REFUSALS_PARTITION, type Key } from './keys.ts';
import { queryAll } from './pages.ts';
import { getItem } from './read.ts';

/** A refusal, and the chain that it belongs to. */
export interface Refusal {
  readonly chain: string;
  readonly record: AuditRecord;
}

/** For how long after an event the refusals that follow it are only counted, in milliseconds. */
export const JOINED_MILLISECONDS = 60_000;

/** Refusals that were counted and are in no event yet: how many, when the first was, and the last with all that is known of it. */
interface Counted {
  readonly key: Key;
  /** Changes with each event that is made of them. */
  readonly opened: string;
  readonly count: number;
  readonly first?: string;
  readonly last?: Refusal;
}

/** Whether refusals of one caller, with one command and code, are counted together, or one is counted alone. */
export type CountedAs = 'joined' | 'alone';

/**
 * Counts a refusal with those of the same caller, command and code, if an event was made of such a one since `since`.
 * @returns `false` when there was none: then this one is to become an event
 */
export async function countRefusal(tables: Tables, refusal: Refusal, since: string): Promise<boolean> {
  return count(tables, refusal, keyOf(refusal, 'joined'), {
    ConditionExpression: '#opened > :since',
    ExpressionAttributeValues: { ':since': since },
  });
}

/**
 * Counts a refusal of which no event can be made now, because others write to its chain all the time: {@link tellCounted} makes one
 * later.
 */
export async function keepRefusal(tables: Tables, refusal: Refusal, as: CountedAs): Promise<boolean> {
  return count(tables, refusal, keyOf(refusal, as));
}

/** One write, which does not fail because others count at the same time. It is here that a refusal can no longer be lost. */
async function count(
  tables: Tables,
  refusal: Refusal,
  key: Key,
  condition: {
    readonly ConditionExpression?: string;
    readonly ExpressionAttributeValues?: Readonly<Record<string, string>>;
  } = {},
): Promise<boolean> {
  const { ConditionExpression, ExpressionAttributeValues } = condition;
  const isOpen = ConditionExpression !== undefined;
  try {
    await tables.documents.send(
      new UpdateCommand({
        TableName: tables.state,
        Key: { ...key },
        UpdateExpression: `SET #last = :last, #first = if_not_exists(#first, :time)${isOpen ? '' : ', #opened = if_not_exists(#opened, :time)'} ADD #count :one`,
        ExpressionAttributeNames: { '#last': 'last', '#first': 'first', '#count': 'count', '#opened': 'opened' },
        ExpressionAttributeValues: {
          ':last': JSON.stringify(refusal),
          ':time': refusal.record.time,
          ':one': 1,
          ...ExpressionAttributeValues,
        },
        ...(isOpen ? { ConditionExpression } : {}),
      }),
    );
    return true;
  } catch (error) {
    if (NOT_COUNTED.has((error as Error).name)) return false;
    throw error;
  }
}

/** There is nothing to count with, or an event is just being made of what was counted. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['ConditionalCheckFailedException', 'TransactionConflictException']);

/**
 * Makes an event of a refusal, together with those that were counted before it. In one transaction: the event, and the count at zero.
 * @returns `false` when others were faster, or an event has been made since `since`: try again, it may be counted now
 */
export async function tellRefusal(tables: Tables, { chain, record }: Refusal, since: string): Promise<boolean> {
  const key = keyOf({ chain, record }, 'joined');
  const item = await getItem(tables, key);
  const counted = item === undefined ? undefined : countedIn(item);
  if (counted !== undefined && counted.opened > since) return false;
  const joined = counted?.first === undefined ? undefined : joinedOf(counted.count + 1, counted.first, record.time);
  return appendToChain(tables, chain, { ...record, ...joined }, [reopened(tables, key, counted, record.time)]);
}

/** What was done with what is counted. */
export interface Told {
  /** Events that were made. */
  readonly events: number;
  /** What is left to the next time. */
  readonly left: number;
}

/**
 * Makes events of all refusals that are counted, those that wait longest first, and forgets with whom nothing more is counted.
 * @param atMost how many are dealt with
 */
export async function tellCounted(tables: Tables, now: Date, atMost: number): Promise<Told> {
  const items = await queryAll(tables, {
    TableName: tables.state,
    KeyConditionExpression: 'pk = :refusals',
    ExpressionAttributeValues: { ':refusals': REFUSALS_PARTITION },
    ConsistentRead: true,
  });
  const all = items.map((item) => countedIn(item as typeof item & Key)).sort((a, b) => (a.opened < b.opened ? -1 : 1));
  const waiting = all.filter(({ count: amount }) => amount > 0);
  let events = 0;
  for (const counted of waiting.slice(0, atMost)) if (await tell(tables, counted, now)) events += 1;
  for (const counted of all.filter(({ count: amount }) => amount === 0).slice(0, atMost))
    await forget(tables, counted, now);
  return { events, left: waiting.length - events };
}

/** How often one event is tried when others write to its chain. */
const TELLS = 3;

async function tell(tables: Tables, counted: Counted, now: Date): Promise<boolean> {
  const { first, last } = counted;
  if (first === undefined || last === undefined) throw new Error(`${counted.key.sk} counts refusals without the last.`);
  const { chain, record } = last;
  if (!isRefusalChain(chain)) throw new Error(`Refusals were counted for ${chain}, which is no chain of refusals.`);
  const joined = joinedOf(counted.count, first, record.time);
  const time = now.toISOString();
  const also = [reopened(tables, counted.key, counted, time)];
  for (let attempt = 1; attempt <= TELLS; attempt++)
    if (await appendToChain(tables, chain, { ...record, time, ...joined }, also)) return true;
  return false;
}

/** The last one counted may have been written before another one that was a moment earlier. */
function joinedOf(amount: number, first: string, last: string): Pick<AuditRecord, 'joined'> {
  return { joined: { count: amount, first: first < last ? first : last, last: first < last ? last : first } };
}

/** Begins to count again, if nothing was counted since it was read. */
function reopened(tables: Tables, key: Key, was: Counted | undefined, time: string) {
  return {
    Put: {
      TableName: tables.state,
      Item: { ...key, opened: time, count: 0 },
      ...(was === undefined ? { ConditionExpression: 'attribute_not_exists(pk)' } : unchanged(was)),
    },
  };
}

function unchanged({ opened, count: amount }: Counted) {
  return {
    ConditionExpression: '#opened = :opened AND #count = :count',
    ExpressionAttributeNames: { '#opened': 'opened', '#count': 'count' },
    ExpressionAttributeValues: { ':opened': opened, ':count': amount },
  };
}

/** Takes away what counts nothing; what is younger may still be counted with. */
async function forget(tables: Tables, counted: Counted, now: Date): Promise<void> {
  if (Date.parse(counted.opened) > now.getTime() - JOINED_MILLISECONDS) return;
  try {
    await tables.documents.send(
      new DeleteCommand({ TableName: tables.state, Key: { ...counted.key }, ...unchanged(counted) }),
    );
  } catch (error) {
    if (!NOT_COUNTED.has((error as Error).name)) throw error;
  }
}

function keyOf({ chain, record: { action, caller, reason, source } }: Refusal, as: CountedAs): Key {
  const same = [chain, caller?.repositoryId ?? '', action, reason?.code ?? ''];
  return refusalsKey(as === 'joined' ? same : [...same, source?.requestId ?? '']);
}

function countedIn(item: Readonly<Record<string, unknown>> & Key): Counted {
  const { pk, sk, opened, count: amount, first, last } = item;
  return {
    key: { pk, sk },
    opened: String(opened),
    count: Number(amount),
    ...(typeof first === 'string' ? { first } : {}),
    ...(typeof last === 'string' ? { last: JSON.parse(last) as Refusal } : {}),
  };
}
