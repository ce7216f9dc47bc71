import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { PipesClient } from '@aws-sdk/client-pipes';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Clients for everything that the module is made of, with the rights of whoever deploys it. */
export interface Clients {
  readonly gateway: ApiGatewayV2Client;
  readonly logs: CloudWatchLogsClient;
  readonly dynamoDb: DynamoDBClient;
  readonly ecr: ECRClient;
  readonly events: EventBridgeClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly pipes: PipesClient;
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

/** The emulator's root credentials. */
export const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** Connects to an emulator as its root. */
export function connect(endpoint: string, region: string): Clients {
  const options = { endpoint, region, credentials: ROOT, maxAttempts: 2 };
  return {
    gateway: new ApiGatewayV2Client(options),
    logs: new CloudWatchLogsClient(options),
    dynamoDb: new DynamoDBClient(options),
    ecr: new ECRClient(options),
    events: new EventBridgeClient(options),
    iam: new IAMClient(options),
    kms: new KMSClient(options),
    lambda: new LambdaClient(options),
    pipes: new PipesClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    sns: new SNSClient(options),
    sqs: new SQSClient(options),
  };
}
