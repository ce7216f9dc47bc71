/**
 * The keys of a trusted issuer could not be had, so a token could be neither accepted nor refused: HTTP 503, and the
 * caller may try again. `cause` is for the log; `message` holds no word of it.
 */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
  /** The configured issuer whose keys are missing. */
  readonly issuer: string;

  constructor(issuer: string, cause: unknown) {
    super(`The signing keys of the token issuer ${issuer} could not be fetched; try again in a moment.`, { cause });
    this.issuer = issuer;
  }
}
