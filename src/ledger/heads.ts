import type { Tables } from './client.ts';
import { listChains, readChainHeads } from './read-audit.ts';
import type { ChainHeadRecord } from '../model/audit-event.ts';

/** Where all chains stand, in the order of their names. */
export async function allHeads(tables: Tables): Promise<readonly ChainHeadRecord[]> {
  const heads = await readChainHeads(tables, await listChains(tables));
  return [...heads]
    .map(([chain, { seq, hash }]) => ({ chain, seq, hash }))
    .sort((a, b) => (a.chain < b.chain ? -1 : 1));
}
