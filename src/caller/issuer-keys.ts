import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { IssuerUnavailable } from './issuer-unavailable.ts';
import { TokenRefused } from './token-refused.ts';

/** What fetches an issuer's keys; `fetch` itself fits. */
export type JwksFetch = (url: string, init: RequestInit) => Promise<Response>;

/** How long one request for keys may take. */
const timeoutMilliseconds = 5_000;
/** How long fetched keys are used. */
const cacheMilliseconds = 600_000;
/** How long an unknown `kid` does not lead to another fetch. */
const unknownKeyCoolDownMilliseconds = 30_000;
/** How long a failed fetch is answered from memory, so that callers can't make us hammer an issuer that is down. */
const failureCoolDownMilliseconds = 5_000;
/** The largest key set that is read: GitHub's has about 10 kB. */
const maxKeySetBytes = 262_144;

/**
 * The keys of one trusted issuer, from `<issuer>/.well-known/jwks`: cached, and fetched again for an unknown `kid`
 * at most once a cool-down. The address is fixed by configuration; nothing that a token says changes it.
 *
 * The returned function throws TokenRefused `unknown-key` when the issuer does not have the key, and
 * IssuerUnavailable when it can't be known.
 */
export function issuerKeys(issuer: string, jwksFetch: JwksFetch): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`), {
    timeoutDuration: timeoutMilliseconds,
    cacheMaxAge: cacheMilliseconds,
    cooldownDuration: unknownKeyCoolDownMilliseconds,
    [customFetch]: pausingAfterFailure(jwksFetch),
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
        throw new TokenRefused('unknown-key', "The token's kid is not one of the issuer's keys; request a new token.");
      }
      throw new IssuerUnavailable(issuer, error);
    }
  };
}

/** jose's cool-down starts at a successful fetch only; this one covers the failures. */
function pausingAfterFailure(jwksFetch: JwksFetch): JwksFetch {
  let failure: { readonly error: unknown; readonly until: number } | undefined;
  return async (url, init) => {
    if (failure !== undefined && Date.now() < failure.until) throw failure.error;
    try {
      const response = await jwksFetch(url, init);
      if (response.status !== 200) throw new Error(`The issuer answered its keys with HTTP ${response.status}.`);
      const keySet = await readKeySet(response);
      failure = undefined;
      return keySet;
    } catch (error) {
      failure = { error, until: Date.now() + failureCoolDownMilliseconds };
      throw error;
    }
  };
}

/** Reads the answer here, and bounded: a body that breaks off or never ends is a failed fetch like any other. */
async function readKeySet(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxKeySetBytes) throw new Error(`The issuer's key set is larger than ${maxKeySetBytes} bytes.`);
    chunks.push(chunk);
  }
  const keySet: unknown = JSON.parse(Buffer.concat(chunks).toString());
  // jose would find this out too, but only where its failure starts no cool-down.
  createLocalJWKSet(keySet as JSONWebKeySet);
  return Response.json(keySet);
}
