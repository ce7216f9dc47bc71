import { appendToChain } from '../../ledger/append.ts';
import type { Tables } from '../../ledger/client.ts';
import type { ChainHeadRecord } from '../../model/audit-event.ts';
import { PLATFORM_CHAIN } from '../../ledger/chain.ts';
import { allHeads } from '../../ledger/heads.ts';

/** How often appending is tried when others append to the platform's chain at the same time. */
const ATTEMPTS = 10;

/**
 * Writes into the platform's chain where all chains stand: from then on nobody can cut the end of one off and go on from there without
 * breaking the platform's chain too.
 * @returns what was anchored
 */
export async function anchorChains(tables: Tables, now: () => Date): Promise<readonly ChainHeadRecord[]> {
  const heads = await allHeads(tables);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const record = { time: now().toISOString(), action: 'anchorChains', outcome: 'succeeded', heads } as const;
    if (await appendToChain(tables, PLATFORM_CHAIN, record)) return heads;
  }
  throw new Error("The platform's chain is written to all the time; the anchor could not be appended.");
}
