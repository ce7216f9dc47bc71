import type { AwsOptions } from '../../src/aws/client-options.ts';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import { startLocalDynamoDb } from '../../src/local/dynamodb.ts';
import { TARGET_NAMES, type TargetName } from './target-name.ts';

type Place = Pick<AwsOptions, 'endpoint' | 'credentials'>;

/** What the suite runs against. */
export interface Target {
  readonly name: TargetName;
  readonly region: string;
  /** ECR, IAM and STS. */
  readonly aws: AwsOptions;
  /** Whose these are, where they are not the target's own. */
  readonly awsOf?: TargetName;
  /** DynamoDB; an empty object is the one that the SDK's own variables point to. */
  readonly dynamoDb: Place;
  /** Another DynamoDB for the main job, where the target's own would not do. */
  readonly jobDynamoDb?: Place;
  /** How long a read may lag behind a write, in seconds. */
  readonly lagSeconds: number;
  readonly close: () => Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const REGION = 'eu-west-1';
/** The emulators take any; the embedded AWS these. */
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Starts the embedded target, or points to the one that scripts/conformance.ts started. */
export async function startTarget(env: Environment): Promise<Target> {
  const name = TARGET_NAMES.find((one) => one === (env['CONFORMANCE_TARGET'] ?? 'embedded'));
  switch (name) {
    case 'embedded':
      return embeddedTarget();
    case 'moto':
      return motoTarget(needed(env, 'CONFORMANCE_AWS_ENDPOINT'));
    case 'dynamodb-local':
      return dynamoDbLocalTarget(needed(env, 'CONFORMANCE_DYNAMODB_ENDPOINT'));
    case 'aws': {
      const region = needed(env, 'AWS_REGION');
      return { name, region, aws: { region }, dynamoDb: {}, lagSeconds: 60, close: async () => undefined };
    }
    case undefined:
      throw new Error(`CONFORMANCE_TARGET is one of ${TARGET_NAMES.join(', ')}, not ${env['CONFORMANCE_TARGET']}.`);
  }
}

async function embeddedTarget(): Promise<Target> {
  const dynamoDb = await startLocalDynamoDb(undefined);
  const aws = await startEmbedded();
  return {
    name: 'embedded',
    region: REGION,
    aws: { region: REGION, endpoint: aws.endpoint, credentials: CREDENTIALS },
    dynamoDb: { endpoint: dynamoDb.endpoint, credentials: CREDENTIALS },
    lagSeconds: 0,
    close: async () => {
      await aws.close();
      await dynamoDb.close();
    },
  };
}

/** Its DynamoDB does not isolate transactions, so the main job, whose parts work at once, has another one. */
async function motoTarget(endpoint: string): Promise<Target> {
  const dynamoDb = await startLocalDynamoDb(undefined);
  return {
    name: 'moto',
    region: REGION,
    aws: { region: REGION, endpoint, credentials: CREDENTIALS },
    dynamoDb: { endpoint, credentials: CREDENTIALS },
    jobDynamoDb: { endpoint: dynamoDb.endpoint, credentials: CREDENTIALS },
    lagSeconds: 0,
    close: () => dynamoDb.close(),
  };
}

/** A DynamoDB of another make, with the embedded ECR and IAM beside it. */
async function dynamoDbLocalTarget(endpoint: string): Promise<Target> {
  const aws = await startEmbedded();
  return {
    name: 'dynamodb-local',
    region: REGION,
    aws: { region: REGION, endpoint: aws.endpoint, credentials: CREDENTIALS },
    awsOf: 'embedded',
    dynamoDb: { endpoint, credentials: CREDENTIALS },
    lagSeconds: 0,
    close: () => aws.close(),
  };
}

/** It knows no issuer's keys: no check of the suite has a token that should be taken. */
function startEmbedded() {
  return startEmbeddedAws({
    accountId: '111122223333',
    region: REGION,
    organisationId: 'o-example0000',
    issuerKeys: async () => ({ keys: [] }),
  });
}

function needed(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set; npm run conformance -- --help`);
  return value;
}
