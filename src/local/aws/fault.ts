import { errorShapes } from './constraints.ts';
import type { ServiceName } from './actions.ts';

/** An error answer in AWS's terms: what the SDK turns into its exception class. */
export class AwsFault extends Error {
  /** Code on the wire, for example `NoSuchEntity`. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Further members of the error's shape. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, status: number, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'AwsFault';
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

function modelled(service: ServiceName, shape: string, message: string, fields?: Record<string, unknown>): AwsFault {
  const error = errorShapes(service)[shape];
  if (error === undefined) throw new Error(`The ${service} model knows no error ${shape}`);
  return new AwsFault(error.code, error.status, message, fields);
}

/** An error of ECR's model by its shape, for example `RepositoryNotFoundException`. */
export function ecrFault(shape: string, message: string, fields?: Record<string, unknown>): AwsFault {
  return modelled('ecr', shape, message, fields);
}

/** ECR's answer to input that it will not take. `member` is spelled as ECR spells it in messages. */
export function invalidParameter(member: string, constraint: string): AwsFault {
  return ecrFault(
    'InvalidParameterException',
    `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
  );
}

/** An error of IAM's model by its shape, for example `NoSuchEntityException`. */
export function iamFault(shape: string, message: string): AwsFault {
  return modelled('iam', shape, message);
}

/** An error of STS's model by its shape, for example `InvalidIdentityTokenException`. */
export function stsFault(shape: string, message: string): AwsFault {
  return modelled('sts', shape, message);
}

/** The refusal of a request that its caller is not allowed to make: each protocol has its own code and status for it. */
export function accessDenied(service: ServiceName, message: string): AwsFault {
  return service === 'ecr'
    ? new AwsFault('AccessDeniedException', 400, message)
    : new AwsFault('AccessDenied', 403, message);
}
