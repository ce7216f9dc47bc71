import { CreateTableCommand, DescribeTableCommand, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { AUDIT_FILTERS, AUDIT_INDEXES, AUDIT_TIME_KEY } from './audit-items.ts';
import type { Tables } from './client.ts';

/** The state table: single-table design, a stream of new images as the executor's doorbell, expiry by `expiresAt`. */
export function stateTable(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  };
}

/** The audit table: one partition a chain, one item an event; only ever put. */
export function auditTable(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk', AUDIT_TIME_KEY, ...Object.values(AUDIT_INDEXES)].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: Object.entries(AUDIT_INDEXES).map(([IndexName, partition]) => ({
      IndexName,
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: AUDIT_TIME_KEY, KeyType: 'RANGE' },
      ],
      Projection: {
        ProjectionType: 'INCLUDE',
        NonKeyAttributes: AUDIT_FILTERS.filter((name) => name !== partition),
      },
    })),
  };
}

/** Creates both tables where they are not there yet. For the embedded default; in AWS `infra/` makes them. */
export async function ensureTables({ documents, state, audit }: Tables): Promise<void> {
  for (const table of [stateTable(state), auditTable(audit)]) {
    try {
      await documents.send(new DescribeTableCommand({ TableName: table.TableName }));
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error;
      await documents.send(new CreateTableCommand(table));
    }
  }
}
