import type { AuditEvent, ChainHeadRecord } from '../model/audit-event.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import { GENESIS_HASH, hashOf } from './chain.ts';
import { CLOUD_EVENT_TYPE, cloudEventLine } from './cloud-event.ts';

/** Something that is wrong: where it was seen, and what. */
export interface Problem {
  /** A file, `live`, or the event's id. */
  readonly where: string;
  readonly what: string;
}

/** A run of a chain as it was verified. */
export interface VerifiedChain {
  readonly chain: string;
  readonly first: number;
  readonly last: number;
  readonly hash: string;
}

/** Verifies events as they come, chain by chain or mixed. */
export interface Verifier {
  /** Looks at one line of an export: a CloudEvent, or an event alone. */
  line(text: string, where: string): AuditEvent | undefined;
  /** Says where a chain must have stood: the whole of it up to there must be among the events. */
  expectHead(head: ChainHeadRecord, said: string): void;
  problems(): readonly Problem[];
  chains(): readonly VerifiedChain[];
}

/** What a verifier takes for true before it begins. */
export interface Trust {
  /** Heads that somebody noted down: a chain may begin behind one. */
  readonly heads?: readonly ChainHeadRecord[];
  /** Only a part of the log was given: chains that an anchor names may be missing, and may end before it. */
  readonly partial?: boolean;
}

interface Chain {
  first: number;
  last: number;
  hash: string;
  time: string;
  /** The hash of each event, 32 bytes each, to compare with what anchors and manifests say. */
  hashes: Buffer;
  /** Whether it broke: what comes behind a break is not looked at. */
  broken: boolean;
}

/** Verifies chains: each whole, from its first event or a trusted head on, and as long as anchors say. Holds 32 bytes an event. */
export function createVerifier({ heads = [], partial = false }: Trust = {}): Verifier {
  const chains = new Map<string, Chain>();
  const problems: Problem[] = [];
  const expected: { readonly head: ChainHeadRecord; readonly said: string; readonly anchor: boolean }[] = heads.map(
    (head) => ({ head, said: 'a trusted head', anchor: true }),
  );
  let source: string | undefined;
  const add = (event: AuditEvent): void => {
    const chain = chains.get(event.chain);
    if (chain?.broken === true) return;
    const what = chain === undefined ? wrongBeginning(event, heads) : wrongLink(event, chain);
    if (what !== undefined) problems.push({ where: event.id, what });
    chains.set(event.chain, extended(chain, event, what !== undefined));
    for (const head of event.heads ?? []) expected.push({ head, said: `event ${event.id}`, anchor: true });
  };
  return {
    line: (text, where) => {
      const read = wellFormed(text);
      if (typeof read === 'string') {
        problems.push({ where, what: read });
        return undefined;
      }
      if (read.source !== undefined && read.source !== (source ??= read.source))
        problems.push({ where: read.event.id, what: `is of ${read.source}, those before it of ${source}` });
      add(read.event);
      return read.event;
    },
    expectHead: (head, said) => void expected.push({ head, said, anchor: false }),
    problems: () => [
      ...problems,
      ...expected.flatMap(({ head, said, anchor }) => wrongHead(chains.get(head.chain), head, said, anchor && partial)),
    ],
    chains: () => [...chains].map(([chain, { first, last, hash }]) => ({ chain, first, last, hash })),
  };
}

/** What a forger may have written is of any shape; what can't even be looked at is wrong. */
function wellFormed(text: string): ReturnType<typeof readLine> {
  try {
    const read = readLine(text);
    if (typeof read !== 'string') hashOf(read.event);
    return read;
  } catch (error) {
    return `is malformed: ${(error as Error).message}`;
  }
}

