import type { AuditEvent } from '../../model/audit-event.ts';
import { canonicalJson } from '../../model/canonical-json.ts';
import { hashOf } from '../../ledger/chain.ts';
import { CLOUD_EVENT_TYPE, cloudEventLine } from '../cloud-event.ts';

/** What a line of an export holds. */
export interface EventLine {
  readonly event: AuditEvent;
  /** CloudEvents' `source`; a line may be the event alone. */
  readonly source?: string;
}

/** Reads one line of an export. What a forger wrote may be of any shape: the text that is answered says what is wrong with it. */
export function readEventLine(text: string): EventLine | string {
  try {
    const read = readLine(text);
    if (typeof read !== 'string') hashOf(read.event);
    return read;
  } catch (error) {
    return `is malformed: ${(error as Error).message}`;
  }
}

function readLine(text: string): EventLine | string {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  if (!isObject(line)) return NEITHER;
  if (line['specversion'] === undefined) {
    if (!isEvent(line)) return NEITHER;
    return JSON.stringify(line) === text ? { event: line } : `${line.id}: ${OTHERWISE}`;
  }
  return readCloudEvent(line, text);
}

const NEITHER = 'is neither a CloudEvent nor an event of ours';

/**
 * There is one text of an event. Another one with the same meaning to this reader may mean something else to the next: a member that is
 * there twice, or `5.0` for `5`.
 */
const OTHERWISE =
  'is written in another way than events are: maybe a member is there twice, a number is spelled differently, or there are spaces';

function readCloudEvent(line: Readonly<Record<string, unknown>>, text: string): EventLine | string {
  const { type, source, data } = line;
  if (type !== CLOUD_EVENT_TYPE) return `is a CloudEvent of type ${String(type)}, which is not known`;
  const event = isObject(data) ? data['unmapped'] : undefined;
  if (!isEvent(event) || typeof source !== 'string') return 'holds no event under data.unmapped';
  // All around the event follows from it, so it is made again: nothing around it can say something else.
  const expected = cloudEventLine(JSON.stringify(event), source);
  if (text === expected) return { event, source };
  return canonicalJson(line) === canonicalJson(JSON.parse(expected))
    ? `${event.id}: ${OTHERWISE}`
    : `${event.id}: what is around the event does not say what the event says`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value has all that verifying looks at. */
function isEvent(value: unknown): value is AuditEvent {
  if (!isObject(value)) return false;
  const { id, chain, seq, prev, hash, time, action, outcome, heads, manifest } = value;
  return (
    [id, chain, time, action, outcome].every((member) => typeof member === 'string') &&
    isSha256(prev) &&
    isSha256(hash) &&
    isNumber(seq) &&
    (heads === undefined || isHeads(heads)) &&
    (manifest === undefined || isReference(manifest))
  );
}

/** Whether a value is a list of chain heads. */
export function isHeads(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (head) => isObject(head) && typeof head['chain'] === 'string' && isNumber(head['seq']) && isSha256(head['hash']),
    )
  );
}

/** Whether a value says where a manifest lies and what its SHA-256 is. */
export function isReference(value: unknown): boolean {
  return isObject(value) && typeof value['key'] === 'string' && isSha256(value['sha256']);
}

/** Whether a value is a SHA-256 in lower-case hexadecimal. */
export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** Whether a value counts something: from 1. */
export function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
