/**
 * Why a token was refused, as a short code for metrics, audit and tests.
 * `missing-token` and `wrong-scheme` mean that no bearer token was sent at all.
 */
export type TokenRefusedReason =
  | 'missing-token'
  | 'wrong-scheme'
  | 'malformed-header'
  | 'too-large'
  | 'malformed-token'
  | 'forbidden-header'
  | 'wrong-algorithm'
  | 'missing-key-id'
  | 'unknown-issuer'
  | 'unknown-key'
  | 'bad-signature'
  | 'wrong-audience'
  | 'expired'
  | 'not-yet-valid'
  | 'lifetime-too-long'
  | 'missing-claim'
  | 'invalid-claim'
  | 'inconsistent-claims';

/** The protection space that `WWW-Authenticate` names: all of this API. */
const realm = 'ecr-control-plane';

/**
 * The caller sent no token, or one that this service does not accept: HTTP 401.
 *
 * `detail` says what is wrong and what to do; it never contains the token, and what it quotes of a verified claim is
 * escaped and short. `wwwAuthenticate` is the value of the response header, as RFC 6750 section 3 has it.
 */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly reason: TokenRefusedReason;
  readonly detail: string;
  readonly wwwAuthenticate: string;

  constructor(reason: TokenRefusedReason, detail: string) {
    super(detail);
    this.reason = reason;
    this.detail = detail;
    this.wwwAuthenticate = challenge(reason, detail);
  }
}

/**
 * The `WWW-Authenticate` challenge of a refusal. Without a bearer token it carries no error, since the client may
 * simply not have known that one is needed.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
function challenge(reason: TokenRefusedReason, detail: string): string {
  if (reason === 'missing-token' || reason === 'wrong-scheme') return `Bearer realm="${realm}"`;
  return `Bearer realm="${realm}", error="invalid_token", error_description="${describable(detail)}"`;
}

/**
 * Text as `error_description` may hold it: printable ASCII without `"` and `\`, so that nothing needs escaping and
 * nothing can end the quoted string or the header line.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
function describable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}

/**
 * A value from a token as a refusal may show it: printable ASCII in quotes, at most 80 characters, everything else
 * as `?`. Only for claims whose signature was verified.
 */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return `"${describable(short)}"`;
}
