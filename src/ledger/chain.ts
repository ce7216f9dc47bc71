import { createHash } from 'node:crypto';
import { EVENT_SCHEMA_VERSION, type AuditEvent, type AuditRecord } from '../model/audit-event.ts';
import { canonicalJson } from '../model/canonical-json.ts';

/** Where a chain stands: the number and hash of its last event. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
  /** Time of the last event; unknown for a head that somebody noted down. */
  readonly time?: string;
}

/** `prev` of the first event of a chain. */
export const GENESIS_HASH = '0'.repeat(64);

/** A chain without events. */
export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: GENESIS_HASH };

/** The platform's own chain. */
export const PLATFORM_CHAIN = 'platform';

/** The chain of refusals of a department, or of the platform for callers that no department knows. */
export function refusalChain(department: string | undefined): string {
  return `${department ?? PLATFORM_CHAIN}${REFUSALS}`;
}

/** The chain of refusals' name ends with it; a department's id can't hold a dot. */
const REFUSALS = '.refusals';

/** Whether a chain is one of a department's two. */
export function isOfDepartment(chain: string, department: string): boolean {
  return chain === department || chain === refusalChain(department);
}

/** Whether a chain holds refusals. */
export function isRefusalChain(chain: string): boolean {
  return chain.endsWith(REFUSALS);
}

/**
 * Links records onto a chain, in order; pure. An event is never older than the one before it, whatever the clocks of two
 * writers say: so a chain is sorted by time too, and the events of a period are one run of it.
 */
export function link(chain: string, head: ChainHead, records: readonly AuditRecord[]): readonly AuditEvent[] {
  const events: AuditEvent[] = [];
  let last: ChainHead = head;
  for (const record of records) {
    const seq = last.seq + 1;
    const time = last.time !== undefined && last.time > record.time ? last.time : record.time;
    const unsealed = {
      schemaVersion: EVENT_SCHEMA_VERSION,
      ...record,
      time,
      id: `${chain}/${seq}`,
      chain,
      seq,
      prev: last.hash,
    };
    const event = { ...unsealed, hash: hashOf(unsealed) };
    events.push(event);
    last = event;
  }
  return events;
}

/**
 * The hash of an event: SHA-256 over the hash before it and the canonical JSON of the event without its own hash.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function hashOf(event: Omit<AuditEvent, 'hash'>): string {
  const { hash: _hash, ...unsealed } = event as AuditEvent;
  return createHash('sha256').update(event.prev).update(canonicalJson(unsealed)).digest('hex');
}

/** The first thing that is wrong with a run of a chain, or `undefined` when it is whole. */
export function findBreak(events: readonly AuditEvent[], head: ChainHead = EMPTY_CHAIN): string | undefined {
  let last: ChainHead = head;
  const [{ chain } = { chain: '' }] = events;
  for (const event of events) {
    if (event.chain !== chain || event.id !== `${chain}/${event.seq}`)
      return `${event.id}: is not of the chain ${chain}`;
    if (event.seq !== last.seq + 1) return `${event.id}: expected event ${last.seq + 1}`;
    if (event.prev !== last.hash) return `${event.id}: does not link to the event before it`;
    if (hashOf(event) !== event.hash) return `${event.id}: its content does not match its hash`;
    last = event;
  }
  return undefined;
}
