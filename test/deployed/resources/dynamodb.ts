import {
  CreateTableCommand,
  PutResourcePolicyCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  type BillingMode,
  type KeySchemaElement,
  type ProjectionType,
  type ScalarAttributeType,
  type StreamViewType,
} from '@aws-sdk/client-dynamodb';
import type { Arguments } from '../arguments.ts';
import { must, where, type Row } from './row.ts';

const table: Row = async (given, { clients: { dynamoDb } }) => {
  const name = given.text('name');
  const indexes = given.blocks('global_secondary_index').map((index) => ({
    IndexName: index.text('name'),
    KeySchema: keysOf(index),
    Projection: {
      ProjectionType: index.text('projection_type') as ProjectionType,
      NonKeyAttributes: index.texts('non_key_attributes'),
    },
  }));
  const encryption = given.block('server_side_encryption');
  const stream = given.flag('stream_enabled');
  const { TableDescription } = await dynamoDb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: given.text('billing_mode') as BillingMode,
      KeySchema: keysOf(given),
      AttributeDefinitions: given.blocks('attribute').map((attribute) => ({
        AttributeName: attribute.text('name'),
        AttributeType: attribute.text('type') as ScalarAttributeType,
      })),
      ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes }),
      DeletionProtectionEnabled: given.flag('deletion_protection_enabled'),
      StreamSpecification: {
        StreamEnabled: stream,
        ...where('StreamViewType', given.maybeText('stream_view_type') as StreamViewType | undefined),
      },
      ...(encryption === undefined
        ? {}
        : {
            SSESpecification: {
              Enabled: encryption.flag('enabled'),
              SSEType: 'KMS' as const,
              ...where('KMSMasterKeyId', encryption.maybeText('kms_key_arn')),
            },
          }),
      Tags: Object.entries(given.map('tags')).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const ttl = given.block('ttl');
  if (ttl !== undefined)
    await dynamoDb.send(
      new UpdateTimeToLiveCommand({
        TableName: name,
        TimeToLiveSpecification: { AttributeName: ttl.text('attribute_name'), Enabled: ttl.flag('enabled') },
      }),
    );
  const recovery = given.block('point_in_time_recovery');
  if (recovery !== undefined)
    await dynamoDb.send(
      new UpdateContinuousBackupsCommand({
        TableName: name,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: recovery.flag('enabled') },
      }),
    );
  return {
    id: name,
    arn: must(TableDescription?.TableArn, 'TableArn'),
    ...(stream
      ? {
          stream_arn: must(TableDescription?.LatestStreamArn, 'LatestStreamArn'),
          stream_label: TableDescription?.LatestStreamLabel,
        }
      : {}),
  };
};

function keysOf(given: Arguments): KeySchemaElement[] {
  const range = given.maybeText('range_key');
  return [
    { AttributeName: given.text('hash_key'), KeyType: 'HASH' },
    ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' as const }]),
  ];
}

const resourcePolicy: Row = async (given, { clients: { dynamoDb } }) => {
  const arn = given.text('resource_arn');
  await dynamoDb.send(new PutResourcePolicyCommand({ ResourceArn: arn, Policy: given.text('policy') }));
  return { id: arn };
};

/** DynamoDB's resource types. */
export const DYNAMODB: Readonly<Record<string, Row>> = {
  aws_dynamodb_table: table,
  aws_dynamodb_resource_policy: resourcePolicy,
};
