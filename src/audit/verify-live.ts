import { nextLink, type ServiceClient } from './service-client.ts';
import { createVerifier } from './verify.ts';
import { linesIn, verifyFiles, type Verdict, type VerifyOptions } from './verify-files.ts';

/**
 * Verifies what the service gives now; with files, also that it still holds what they hold: a chain that was written anew would be whole
 * in itself, but not the one that was exported.
 */
export async function verifyLive(
  client: ServiceClient,
  files: readonly string[],
  options: VerifyOptions,
  department?: string,
): Promise<Verdict> {
  const kept = files.length === 0 ? undefined : await verifyFiles(files, options);
  const verifier = createVerifier({ ...options, partial: options.partial === true || department !== undefined });
  for (const { chain, last, hash } of kept?.chains ?? []) verifier.expectHead({ chain, seq: last, hash }, 'the files');
  let events = 0;
  let target: string | undefined =
    `${department === undefined ? '/v1/audit-events' : `/v1/departments/${department}/audit-events`}/export`;
  while (target !== undefined) {
    const response = await client.get(target);
    for await (const line of linesIn(response.body ?? new ReadableStream()))
      if (verifier.line(line, 'live') !== undefined) events += 1;
    target = nextLink(response);
  }
  return {
    problems: [...(kept?.problems ?? []), ...verifier.problems()],
    events,
    chains: verifier.chains(),
    manifests: kept?.manifests ?? 0,
  };
}
