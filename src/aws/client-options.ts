/** Where AWS is; without an endpoint the SDK's own variables and defaults decide. */
export interface AwsOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A call that hangs must end well before the lease does. */
const REQUEST_TIMEOUT = 5_000;
const MAX_ATTEMPTS = 3;

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
