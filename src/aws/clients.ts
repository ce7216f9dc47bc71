import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';

/** Where AWS is; without an endpoint the SDK's own variables and defaults decide. */
export interface AwsOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The clients by which the executor writes. */
export interface AwsClients {
  readonly ecr: ECRClient;
  readonly iam: IAMClient;
}

/** A call that hangs must end well before the lease does. */
const REQUEST_TIMEOUT = 5_000;
const MAX_ATTEMPTS = 3;

/** Connects to ECR and IAM. */
export function connectAws(options: AwsOptions): AwsClients {
  const common = clientOptions(options);
  return { ecr: new ECRClient(common), iam: new IAMClient(common) };
}

/** What each of our SDK clients is made with. */
export function clientOptions({ region, endpoint, credentials }: AwsOptions) {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'adaptive',
    requestHandler: { requestTimeout: REQUEST_TIMEOUT, connectionTimeout: 2_000, throwOnRequestTimeout: true },
  };
}
