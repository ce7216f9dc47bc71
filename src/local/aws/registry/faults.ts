import { AwsFault } from '../fault.ts';

/** An error of the Distribution API. */
export interface RegistryFault {
  readonly status: number;
  /** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
  readonly code: string;
  readonly message: string;
}

/** A refusal that no ECR operation has a word for. */
export class RegistryRefusal extends Error {
  readonly fault: RegistryFault;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'RegistryRefusal';
    this.fault = { status, code, message };
  }
}

/**
 * ECR's exceptions as its registry tells them. `DENIED`, `NAME_UNKNOWN` and `TAG_INVALID` with ECR's sentence are quoted in public;
 * the other codes are those that the specification has for the case, and the statuses are the specification's.
 */
const FAULTS: Readonly<Record<string, readonly [status: number, code: string]>> = {
  AccessDeniedException: [403, 'DENIED'],
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  ImageDigestDoesNotMatchException: [400, 'DIGEST_INVALID'],
  LayersNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  InvalidLayerException: [400, 'DIGEST_INVALID'],
  InvalidLayerPartException: [416, 'BLOB_UPLOAD_INVALID'],
  LayerPartTooSmallException: [400, 'BLOB_UPLOAD_INVALID'],
  EmptyUploadException: [400, 'BLOB_UPLOAD_INVALID'],
  UploadNotFoundException: [404, 'BLOB_UPLOAD_UNKNOWN'],
  LimitExceededException: [429, 'TOOMANYREQUESTS'],
};

/** An error as the registry answers it; `invalid` is the code for input that ECR's model refuses. */
export function faultOf(error: unknown, invalid: string): RegistryFault {
  if (error instanceof RegistryRefusal) return error.fault;
  if (!(error instanceof AwsFault)) {
    console.error('The embedded registry failed', error);
    return { status: 500, code: 'UNKNOWN', message: 'Internal failure' };
  }
  const known = FAULTS[error.code];
  if (known !== undefined) return { status: known[0], code: known[1], message: error.message };
  if (error.status >= 500) return { status: 500, code: 'UNKNOWN', message: error.message };
  return { status: 400, code: invalid, message: error.message };
}
