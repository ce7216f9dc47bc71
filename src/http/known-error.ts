import { isTroubleOfAws } from '../aws/trouble.ts';
import { IssuerUnavailable } from '../caller/issuer-unavailable.ts';
import { TokenRefused } from '../caller/token-refused.ts';
import { ServiceError } from '../core/errors.ts';

/**
 * The error of the catalogue that something thrown means to the caller; `undefined` when it is unexpected, and then the caller
 * is told its id and nothing else.
 */
export function knownError(error: unknown): ServiceError | undefined {
  if (error instanceof ServiceError) return error;
  if (error instanceof TokenRefused) {
    return new ServiceError('unauthenticated', error.detail, { wwwAuthenticate: error.wwwAuthenticate });
  }
  if (error instanceof IssuerUnavailable) {
    return new ServiceError('issuer-unavailable', error.message, { retryAfterSeconds: 5 }, { cause: error });
  }
  if (isTroubleOfAws(error)) {
    return new ServiceError(
      'aws-unavailable',
      'AWS cannot be reached right now. Try again; with an Idempotency-Key, a change is not made twice.',
      { retryAfterSeconds: 5 },
      { cause: error },
    );
  }
  return httpError(error);
}

/** Fastify's own refusals, told by their codes; its words could repeat what the client sent. */
function httpError(error: unknown): ServiceError | undefined {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_CONTENT_TYPE':
      return new ServiceError(
        'unsupported-media-type',
        'Send the body as JSON, with the header "Content-Type: application/json".',
      );
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ServiceError('payload-too-large', 'The body is larger than 256 KiB.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ServiceError('malformed-request', "The body's size is not what Content-Length says.");
    case 'FST_ERR_BAD_URL':
      return new ServiceError(
        'malformed-request',
        'The path contains a % that does not begin a percent-encoded character.',
      );
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new ServiceError('malformed-request', 'The body is not JSON.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ServiceError('malformed-request', 'A part of the path is too long.');
    default:
      if (error instanceof SyntaxError && statusCode === 400) {
        return new ServiceError(
          'malformed-request',
          'The body is not JSON, or has a member named __proto__ or constructor.',
        );
      }
      // Whatever else Fastify refuses in a request: its words stay with us, and its fault is not ours.
      if (typeof code === 'string' && code.startsWith('FST_') && isOfClient(statusCode))
        return new ServiceError('malformed-request', 'The request cannot be read.');
      return undefined;
  }
}

function isOfClient(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500;
}
