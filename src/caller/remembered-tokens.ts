import type { Caller } from './caller.ts';

/** A token that was verified once. Its end is kept apart from the Caller, whose dates others could change. */
export interface RememberedToken {
  readonly caller: Caller;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Verified tokens by their SHA-256; the least recently used leaves first. */
export interface RememberedTokens {
  readonly get: (tokenSha256: string) => RememberedToken | undefined;
  readonly remember: (tokenSha256: string, token: RememberedToken) => void;
}

/** @param atMost how many tokens are kept; 0 keeps none */
export function rememberTokens(atMost: number): RememberedTokens {
  // A Map iterates in the order of insertion: what is put in again on each use makes the first key the oldest.
  const tokens = new Map<string, RememberedToken>();
  const remember = (tokenSha256: string, token: RememberedToken): void => {
    tokens.delete(tokenSha256);
    tokens.set(tokenSha256, token);
    for (const oldest of tokens.keys()) {
      if (tokens.size <= atMost) break;
      tokens.delete(oldest);
    }
  };
  const get = (tokenSha256: string): RememberedToken | undefined => {
    const token = tokens.get(tokenSha256);
    if (token !== undefined) remember(tokenSha256, token);
    return token;
  };
  return { get, remember };
}
