import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The ledger's connection: the document client and the names of its two tables. */
export interface Tables {
  readonly documents: DynamoDBDocumentClient;
  readonly state: string;
  readonly audit: string;
}

/** Where DynamoDB is; without an endpoint the SDK's own variables and defaults decide. */
export interface LedgerOptions {
  readonly state: string;
  readonly audit: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Connects the ledger to DynamoDB. */
export function connectTables({ state, audit, region, endpoint, credentials }: LedgerOptions): Tables {
  const client = new DynamoDBClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 5,
  });
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return { documents, state, audit };
}
