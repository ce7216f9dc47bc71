import type { AwsOptions } from '../aws/client-options.ts';
import type { Config } from '../config/config.ts';
import { connectTables, type Tables } from '../ledger/client.ts';

/** Where the AWS services are; without an endpoint the SDK's own variables and defaults decide. */
export interface Endpoints {
  readonly aws?: AwsOptions['endpoint'];
  readonly dynamoDb?: string;
  readonly credentials?: AwsOptions['credentials'];
}

/** The ledger's tables. */
export function tablesOf({ stateTable, auditTable, aws }: Config, { dynamoDb, credentials }: Endpoints): Tables {
  return connectTables({
    state: stateTable,
    audit: auditTable,
    region: aws.region,
    ...(dynamoDb === undefined ? {} : { endpoint: dynamoDb }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

/** How the SDK's clients for ECR and IAM are made. */
export function awsOptions({ aws }: Config, { aws: endpoint, credentials }: Endpoints): AwsOptions {
  return {
    region: aws.region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
