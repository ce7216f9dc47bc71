import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { CreateFunctionCommand, DeleteFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { zipSync } from 'fflate';
import { ACCOUNT_ID, REGION, type Deployment } from '../deployment.ts';

const NAME = 'ecr-control-plane';

/** What the holder of a role's session reaches. */
export interface Hands {
  readonly dynamoDb: DynamoDBClient;
  readonly ecr: ECRClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

/** Clients with a session of a role, as a function that has the role would hold it. */
export async function sessionOf({ ground }: Deployment, part: string): Promise<Hands> {
  const probe = `probe-${part}`;
  const source = `export const handler = async () => ({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  });`;
  const { lambda } = ground.clients;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: probe,
      Role: `arn:aws:iam::${ACCOUNT_ID}:role/${NAME}/${NAME}-${part}`,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.mjs': Buffer.from(source) }) },
    }),
  );
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: probe }));
  await lambda.send(new DeleteFunctionCommand({ FunctionName: probe }));
  const credentials = JSON.parse(Buffer.from(Payload ?? []).toString());
  const options = { endpoint: ground.ministack.endpoint, region: REGION, credentials, maxAttempts: 1 };
  return {
    dynamoDb: new DynamoDBClient(options),
    ecr: new ECRClient(options),
    iam: new IAMClient(options),
    kms: new KMSClient(options),
    lambda: new LambdaClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    sqs: new SQSClient(options),
  };
}
