import type { AwsCall } from '../model/audit-event.ts';
import type { ErrorCode } from '../model/error-code.ts';
import { repositoryNameTaken, roleNameTaken } from '../model/name-taken.ts';

/**
 * A call on AWS that did not succeed. `definitive`: AWS will refuse it however often it is asked. `transient`: the same
 * call may succeed later.
 */
export class AwsFault extends Error {
  readonly kind: 'definitive' | 'transient';
  readonly code: ErrorCode;
  readonly call: AwsCall;

  constructor(
    kind: 'definitive' | 'transient',
    code: ErrorCode,
    detail: string,
    call: AwsCall,
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'AwsFault';
    this.kind = kind;
    this.code = code;
    this.call = call;
  }
}

/** What an exception of ECR or IAM means to us. */
interface Meaning {
  readonly kind: 'definitive';
  readonly code: ErrorCode;
  /** What the caller is told; AWS's own words are in the call too, and so in the event. */
  readonly detail: (call: AwsCall, said: string) => string;
}

/**
 * The exceptions that the calls we make declare, by name, and what each means. What is not listed is taken for transient:
 * it is tried again, and ends as a failed operation only after many attempts.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  RepositoryAlreadyExistsException: taken(repositoryNameTaken),
  EntityAlreadyExistsException: taken(roleNameTaken),
  EntityAlreadyExists: taken(roleNameTaken),
  RepositoryNotEmptyException: {
    kind: 'definitive',
    code: 'not-empty',
    detail: followedBy(
      'Images were pushed in the meantime. Read the repository again and delete with force=true if they are meant.',
    ),
  },
  LimitExceededException: quota(),
  LimitExceeded: quota(),
  TooManyTagsException: quota(),
  InvalidParameterException: refused(),
  InvalidTagParameterException: refused(),
  InvalidInputException: refused(),
  InvalidInput: refused(),
  ValidationError: refused(),
  ValidationException: refused(),
  MalformedPolicyDocumentException: refused(),
  MalformedPolicyDocument: refused(),
  UnmodifiableEntityException: refused(),
  UnmodifiableEntity: refused(),
  DeleteConflictException: refused(),
  DeleteConflict: refused(),
  KmsException: refused(),
  LifecyclePolicyNotFoundException: refused(),
};

/** The same as where nobody asked AWS: so AWS's words are only in the call. */
function taken(detail: (name: string) => string): Meaning {
  return { kind: 'definitive', code: 'name-taken', detail: ({ resource }) => detail(resource) };
}

/** AWS's own words, and what to do. */
function followedBy(advice: string): Meaning['detail'] {
  return (_call, said) => `${said} \u2014 ${advice}`;
}

function quota(): Meaning {
  return {
    kind: 'definitive',
    code: 'quota-exceeded',
    detail: followedBy('A quota of the account is reached. Ask the platform team to raise it, then try again.'),
  };
}

function refused(): Meaning {
  return {
    kind: 'definitive',
    code: 'refused-by-aws',
    detail: followedBy('AWS does not accept this. Change what it names and try again.'),
  };
}

/** Our fault for an exception of the SDK. */
export function faultOf(error: unknown, call: AwsCall): AwsFault {
  const name = nameOf(error);
  const message = saidBy(error);
  const meaning = MEANINGS[name];
  const said = `${call.action} on ${call.resource}: ${name}: ${message}`;
  if (meaning === undefined) return new AwsFault('transient', 'aws-unavailable', said, call, { cause: error });
  return new AwsFault(meaning.kind, meaning.code, meaning.detail(call, said), call, { cause: error });
}

/**
 * Whether an exception was made by AWS, the network or the credentials: an answer that may be another one later. The SDK
 * marks what it throws with `$metadata`, whether an answer came or none. Everything else is a fault of ours, or an answer
 * that we do not understand, and waiting does not cure it.
 */
export function isFromOutside(error: unknown): boolean {
  return error instanceof Error && ('$metadata' in error || 'syscall' in error || error.name.endsWith('ProviderError'));
}

/** What AWS said, as much of it as is kept. */
export function saidBy(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}

/** The exception's name as AWS declares it. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'UnknownError';
}
