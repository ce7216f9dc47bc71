/**
 * Calls to ECR, IAM and STS with the answer that AWS documents for them, and the page. They were written down from the documentation,
 * before any of them was run on the embedded AWS.
 */
import type { ServiceName } from '../../../src/local/aws/actions.ts';

/** One call. */
export interface Asked {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: object;
}

/** What a row may need to know that comes into being with its run. */
export interface Known {
  /** What the calls before it answered, in order. */
  readonly given: readonly Answered[];
  /** A token of GitHub's issuer for `acme/app` on its main branch, but for these claims; `at` is when it was issued. */
  readonly token: (claims?: Readonly<Record<string, string>>, at?: Date) => Promise<string>;
}

/** An answer as it came over the wire: what it says, as the protocol's JSON or XML reads. */
export interface Answered {
  readonly status: number;
  /** Of an error. */
  readonly code?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What AWS documents: the error's code and HTTP status, or that the call succeeds and what its answer shows at least. */
export type Documented = { readonly code: string; readonly status: number } | { readonly shows: object };

/** One row of the table. */
export interface Row {
  /** Which case it is: its name in the list of differences. */
  readonly id: string;
  /** Calls that must succeed before. */
  readonly given: readonly (Asked | ((known: Known) => Promise<Asked> | Asked))[];
  readonly call: Asked | ((known: Known) => Promise<Asked> | Asked);
  readonly answer: Documented;
  /** The page that says so. */
  readonly page: string;
}

/** A success, and what its answer shows at least; texts may be patterns. */
export function shows(shown: object = {}): Documented {
  return { shows: shown };
}

/** An error of ECR. All that the caller is to blame for have status 400. */
export function ecrError(code: string): Documented {
  return { code, status: 400 };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
export const VALIDATION_ERROR: Documented = { code: 'ValidationError', status: 400 };

const IAM_STATUS = {
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  InvalidInput: 400,
  LimitExceeded: 409,
  MalformedPolicyDocument: 400,
  NoSuchEntity: 404,
} as const;

/** An error of IAM; each page of an operation gives the status with it. */
export function iamError(code: keyof typeof IAM_STATUS): Documented {
  return { code, status: IAM_STATUS[code] };
}

/** The page of an operation in AWS's API reference. */
export function pageOf(service: ServiceName, operation: string): string {
  const folder = { ecr: 'AmazonECR', iam: 'IAM', sts: 'STS' }[service];
  return `https://docs.aws.amazon.com/${folder}/latest/APIReference/API_${operation}.html`;
}