function readLine(text: string): { readonly event: AuditEvent; readonly source?: string } | string {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return 'is not JSON';
  }
  if (line['specversion'] === undefined)
    return isEvent(line) ? { event: line } : 'is neither a CloudEvent nor an event of ours';
  const event = (line['data'] as { unmapped?: unknown } | undefined)?.unmapped;
  if (line['type'] !== CLOUD_EVENT_TYPE) return `is a CloudEvent of type ${String(line['type'])}, which is not known`;
  if (!isEvent(event)) return 'holds no event under data.unmapped';
  const source = String(line['source']);
  // All around the event follows from it, so it is made again: nothing around it can say something else.
  if (canonicalJson(line) !== canonicalJson(JSON.parse(cloudEventLine(JSON.stringify(event), source))))
    return `${event.id}: what is around the event does not say what the event says`;
  return { event, source };
}

function isEvent(value: unknown): value is AuditEvent {
  const { id, chain, seq, prev, hash, time, action, outcome } = (value ?? {}) as Record<string, unknown>;
  return (
    [id, chain, prev, hash, time, action, outcome].every((member) => typeof member === 'string') &&
    Number.isSafeInteger(seq)
  );
}

function wrongBeginning(event: AuditEvent, trusted: readonly ChainHeadRecord[]): string | undefined {
  const own = wrongItself(event);
  if (own !== undefined) return own;
  if (event.seq === 1)
    return event.prev === GENESIS_HASH ? undefined : 'is the first of its chain, but links to something';
  const before = trusted.find(({ chain, seq }) => chain === event.chain && seq === event.seq - 1);
  if (before === undefined)
    return `is where ${event.chain} begins here: what is before it is missing, unless you trust ${event.chain}/${event.seq - 1} with the hash ${event.prev}`;
  return event.prev === before.hash ? undefined : 'does not link to the head that you trust';
}

function wrongLink(event: AuditEvent, { last, hash, time }: Chain): string | undefined {
  if (event.seq <= last) return `comes again, or too late: ${event.chain}/${last} was there already`;
  if (event.seq !== last + 1) return `expected was ${event.chain}/${last + 1}: ${event.seq - last - 1} missing`;
  if (event.prev !== hash) return 'does not link to the event before it';
  return wrongItself(event) ?? (event.time < time ? 'is older than the event before it' : undefined);
}

function wrongItself(event: AuditEvent): string | undefined {
  if (event.id !== `${event.chain}/${event.seq}`) return 'has an id that is not its place';
  return hashOf(event) === event.hash ? undefined : 'its content does not match its hash';
}

function extended(chain: Chain | undefined, event: AuditEvent, broken: boolean): Chain {
  if (broken && chain !== undefined) return { ...chain, broken };
  const { seq, hash, time } = event;
  const made = chain ?? { first: seq, last: seq, hash, time, hashes: Buffer.alloc(1_024), broken };
  const at = (seq - made.first) * 32;
  if (at + 32 > made.hashes.length) made.hashes = Buffer.concat([made.hashes, Buffer.alloc(made.hashes.length)]);
  made.hashes.write(hash, at, 'hex');
  made.last = seq;
  made.hash = hash;
  made.time = time;
  return made;
}

function wrongHead(
  chain: Chain | undefined,
  head: ChainHeadRecord,
  said: string,
  lenient: boolean,
): readonly Problem[] {
  const where = `${head.chain}/${head.seq}`;
  // The break itself is told already, and all behind it is unknown.
  if (chain?.broken === true && head.seq > chain.last) return [];
  if (chain === undefined || head.seq > chain.last) {
    if (lenient) return [];
    return [
      {
        where,
        what: `is missing, though ${said} says that ${head.chain} went that far${chain === undefined ? '' : `; it ends at ${head.chain}/${chain.last}`}`,
      },
    ];
  }
  if (head.seq < chain.first) return [];
  const at = (head.seq - chain.first) * 32;
  const hash = chain.hashes.subarray(at, at + 32).toString('hex');
  return hash === head.hash
    ? []
    : [{ where, what: `is another event than the one that ${said} says: its hash is ${hash}, not ${head.hash}` }];
}
