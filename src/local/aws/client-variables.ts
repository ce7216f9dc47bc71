/** How a client of AWS finds the embedded one. */
import type { EmbeddedAws } from './server.ts';

/** Where the embedded AWS listens unless it is told otherwise. */
export const DEFAULT_AWS_PORT = 8082;

/** Environment variables that every AWS SDK, the AWS CLI and what is built on them read, by name. */
export type ClientVariables = Readonly<Record<string, string>>;

/**
 * The variables that point a client to the embedded AWS. One a service, so that clients of other services go where they always go.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function clientVariables({ endpoint }: Pick<EmbeddedAws, 'endpoint'>, region: string): ClientVariables {
  return {
    AWS_ENDPOINT_URL_ECR: endpoint,
    AWS_ENDPOINT_URL_IAM: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}

/** The key of the embedded account itself, as the variables that hold one. */
export const LOCAL_KEY: ClientVariables = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** Variables as one line for a shell. */
export function exportLine(variables: ClientVariables): string {
  return `export ${Object.entries(variables)
    .map(([name, value]) => `${name}=${shellWord(value)}`)
    .join(' ')}`;
}

/** One word to a shell, whatever it holds; as it is where no shell looks into its characters. */
export function shellWord(value: string): string {
  return /^[\w:/.,@+-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
