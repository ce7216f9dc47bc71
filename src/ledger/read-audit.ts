import { EMPTY_CHAIN, isRefusalChain, PLATFORM_CHAIN, type ChainHead } from './chain.ts';
import { chainHeadOf } from './head.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { DepartmentHead } from '../model/state.ts';
import { AUDIT_INDEXES, AUDIT_TIME_KEY, type AuditFacets, type AuditIndex } from './audit-items.ts';
import type { Tables } from './client.ts';
import {
  auditSortKey,
  chainHeadKey,
  CHAINS_PARTITION,
  departmentPartition,
  DEPARTMENT_SORT_KEY,
  type Key,
} from './keys.ts';
import { getAll, queryAll, queryPage, type Item, type QueryPage } from './pages.ts';

/** The names of all chains that ever had an event, in order; also those of departments that are gone. Strongly consistent. */
export async function listChains(tables: Tables): Promise<readonly string[]> {
  const items = await queryAll(tables, {
    TableName: tables.audit,
    KeyConditionExpression: 'pk = :chains',
    ExpressionAttributeValues: { ':chains': CHAINS_PARTITION },
    ConsistentRead: true,
  });
  return items.map((item) => String(item['sk']));
}

/** Where a chain's head is: in an item of its own, or in its department's. */
type HeadItem = Key & ChainHead & { readonly head?: DepartmentHead };

const HEAD_ATTRIBUTES = ['pk', 'head', 'seq', 'hash', 'time'];

/** Where chains stand, strongly consistent; a chain without events is not in the answer. */
export async function readChainHeads(
  tables: Tables,
  chains: readonly string[],
): Promise<ReadonlyMap<string, ChainHead>> {
  const byPartition = new Map(chains.map((chain) => [headKeyOf(chain).pk, chain]));
  const items = await getAll<HeadItem>(tables, tables.state, chains.map(headKeyOf), HEAD_ATTRIBUTES);
  return new Map(
    items.flatMap((item) => {
      const chain = byPartition.get(item.pk);
      const head = item.head === undefined ? item : chainHeadOf(item.head);
      return chain === undefined || head.seq === EMPTY_CHAIN.seq ? [] : [[chain, head] as const];
    }),
  );
}

/** A department's chain stands in the department's own item, which its mutations write anyway. */
function headKeyOf(chain: string): Key {
  if (chain === PLATFORM_CHAIN || isRefusalChain(chain)) return chainHeadKey(chain);
  return { pk: departmentPartition(chain), sk: DEPARTMENT_SORT_KEY };
}

/** A run of a chain: after one number, up to another. */
export interface ChainRun {
  readonly chain: string;
  /** Number of the event before the first wanted one. */
  readonly after: number;
  /** Number of the last wanted one. */
  readonly last: number;
  /** Most events; without it as many as DynamoDB gives in one answer, 1 MB. */
  readonly limit?: number;
}

/**
 * Reads a run of a chain as the texts that were written, oldest first, strongly consistent. It may give fewer than wanted; events are
 * numbered, so that whoever wants the others goes on after the last one.
 */
export async function readRun(tables: Tables, { chain, after, last, limit }: ChainRun): Promise<readonly string[]> {
  const { items } = await queryPage(
    tables,
    {
      TableName: tables.audit,
      KeyConditionExpression: 'pk = :chain AND sk BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#event': 'event' },
      ExpressionAttributeValues: { ':chain': chain, ':first': auditSortKey(after + 1), ':last': auditSortKey(last) },
      ProjectionExpression: '#event',
      ConsistentRead: true,
    },
    limit,
  );
  return items.map(textOf);
}

/** The events of a chain from its newest back, strongly consistent; as the audit table has them, whatever the state table says. */
export async function* readNewest(tables: Tables, chain: string): AsyncGenerator<AuditEvent> {
  let start: Item | undefined;
  do {
    const page: QueryPage = await queryPage(
      tables,
      {
        TableName: tables.audit,
        KeyConditionExpression: 'pk = :chain',
        ExpressionAttributeNames: { '#event': 'event' },
        ExpressionAttributeValues: { ':chain': chain },
        ProjectionExpression: '#event',
        ConsistentRead: true,
        ScanIndexForward: false,
      },
      NEWEST,
      start,
    );
    for (const item of page.items) yield eventOf(textOf(item));
    start = page.next;
  } while (start !== undefined);
}

/** How many events are looked at at once from the newest back: what is looked for is near the end. */
const NEWEST = 10;

