import type { AuditEvent, ChainHeadRecord } from '../../model/audit-event.ts';
import { GENESIS_HASH, hashOf } from '../../ledger/chain.ts';
import { readEventLine } from './event-line.ts';
import { vouch, type Vouched, type Vouchers, type Witness } from './vouch.ts';

/** Something that is wrong, or open: where it was seen, and what. */
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
  /** Up to where something from outside vouches for it; behind that it may be cut off or invented, and nothing here would show it. */
  readonly vouched?: Vouched;
}

/** Verifies events as they come, chain by chain or mixed. */
export interface Verifier {
  /** Looks at one line of an export: a CloudEvent, or an event alone. */
  line(text: string, where: string): AuditEvent | undefined;
  /** Takes up what says where chains must have stood: the whole of each up to there must be among the events. */
  hear(witness: Witness): void;
  problems(): readonly Problem[];
  vouchers(): Vouchers;
  chains(): readonly VerifiedChain[];
}

/** What a verifier takes for true before it begins: it comes from whoever asks, never from what is verified. */
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
  const witnesses: Witness[] = heads.map((head) => ({
    name: 'the head that you gave',
    belief: { kind: 'given' },
    heads: [head],
    manifests: [],
  }));
  let source: string | undefined;
  const add = (event: AuditEvent): void => {
    const chain = chains.get(event.chain);
    if (chain?.broken === true) return;
    const what = chain === undefined ? wrongBeginning(event, heads) : wrongLink(event, chain);
    if (what !== undefined) problems.push({ where: event.id, what });
    chains.set(event.chain, extended(chain, event, what !== undefined));
    if (what === undefined && event.heads !== undefined) witnesses.push(anchorOf(event));
  };
  const vouchers = (): Vouchers => vouch(witnesses, (chain, seq) => hashAt(chains.get(chain), seq));
  return {
    line: (text, where) => {
      const read = readEventLine(text);
      if (typeof read === 'string') {
        problems.push({ where, what: read });
        return undefined;
      }
      if (read.source !== undefined && read.source !== (source ??= read.source))
        problems.push({ where: read.event.id, what: `is of ${read.source}, those before it of ${source}` });
      add(read.event);
      return read.event;
    },
    hear: (witness) => void witnesses.push(witness),
    problems: () => [
      ...problems,
      ...witnesses.flatMap((witness) =>
        witness.heads.flatMap((head) =>
          wrongHead(chains.get(head.chain), head, witness.name, partial && mayBeElsewhere(witness)),
        ),
      ),
    ],
    vouchers,
    chains: () => {
      const vouched = vouchers().chains;
      return [...chains].map(([chain, { first, last, hash }]) => {
        const up = vouched.get(chain);
        return { chain, first, last, hash, ...(up === undefined ? {} : { vouched: up }) };
      });
    },
  };
}

/** What an event says of other chains counts as far as something vouches for the event itself. */
function anchorOf({ id, chain, seq, heads = [], manifest }: AuditEvent): Witness {
  return {
    name: `event ${id}`,
    belief: { kind: 'event', chain, seq },
    heads,
    manifests: manifest === undefined ? [] : [manifest],
  };
}

/** Of a part of the log, what anchors and noted heads name may be in another part; what a manifest lists is in its folder. */
function mayBeElsewhere({ belief }: Witness): boolean {
  return belief.kind === 'event' || belief.kind === 'given';
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

/** The hash of an event of a chain that is there. */
function hashAt(chain: Chain | undefined, seq: number): string | undefined {
  if (chain === undefined || seq < chain.first || seq > chain.last) return undefined;
  const at = (seq - chain.first) * 32;
  return chain.hashes.subarray(at, at + 32).toString('hex');
}

function wrongHead(
  chain: Chain | undefined,
  { chain: name, seq, hash: expected }: ChainHeadRecord,
  said: string,
  lenient: boolean,
): readonly Problem[] {
  const where = `${name}/${seq}`;
  // The break itself is told already, and all behind it is unknown.
  if (chain?.broken === true && seq > chain.last) return [];
  // Behind a head that is trusted: what is before it is not here.
  if (chain !== undefined && seq < chain.first) return [];
  const hash = hashAt(chain, seq);
  if (hash === expected) return [];
  if (hash !== undefined)
    return [{ where, what: `is another event than the one that ${said} says: its hash is ${hash}, not ${expected}` }];
  if (lenient) return [];
  const ends = chain === undefined ? '' : `; it ends at ${name}/${chain.last}`;
  return [{ where, what: `is missing, though ${said} says that ${name} went that far${ends}` }];
}
