import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Tables } from '../../ledger/client.ts';
import { eventOf, lastBefore, listChains, readChainHeads, readRun } from '../../ledger/read-audit.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { PresentLife } from '../../model/present-life.ts';
import { isRefusalChain, refusalChain, type ChainHead } from '../../ledger/chain.ts';

/** How far a reader came in each chain: number of the last event that it has. */
export type Positions = ReadonlyMap<string, number>;

/** Which chains a feed follows: one department's two, or all. */
export async function chainsOf(tables: Tables, department: string | undefined): Promise<readonly string[]> {
  return department === undefined ? listChains(tables) : [department, refusalChain(department)];
}

/** Number of the last event in one of a department's chains that is from before its present life; 0 when none is. */
export function beforeLife(chain: string, life: PresentLife | undefined): number {
  if (life === undefined) return 0;
  return isRefusalChain(chain) ? life.afterRefusal : life.afterEvent;
}

/** What a feed is asked for. */
export interface FeedRequest {
  readonly tables: Tables;
  readonly department: string | undefined;
  /** Nothing from before it, wherever the reader is. */
  readonly life?: PresentLife | undefined;
  readonly positions: Positions;
  /** For chains that the reader has no position in: begin with events of this time. */
  readonly from: string | undefined;
  /** Most events that are looked at. */
  readonly limit: number;
}

/** Events that a reader does not have yet, and how far it is with them. */
export interface FeedPage {
  readonly events: readonly { readonly event: AuditEvent; readonly positions: Positions }[];
  readonly positions: Positions;
}

/**
 * The next events of a feed. A feed never leaves an event out and never gives one twice: a reader's position is a number in each
 * chain, numbers in a chain have no gaps, and chains are read from the table itself and not from an index that lags behind it.
 * The times of events play no part in it, so neither does a clock that is wrong or a transaction that took long.
 *
 * Each chain comes in its order; between chains, the earlier event of those that are there comes first.
 */
export async function readFeed(request: FeedRequest): Promise<FeedPage> {
  const { tables, limit } = request;
  const chains = await chainsOf(tables, request.department);
  const heads = await readChainHeads(tables, chains);
  const positions = await startOf(request, chains, heads);
  const behind = chains.filter((chain) => (heads.get(chain)?.seq ?? 0) > (positions.get(chain) ?? 0));
  const share = Math.max(5, Math.ceil(limit / Math.max(behind.length, 1)));
  const queues = await Promise.all(
    behind.map((chain) =>
      queueOf(tables, chain, positions.get(chain) ?? 0, heads.get(chain)?.seq ?? 0, Math.min(share, limit)),
    ),
  );
  const events: { event: AuditEvent; positions: Positions }[] = [];
  let reached = positions;
  while (events.length < limit) {
    const queue = await earliest(queues);
    const event = queue?.events.shift();
    if (event === undefined) break;
    reached = new Map(reached).set(event.chain, event.seq);
    events.push({ event, positions: reached });
  }
  return { events, positions: reached };
}

async function startOf(
  { tables, positions, from, life }: FeedRequest,
  chains: readonly string[],
  heads: ReadonlyMap<string, ChainHead>,
): Promise<Map<string, number>> {
  const started = new Map(positions);
  for (const chain of chains.filter((name) => !positions.has(name))) {
    // A chain that began after the reader did has no position either; all its events are new, and later than `from`.
    started.set(chain, from === undefined ? 0 : await lastBefore(tables, chain, from, heads.get(chain)?.seq ?? 0));
  }
  for (const chain of life === undefined ? [] : chains)
    started.set(chain, Math.max(started.get(chain) ?? 0, beforeLife(chain, life)));
  return started;
}

interface Queue {
  events: AuditEvent[];
  refill: () => Promise<AuditEvent[]>;
}

async function queueOf(tables: Tables, chain: string, start: number, last: number, limit: number): Promise<Queue> {
  let after = start;
  const refill = async (): Promise<AuditEvent[]> => {
    if (after >= last) return [];
    const events = (await readRun(tables, { chain, after, last, limit })).map(eventOf);
    after = events.at(-1)?.seq ?? last;
    return events;
  };
  return { events: await refill(), refill };
}

async function earliest(queues: readonly Queue[]): Promise<Queue | undefined> {
  let first: Queue | undefined;
  for (const queue of queues) {
    if (queue.events.length === 0) queue.events = await queue.refill();
    const [event] = queue.events;
    const [best] = first?.events ?? [];
    if (event !== undefined && (best === undefined || event.time < best.time)) first = queue;
  }
  return first;
}

/** Positions as the text of a cursor: small, because it travels in a URL. */
export function positionsText(positions: Positions): string {
  const text = [...positions]
    .filter(([, seq]) => seq > 0)
    .map(([chain, seq]) => `${chain}:${seq.toString(36)}`)
    .join(' ');
  return deflateRawSync(text).toString('base64url');
}

/** Longest text that a cursor may unfold to: a thousand chains. */
const LONGEST_POSITIONS = 64 * 1024;

/** Reads positions from the text of a cursor; `undefined` when it is none of ours. */
export function readPositions(text: string): Positions | undefined {
  let pairs: string;
  try {
    pairs = inflateRawSync(Buffer.from(text, 'base64url'), { maxOutputLength: LONGEST_POSITIONS }).toString('utf8');
  } catch {
    return undefined;
  }
  const positions = new Map<string, number>();
  for (const pair of pairs.split(' ').filter((part) => part !== '')) {
    const match = /^([a-z0-9.-]{1,64}):([0-9a-z]{1,8})$/.exec(pair);
    if (match?.[1] === undefined || match[2] === undefined) return undefined;
    positions.set(match[1], Number.parseInt(match[2], 36));
  }
  return positions;
}
