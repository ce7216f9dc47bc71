import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The ledger's connection: the document client and the names of its two tables. */
export interface Tables {
  readonly documents: DynamoDBDocumentClient;
  readonly state: string;
  readonly audit: string;
  /** What time it is by DynamoDB's clock, in epoch milliseconds, to a second; `undefined` before its first answer. */
  readonly serverTime?: () => number | undefined;
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
  return { ...tablesOver(client, { state, audit }), serverTime: clockOf(client) };
}

/** The ledger over a client that somebody else has made, such as one that may only read. */
export function tablesOver(client: DynamoDBClient, names: Pick<Tables, 'state' | 'audit'>): Tables {
  return {
    documents: DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
    ...names,
  };
}

/** Reads DynamoDB's clock off its answers, and goes on from there by the monotonic clock. */
function clockOf(client: DynamoDBClient): () => number | undefined {
  let told: { readonly time: number; readonly at: number } | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      const time = Date.parse(headers?.['date'] ?? '');
      if (!Number.isNaN(time)) told = { time, at: performance.now() };
      return result;
    },
    { step: 'deserialize', name: 'serverClock' },
  );
  return () => (told === undefined ? undefined : told.time + performance.now() - told.at);
}