/** Reads one event, strongly consistent. */
async function readEvent(tables: Tables, chain: string, seq: number): Promise<AuditEvent | undefined> {
  const [text] = await readRun(tables, { chain, after: seq - 1, last: seq });
  return text === undefined ? undefined : eventOf(text);
}

/**
 * The number of a chain's last event before a time; 0 when there is none. A chain is sorted by time, so that it is found by halving:
 * about twenty reads for a million events.
 */
export async function lastBefore(tables: Tables, chain: string, time: string, head: number): Promise<number> {
  let before = 0;
  let notBefore = head + 1;
  while (notBefore - before > 1) {
    const middle = Math.floor((before + notBefore) / 2);
    const event = await readEvent(tables, chain, middle);
    if (event === undefined) throw new Error(`The event ${chain}/${middle} is missing from the audit table.`);
    if (event.time < time) before = middle;
    else notBefore = middle;
  }
  return before;
}

/** What to find in an index, and where to read on. */
export interface IndexRange {
  readonly index: AuditIndex;
  readonly value: string;
  readonly filters: AuditFacets;
  readonly order: 'newest' | 'oldest';
  /** Only events of this time or later. */
  readonly from?: string;
  /** Only events before this time. */
  readonly to?: string;
  /** Place in the order of time to read on from, exclusive; see `timeKeyOf`. */
  readonly after?: string;
  /** How many entries are looked at. */
  readonly limit: number;
}

/** What an index gave: the places of the events found, and the last place looked at if there may be more. */
export interface IndexPage {
  readonly found: readonly (Key & { readonly at: string })[];
  readonly more?: string;
}

/** The highest text: everything that a key of ours may hold sorts below it. */
const HIGHEST = '\u{10ffff}';

/** Reads a run of an index; a moment behind the table. */
export async function readIndex(tables: Tables, range: IndexRange): Promise<IndexPage> {
  const { index, value, order, after, from, to, limit } = range;
  const forward = order === 'oldest';
  // The key of an event begins with its time, which `to` excludes and `from` includes; a cursor is excluded by the next key.
  const least = forward && after !== undefined ? `${after}\u0000` : (from ?? '0');
  const most = !forward && after !== undefined ? before(after) : to === undefined ? HIGHEST : before(to);
  if (least > most) return { found: [] };
  const filters = Object.entries(range.filters).filter(([name]) => name !== AUDIT_INDEXES[index]);
  const page = await queryPage(
    tables,
    {
      TableName: tables.audit,
      IndexName: index,
      KeyConditionExpression: `#value = :value AND #at BETWEEN :least AND :most`,
      ...(filters.length === 0
        ? {}
        : { FilterExpression: filters.map(([name]) => `#${name} = :${name}`).join(' AND ') }),
      ExpressionAttributeNames: {
        '#value': AUDIT_INDEXES[index],
        '#at': AUDIT_TIME_KEY,
        ...Object.fromEntries(filters.map(([name]) => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ':value': value,
        ':least': least,
        ':most': most,
        ...Object.fromEntries(filters.map(([name, wanted]) => [`:${name}`, wanted])),
      },
      ScanIndexForward: forward,
    },
    limit,
  );
  const found = page.items.map(({ pk, sk, at }) => ({ pk: String(pk), sk: String(sk), at: String(at) }));
  const more = page.next?.[AUDIT_TIME_KEY] as string | undefined;
  return { found, ...(more === undefined ? {} : { more }) };
}

/** The highest text below another: the key before it, for a range whose end is included. */
function before(text: string): string {
  const last = text.codePointAt(text.length - 1) ?? 1;
  return `${text.slice(0, -1)}${String.fromCodePoint(last - 1)}${HIGHEST}`;
}

/** Reads events by their places, in that order, strongly consistent. */
export async function readEvents(tables: Tables, keys: readonly Key[]): Promise<readonly AuditEvent[]> {
  const items = await getAll(
    tables,
    tables.audit,
    keys.map(({ pk, sk }) => ({ pk, sk })),
    ['pk', 'sk', 'event'],
  );
  const events = new Map(items.map((item) => [`${String(item['pk'])}/${String(item['sk'])}`, textOf(item)]));
  return keys.map(({ pk, sk }) => {
    const text = events.get(`${pk}/${sk}`);
    if (text === undefined) throw new Error(`The event ${pk}/${sk} is missing from the audit table.`);
    return eventOf(text);
  });
}

function textOf(item: Item): string {
  return String(item['event']);
}

/** An event from the text that was written. */
export function eventOf(text: string): AuditEvent {
  return JSON.parse(text) as AuditEvent;
}
