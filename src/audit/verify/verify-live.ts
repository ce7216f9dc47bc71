import { isOfDepartment, PLATFORM_CHAIN } from '../../ledger/chain.ts';
import { nextLink, type ServiceClient } from '../stream/service-client.ts';
import { linesIn, nothingGiven, openChains, verifyFiles, type Verdict, type VerifyOptions } from './verify-files.ts';
import { createVerifier, type Problem, type VerifiedChain } from './verify.ts';
import type { Witness } from './vouch.ts';

/**
 * Verifies what the service gives now; with files, also that it still holds what they hold: a chain that was rewritten would be whole
 * in itself, but not the one that was exported. What vouches for the files vouches for the service's chains; behind that nothing does,
 * until the next export.
 */
export async function verifyLive(
  client: ServiceClient,
  files: readonly string[],
  options: VerifyOptions,
  department?: string,
): Promise<Verdict> {
  const kept = files.length === 0 ? undefined : await verifyFiles(files, options);
  const verifier = createVerifier({ ...options, partial: options.partial === true || department !== undefined });
  const known = (kept?.chains ?? []).filter(
    ({ chain }) => department === undefined || isOfDepartment(chain, department),
  );
  for (const witness of known.flatMap(witnessesOf)) verifier.hear(witness);
  const named = new Map<string, string>();
  let events = 0;
  let target: string | undefined =
    `${department === undefined ? '/v1/audit-events' : `/v1/departments/${department}/audit-events`}/export`;
  while (target !== undefined) {
    const response = await client.get(target);
    for await (const line of linesIn(response.body ?? new ReadableStream())) {
      const event = verifier.line(line, 'live');
      if (event === undefined) continue;
      events += 1;
      if (event.chain === PLATFORM_CHAIN && event.manifest !== undefined)
        named.set(event.manifest.key, event.manifest.sha256);
    }
    target = nextLink(response);
  }
  const chains = verifier.chains();
  const manifests = kept?.manifests ?? [];
  return {
    problems: [...(kept?.problems ?? []), ...verifier.problems(), ...otherManifests(manifests, named)],
    open: [...missingExports(manifests, named), ...openChains(chains), ...nothingGiven(chains, false)],
    events,
    chains,
    manifests,
    ...(kept?.newest === undefined ? {} : { newest: kept.newest }),
  };
}

/** What the files held must be there; as far as something vouches for the files, it vouches for that too. */
function witnessesOf({ chain, last, hash, vouched }: VerifiedChain): readonly Witness[] {
  const all: Witness = {
    name: 'the files',
    belief: { kind: 'never' },
    heads: [{ chain, seq: last, hash }],
    manifests: [],
  };
  if (vouched === undefined) return [all];
  const name = `the files, by ${vouched.by}`;
  const heads = [{ chain, seq: vouched.seq, hash: vouched.hash }];
  return [all, { name, belief: { kind: 'given' }, heads, manifests: [] }];
}

function otherManifests(manifests: Verdict['manifests'], named: ReadonlyMap<string, string>): readonly Problem[] {
  return manifests.flatMap(({ key, sha256 }) => {
    const said = named.get(key);
    return said === undefined || said === sha256
      ? []
      : [{ where: key, what: `is another manifest than the one that the service wrote, whose SHA-256 is ${said}` }];
  });
}

/** Exports that were written and are not in the folder: it was copied before them, or somebody removed them. */
function missingExports(manifests: Verdict['manifests'], named: ReadonlyMap<string, string>): readonly Problem[] {
  if (manifests.length === 0) return [];
  const first = manifests[0]?.key ?? '';
  const there = new Set(manifests.map(({ key }) => key));
  return [...named.keys()]
    .filter((key) => key > first && !there.has(key))
    .map((key) => ({ where: key, what: 'was written by the service and is not in the folder: copy the folder again' }));
}
