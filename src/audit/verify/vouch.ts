import type { ChainHeadRecord } from '../../model/audit-event.ts';
import type { ManifestReference } from '../bulk/manifest.ts';

/** Something that says where chains stood, or which manifests were written. */
export interface Witness {
  /** As messages name it, such as `event platform/9`. */
  readonly name: string;
  readonly belief: Belief;
  readonly heads: readonly ChainHeadRecord[];
  readonly manifests: readonly ManifestReference[];
}

/**
 * Why a witness is believed. What is verified never vouches for itself: it begins with what was given from outside, and an event or a
 * manifest is believed when something that is believed already vouches for it.
 */
export type Belief =
  | { readonly kind: 'given' }
  | { readonly kind: 'event'; readonly chain: string; readonly seq: number }
  | ({ readonly kind: 'manifest' } & ManifestReference)
  | { readonly kind: 'never' };

/** Up to where something vouches for a chain, and what. */
export interface Vouched {
  readonly seq: number;
  readonly hash: string;
  readonly by: string;
}

/** What is vouched for. */
export interface Vouchers {
  readonly chains: ReadonlyMap<string, Vouched>;
  /** By key and SHA-256, see `manifestName`: what vouches for that manifest. */
  readonly manifests: ReadonlyMap<string, string>;
}

/** Names a manifest together with its bytes. */
export function manifestName({ key, sha256 }: ManifestReference): string {
  return `${key}=${sha256}`;
}

/**
 * Finds up to where chains are vouched for; pure.
 * @param hashAt the hash of an event that is there and linked, from where its chain begins
 */
export function vouch(
  witnesses: readonly Witness[],
  hashAt: (chain: string, seq: number) => string | undefined,
): Vouchers {
  const chains = new Map<string, Vouched>();
  const manifests = new Map<string, string>();
  const believe = ({ name, belief, heads, manifests: said }: Witness): boolean => {
    const by = reason(name, belief, chains, manifests);
    if (by === undefined) return false;
    for (const { chain, seq, hash } of heads)
      if (hashAt(chain, seq) === hash && seq > (chains.get(chain)?.seq ?? 0)) chains.set(chain, { seq, hash, by });
    for (const reference of said)
      if (!manifests.has(manifestName(reference))) manifests.set(manifestName(reference), by);
    return true;
  };
  // The newest first: each manifest vouches for the one before it.
  let pending = witnesses.toReversed();
  for (;;) {
    const left = pending.filter((witness) => !believe(witness));
    if (left.length === pending.length) return { chains, manifests };
    pending = left;
  }
}

function reason(
  name: string,
  belief: Belief,
  chains: ReadonlyMap<string, Vouched>,
  manifests: ReadonlyMap<string, string>,
): string | undefined {
  switch (belief.kind) {
    case 'given':
      return name;
    case 'never':
      return undefined;
    case 'event': {
      const vouched = chains.get(belief.chain);
      return vouched === undefined || vouched.seq < belief.seq ? undefined : `${name}, by ${vouched.by}`;
    }
    case 'manifest': {
      const by = manifests.get(manifestName(belief));
      return by === undefined ? undefined : `${name}, by ${by}`;
    }
  }
}
