import type { ErrorCode } from '../model/error-code.ts';

/** One thing that is wrong with an input: where (a JSON pointer, RFC 6901), which rule, and what would do. */
export interface InputError {
  /** Into the request: `/body/name`, `/query/first`, `/path/department`, `/headers/if-match`. */
  readonly pointer: string;
  readonly detail: string;
}

/** An entry of the error catalogue. */
export interface CatalogueEntry {
  readonly status: number;
  readonly title: string;
}

/**
 * The one catalogue of errors: code → HTTP status and title. Each has a section of its own in docs/errors.md, which is
 * what the `type` of a problem points to.
 */
export const ERRORS: Readonly<Record<ErrorCode, CatalogueEntry>> = {
  'invalid-input': { status: 400, title: 'The input is not valid' },
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid GitHub Actions OIDC token is needed' },
  forbidden: { status: 403, title: 'You are not allowed to do this' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-path': { status: 404, title: 'Unknown path' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'Not available in an accepted format' },
  'already-exists': { status: 409, title: 'Already exists' },
  'name-taken': { status: 409, title: 'The name is taken in the registry' },
  'name-reserved': { status: 409, title: 'The name belongs to another namespace or is reserved' },
  'in-progress': { status: 409, title: 'An earlier change is still in progress' },
  superseded: { status: 409, title: 'A newer change took its place' },
  contended: { status: 409, title: 'Too many changes at once; nothing was written' },
  'in-use': { status: 409, title: 'Still in use' },
  'not-empty': { status: 409, title: 'The repository holds images' },
  'no-repository': { status: 409, title: 'The grant reaches no repository yet' },
  'precondition-failed': { status: 412, title: 'It has changed since you read it' },
  'precondition-required': { status: 428, title: 'If-Match is required here' },
  'payload-too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'acknowledgement-required': { status: 422, title: 'The effect is wide and must be acknowledged' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'quota-exceeded': { status: 422, title: 'An AWS quota would be exceeded' },
  'refused-by-aws': { status: 422, title: 'AWS refused the change, or a part of it' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'An unexpected error' },
  'aws-unavailable': { status: 503, title: 'AWS cannot be reached, or is too busy' },
  'issuer-unavailable': { status: 503, title: "The token issuer's keys cannot be fetched" },
};

/** What a {@link ServiceError} may carry beside its code and detail. */
export interface ErrorExtras {
  /** For bad input: each thing that is wrong. */
  readonly errors?: readonly InputError[];
  /** Seconds after which a repeat may succeed; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Becomes `WWW-Authenticate`. */
  readonly wwwAuthenticate?: string;
  /** The operation that this is about; becomes a link. */
  readonly operation?: string;
  /** Words that the caller must put into `acknowledge`. */
  readonly acknowledge?: readonly string[];
  /** The blast radius, where an acknowledgement is asked for. */
  readonly blastRadius?: unknown;
  /** How many images a repository holds. */
  readonly imageCount?: number;
  /** For a denial: the rule that was missed and the nearest one that would have allowed it. */
  readonly missed?: string;
  readonly nearest?: string;
}

/** An error that the caller is told about, by its code in the catalogue. Anything else becomes `internal`. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ServiceError';
    this.code = code;
    this.extras = extras;
  }
}

/** The one answer for what is not there and for what the caller must not know of: the same, byte for byte. */
export function notFound(): ServiceError {
  return new ServiceError('not-found', "Not found, or you don't have access to it.");
}

/** The answer to an address that the contract does not have, whoever asks. It says nothing of what is there, so it may be plain. */
export function unknownPath(): ServiceError {
  return new ServiceError('unknown-path', 'Unknown path. The paths of this API are in /openapi.yaml.');
}

/** How many faults of one input are told: an answer must not grow with what it answers. */
const MOST_INPUT_ERRORS = 20;

/** Bad input, with each thing that is wrong, up to a number. */
export function invalidInput(errors: readonly InputError[]): ServiceError {
  const first = errors[0];
  const detail = first === undefined ? 'The input is not valid.' : `${first.pointer}: ${first.detail}`;
  return new ServiceError('invalid-input', detail, { errors: errors.slice(0, MOST_INPUT_ERRORS) });
}
