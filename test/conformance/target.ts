import type { AwsOptions } from '../../src/aws/client-options.ts';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import { startLocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import { startLocalDynamoDb } from '../../src/local/dynamodb.ts';
import { TARGET_NAMES, type TargetName } from './target-name.ts';

/** What the suite runs against; a part that a target does not have is absent. */
export interface Target {
  readonly name: TargetName;
  readonly region: string;
  /** ECR, IAM and STS. */
  readonly aws?: AwsOptions;
  /** DynamoDB, for the ledger's checks; an empty object is the one that the SDK's own variables point to. */
  readonly dynamoDb?: Pick<AwsOptions, 'endpoint' | 'credentials'>;
  /** How long a read may lag behind a write, in seconds. */
  readonly lagSeconds: number;
  readonly close: () => Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const REGION = 'eu-west-1';
const ISSUER = 'https://token.actions.githubusercontent.com';

/** Starts the embedded target, or points to the one that scripts/conformance.ts started. */
export async function startTarget(env: Environment): Promise<Target> {
  const name = TARGET_NAMES.find((one) => one === (env['CONFORMANCE_TARGET'] ?? 'embedded'));
  switch (name) {
    case 'embedded':
      return startEmbeddedTarget();
    case 'moto': {
      const endpoint = needed(env, 'CONFORMANCE_AWS_ENDPOINT');
      const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
      const aws = { region: REGION, endpoint, credentials };
      return {
        name,
        region: REGION,
        aws,
        dynamoDb: { endpoint, credentials },
        lagSeconds: 0,
        close: async () => undefined,
      };
    }
    case 'dynamodb-local': {
      const endpoint = needed(env, 'CONFORMANCE_DYNAMODB_ENDPOINT');
      const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
      return { name, region: REGION, dynamoDb: { endpoint, credentials }, lagSeconds: 0, close: async () => undefined };
    }
    case 'aws':
      // The account that the SDK's own variables point to.
      return {
        name,
        region: needed(env, 'AWS_REGION'),
        aws: { region: needed(env, 'AWS_REGION') },
        dynamoDb: {},
        lagSeconds: 60,
        close: async () => undefined,
      };
    case undefined:
      throw new Error(`CONFORMANCE_TARGET is one of ${TARGET_NAMES.join(', ')}, not ${env['CONFORMANCE_TARGET']}.`);
  }
}

async function startEmbeddedTarget(): Promise<Target> {
  const issuer = await startLocalGitHubIssuer({ issuer: ISSUER });
  const dynamoDb = await startLocalDynamoDb(undefined);
  const aws = await startEmbeddedAws({
    accountId: '111122223333',
    region: REGION,
    organisationId: 'o-example0000',
    issuerKeys: async () => issuer.jwks(),
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    name: 'embedded',
    region: REGION,
    aws: { region: REGION, endpoint: aws.endpoint, credentials },
    dynamoDb: { endpoint: dynamoDb.endpoint, credentials },
    lagSeconds: 0,
    close: async () => {
      await aws.close();
      await dynamoDb.close();
      await issuer.close();
    },
  };
}

function needed(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set; npm run conformance -- --help`);
  return value;
}
