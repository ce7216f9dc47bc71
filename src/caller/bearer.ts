import { TokenRefused } from './token-refused.ts';

/** `Bearer` in any case, spaces, and the characters of a JWT. */
const bearerCredentials = /^bearer +([A-Za-z0-9._-]+)$/i;

/**
 * The token of an `Authorization` header.
 * @param maxTokenBytes the longest token that is looked at; the rest of the module may rely on it
 * @throws TokenRefused when there is none, or when the header is not exactly one bearer token
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearerToken(authorizationHeader: string | undefined, maxTokenBytes: number): string {
  if (authorizationHeader === undefined || authorizationHeader === '') {
    throw new TokenRefused(
      'missing-token',
      'Send a GitHub Actions OIDC token in the header "Authorization: Bearer <token>".',
    );
  }
  if (authorizationHeader.length > 'Bearer '.length + maxTokenBytes) throw tooLarge(maxTokenBytes);
  if (!/^bearer(?:[^!#$%&'*+.^_`|~0-9A-Za-z-]|$)/i.test(authorizationHeader)) {
    throw new TokenRefused(
      'wrong-scheme',
      'The Authorization header must use the scheme Bearer with a GitHub Actions OIDC token.',
    );
  }
  const token = bearerCredentials.exec(authorizationHeader)?.[1];
  if (token === undefined) {
    throw new TokenRefused(
      'malformed-header',
      'The Authorization header must be "Bearer", one space and exactly one token; check that the variable that holds the token is neither empty nor quoted.',
    );
  }
  return token;
}

function tooLarge(maxTokenBytes: number): TokenRefused {
  return new TokenRefused(
    'too-large',
    `The token is longer than ${maxTokenBytes} bytes; GitHub Actions OIDC tokens are shorter.`,
  );
}
