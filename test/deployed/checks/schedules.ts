import { equal, match, ok, rejects } from 'node:assert/strict';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetPublicKeyCommand } from '@aws-sdk/client-kms';
import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { DescribePipeCommand } from '@aws-sdk/client-pipes';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectRetentionCommand,
  type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { observeRepository } from '../../../src/aws/observe.ts';
import { isSignedBy } from '../../../src/audit/bulk/sign.ts';
import { ROOT } from '../clients.ts';
import { REGION } from '../deployment.ts';
import { KOA, type Stage } from '../stage.ts';
import type { Check } from './check.ts';
import { sessionOf } from './role-session.ts';

/** What happens without a caller: schedules, the nightly export, and what is kept when something goes wrong. */
export const SCHEDULE_CHECKS: readonly Check[] = [
  {
    name: 'sweep',
    promise: 'the sweep’s rule may call the executor, which finishes what no ring told it of',
    after: ['department'],
    play: async (stage) => {
      const { ask, fire, succeeded, aws } = stage;
      await setDoorbell(stage, { Enabled: false });
      const { operation } = await ask(
        KOA,
        'POST',
        '/v1/departments/koa/repositories',
        202,
        { name: 'koa/swept' },
        { prefer: 'respond-async' },
      );
      await fire('ecr-control-plane-sweep');
      await succeeded(KOA, operation.id);
      ok((await observeRepository(aws, 'koa/swept')) !== undefined);
      await setDoorbell(stage, { Enabled: true });
    },
  },
  {
    name: 'drift',
    promise: 'the daily rule lets the executor compare AWS with the state',
    after: ['department'],
    play: async ({ fire }) => {
      const answers = await fire('ecr-control-plane-drift');
      equal(JSON.stringify(answers), '[{"drift":0}]');
    },
  },
  {
    name: 'export',
    promise: 'the nightly rule writes the signed audit log into the bucket, encrypted and locked, twice in a row',
    after: ['repository'],
    play: async ({ fire, deployment }) => {
      const { ground, outputs } = deployment;
      const { s3, kms } = ground.clients;
      for (const number of [1, 2]) {
        const [answer] = await fire('ecr-control-plane-export');
        equal(answer.export, number, JSON.stringify(answer));
      }
      const Bucket = outputs.audit_bucket;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      const keys = Contents.map(({ Key = '' }) => Key);
      const manifest = keys.find((key) => /manifest/.test(key) && key.endsWith('.json'));
      const signature = keys.find((key) => key.startsWith(manifest ?? '?') && key !== manifest);
      ok(manifest !== undefined && signature !== undefined, `a manifest with its signature: ${keys.join(', ')}`);
      ok(keys.some((key) => key.endsWith('.parquet')) && keys.some((key) => /ndjson/.test(key)), keys.join(', '));
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: outputs.signing_key_arn }));
      const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(PublicKey ?? []).toString('base64')}\n-----END PUBLIC KEY-----\n`;
      const object = await s3.send(new GetObjectCommand({ Bucket, Key: manifest }));
      const bytes = await bytesOf(object);
      const written = await bytesOf(await s3.send(new GetObjectCommand({ Bucket, Key: signature })));
      ok(isSignedBy(pem, bytes, Buffer.from(written.toString(), 'base64')), 'signed by the key of the outputs');
      equal(object.ServerSideEncryption, 'aws:kms', 'encrypted with a key of our own');
      ok(object.VersionId !== undefined, 'the bucket keeps versions');
      // A run that was cut off before looks at the files that are in the place of its own.
      const exporter = await sessionOf(deployment, 'exporter');
      equal((await bytesOf(await exporter.s3.send(new GetObjectCommand({ Bucket, Key: manifest })))).compare(bytes), 0);
      equal(object.ObjectLockMode, 'COMPLIANCE', 'locked');
      const days = ((object.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
      ok(days > 399 && days < 401, `locked for ${days} days`);
      const { VersionId } = object;
      await rejects(
        s3.send(new DeleteObjectCommand({ Bucket, Key: manifest, VersionId })),
        /AccessDenied/,
        'no version goes',
      );
      const Retention = { Mode: 'COMPLIANCE' as const, RetainUntilDate: new Date(Date.now() + 86_400_000) };
      await rejects(
        s3.send(new PutObjectRetentionCommand({ Bucket, Key: manifest, VersionId, Retention })),
        /AccessDenied/,
        'nor is its time made shorter',
      );
    },
  },
  {
    name: 'dead-letters',
    promise: 'a ring that is given up is kept in the queue of the outputs',
    after: ['department'],
    play: async (stage) => {
      const { ask, eventually, deployment } = stage;
      const { iam, sqs } = deployment.ground.clients;
      // The emulator gives a failing batch up by its age alone; the module's hour is made a second.
      await setDoorbell(stage, { MaximumRecordAgeInSeconds: 1 });
      await iam.send(new DeleteRolePolicyCommand({ RoleName: 'ecr-control-plane-executor', PolicyName: 'executor' }));
      await ask(
        KOA,
        'POST',
        '/v1/departments/koa/repositories',
        202,
        { name: 'koa/never' },
        { prefer: 'respond-async' },
      );
      const letter = await eventually('a letter in the queue of dead letters', async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: deployment.outputs.queue_urls.dead_letters }),
        );
        return Messages[0];
      });
      match(letter.Body ?? '', /DDBStreamBatchInfo/);
    },
  },
  {
    name: 'audit-changes',
    promise: 'the stream of the audit table shows a changed event with what it was, to a pipe that leads to the queue',
    after: ['department'],
    play: async ({ deployment: { ground, outputs } }) => {
      const { pipes, dynamoDb, sqs } = ground.clients;
      const pipe = await pipes.send(new DescribePipeCommand({ Name: 'ecr-control-plane-audit-changes' }));
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: outputs.queue_urls.audit_changes, AttributeNames: ['QueueArn'] }),
      );
      equal(pipe.Target, Attributes?.['QueueArn']);
      match(pipe.Source ?? '', new RegExp(`table/${outputs.tables.audit}/stream/`));
      // The emulator's pipes lead to no queue and forget their filter; so the stream that the pipe reads is read here.
      const TableName = outputs.tables.audit;
      const query = { ':chain': { S: 'koa' } };
      const { Items: [event] = [] } = await dynamoDb.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :chain',
          ExpressionAttributeValues: query,
          Limit: 1,
        }),
      );
      ok(event !== undefined, 'the chain of koa has an event');
      await dynamoDb.send(new PutItemCommand({ TableName, Item: { ...event, outcome: { S: 'forged' } } }));
      const records = await recordsOf(ground.ministack.endpoint, pipe.Source ?? '');
      const changed = records.filter(({ eventName }) => eventName !== 'INSERT');
      equal(changed.length, 1, `${changed.length} of ${records.length} records are no insertion`);
      ok(changed[0]?.dynamodb?.OldImage !== undefined, 'the record holds the event as it was');
    },
  },
];

async function setDoorbell({ deployment }: Stage, change: object): Promise<void> {
  const { lambda } = deployment.ground.clients;
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  for (const { UUID } of EventSourceMappings)
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, ...change }));
}

async function bytesOf({ Body }: GetObjectCommandOutput): Promise<Buffer> {
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function recordsOf(endpoint: string, StreamArn: string) {
  const streams = new DynamoDBStreamsClient({ endpoint, region: REGION, credentials: ROOT });
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const all = [];
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    for (let iterator = ShardIterator; iterator !== undefined; ) {
      const { Records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator: iterator }),
      );
      all.push(...Records);
      iterator = Records.length === 0 ? undefined : NextShardIterator;
    }
  }
  return all;
}
