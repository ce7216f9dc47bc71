import { parseJsonObject } from './json-object.ts';
import { TokenRefused } from './token-refused.ts';

/** What a token says of itself before anybody checked its signature: good only for choosing the issuer to ask. */
export interface UnverifiedToken {
  /** The payload's `iss`, if that is a string. */
  readonly issuer: string | undefined;
  /** The payload's members; to be trusted only once the signature was verified over the same token. */
  readonly payload: ReadonlyMap<string, unknown>;
}

/**
 * Header parameters that try to choose the key, the form of the payload or the rules for the verifier. GitHub sends
 * none of them, so a token that has one is not GitHub's.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.10
 */
const forbiddenHeaders = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'enc', 'zip', 'cty'] as const;

/**
 * Reads a compact JWS without trusting it: three segments of canonical base64url, a header that asks for RS256 with
 * a named key and for nothing else, and a payload that is a JSON object.
 * @throws TokenRefused for everything else
 */
export function readUnverifiedToken(token: string): UnverifiedToken {
  const segments = token.split('.');
  const [header, payload, signature] = segments.map(decodeSegment);
  if (segments.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    throw new TokenRefused(
      'malformed-token',
      'The token must be a signed JWT: three base64url segments with dots between them. Send the "value" of GitHub\'s answer as it is; "null" means that the token request failed.',
    );
  }
  checkHeader(readSegment(header, 'header'));
  const claims = readSegment(payload, 'payload');
  const issuer = claims.get('iss');
  return { issuer: typeof issuer === 'string' ? issuer : undefined, payload: claims };
}

/** The bytes of a segment; undefined when it is empty or not in the one spelling that base64url has for them. */
function decodeSegment(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return segment !== '' && bytes.toString('base64url') === segment ? bytes : undefined;
}

function readSegment(bytes: Buffer, part: 'header' | 'payload'): ReadonlyMap<string, unknown> {
  const members = parseJsonObject(bytes);
  if (members === undefined) {
    throw new TokenRefused('malformed-token', `The token's ${part} must be a JSON object whose names occur once.`);
  }
  return members;
}

function checkHeader(header: ReadonlyMap<string, unknown>): void {
  const forbidden = forbiddenHeaders.find((name) => header.has(name));
  if (forbidden !== undefined) {
    throw new TokenRefused(
      'forbidden-header',
      `The token's header must not have "${forbidden}"; GitHub's tokens do not.`,
    );
  }
  if (header.get('alg') !== 'RS256') {
    throw new TokenRefused('wrong-algorithm', 'The token must be signed with RS256, as GitHub signs.');
  }
  const type = header.get('typ');
  if (typeof type !== 'string' || type.toUpperCase() !== 'JWT') {
    throw new TokenRefused('forbidden-header', 'The token\'s header must have "typ": "JWT".');
  }
  const keyId = header.get('kid');
  if (typeof keyId !== 'string' || keyId === '' || keyId.length > 256) {
    throw new TokenRefused('missing-key-id', 'The token\'s header must name the issuer\'s key in "kid".');
  }
}
