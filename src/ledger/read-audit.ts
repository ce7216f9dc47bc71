import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Tables } from './client.ts';
import { auditSortKey } from './keys.ts';
import { AUDIT_BY_DAY } from './tables.ts';

/** Where to read on in a chain, and which way. */
export interface ChainRange {
  readonly chain: string;
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  /** Sequence number to read on from, exclusive. */
  readonly after?: number;
}

/** Reads a run of a chain, strongly consistent. */
export async function readChain(
  tables: Tables,
  { chain, limit, order, after }: ChainRange,
): Promise<readonly AuditEvent[]> {
  const forward = order === 'oldest';
  const condition = after === undefined ? '' : ` AND sk ${forward ? '>' : '<'} :after`;
  const page = await tables.documents.send(
    new QueryCommand({
      TableName: tables.audit,
      KeyConditionExpression: `pk = :chain${condition}`,
      ExpressionAttributeValues: { ':chain': chain, ...(after === undefined ? {} : { ':after': auditSortKey(after) }) },
      ConsistentRead: true,
      ScanIndexForward: forward,
      Limit: limit,
    }),
  );
  return (page.Items ?? []).map(eventOf);
}

/** Where to read on among the events of one day, of all chains. */
export interface DayRange {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  /** Index key to read on from, exclusive; see {@link timeKeyOf}. */
  readonly after?: string;
}

/** Reads a run of a day's events from the index; a moment behind the table. */
export async function readDay(tables: Tables, { day, limit, order, after }: DayRange): Promise<readonly AuditEvent[]> {
  const forward = order === 'oldest';
  const condition = after === undefined ? '' : ` AND timeAndId ${forward ? '>' : '<'} :after`;
  const page = await tables.documents.send(
    new QueryCommand({
      TableName: tables.audit,
      IndexName: AUDIT_BY_DAY,
      KeyConditionExpression: `#day = :day${condition}`,
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': day, ...(after === undefined ? {} : { ':after': after }) },
      ScanIndexForward: forward,
      Limit: limit,
    }),
  );
  return (page.Items ?? []).map(eventOf);
}

/** An event's key in the index by day. */
export function timeKeyOf(event: Pick<AuditEvent, 'time' | 'chain' | 'seq'>): string {
  return `${event.time}#${event.chain}#${auditSortKey(event.seq)}`;
}

function eventOf(item: Readonly<Record<string, unknown>>): AuditEvent {
  return JSON.parse(String(item['event'])) as AuditEvent;
}
