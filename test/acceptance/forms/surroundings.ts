import { connectAws, type AwsClients } from '../../../src/aws/clients.ts';
import type { Config } from '../../../src/config/config.ts';
import { LOCAL_CREDENTIALS } from '../../../src/local/embedded.ts';
import type { BucketAndKey } from '../../support/bucket-and-key.ts';
import { startLambdaProcess, type LambdaProcess } from '../../support/lambda-process.ts';
import type { Form } from '../form.ts';

/** Where everything answers that a form stands on, as addresses of loopback. */
export interface Surroundings {
  readonly config: Config;
  /** The settings, as environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly awsUrl: string;
  readonly dynamoDbUrl: string;
  readonly issuerUrl: string;
  readonly storage: Pick<BucketAndKey, 'endpoint'>;
  /** What the processes of the source have in their environment beside it. */
  readonly recording?: Readonly<Record<string, string>>;
}

/** `infra/`'s time-outs, in milliseconds. */
const TIMEOUTS = { api: 29_000, executor: 45_000, exporter: 900_000 } as const;

/** One of the three functions. */
export type FunctionName = keyof typeof TIMEOUTS;

/** The bucket that exports go to. */
export const BUCKET = 'audit';
/** The key that signs them. */
export const KEY = 'alias/audit';

/** Starts a function from its source or its bundle, with the variables that `infra/` and Lambda give it. */
export function startFunction(
  name: FunctionName,
  from: 'source' | 'bundle',
  surroundings: Surroundings,
): LambdaProcess {
  const { env, issuerUrl, recording } = surroundings;
  return startLambdaProcess({
    entry: from === 'source' ? `src/entry/lambda-${name}.ts` : `dist/${name}/index.mjs`,
    timeout: TIMEOUTS[name],
    issuerUrl,
    env: {
      ...env,
      ...(from === 'source' ? recording : {}),
      ...clientVariables(surroundings),
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      PATH: process.env['PATH'],
      AWS_LAMBDA_FUNCTION_NAME: `ecr-control-plane-${name}`,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LOG_LEVEL: 'silent',
      // Small, so that an export has several pages where it cannot be streamed.
      ECP_EXPORT_PAGE_BYTES: '40000',
      ...(name === 'exporter' ? { ECP_EXPORT_BUCKET: BUCKET, ECP_EXPORT_KMS_KEY: KEY } : {}),
    },
  });
}

/** The AWS SDK's own variables, by which it finds everything. */
export function clientVariables({
  config,
  awsUrl,
  dynamoDbUrl,
  storage,
}: Surroundings): Readonly<Record<string, string>> {
  return {
    AWS_REGION: config.aws.region,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
    AWS_ENDPOINT_URL_ECR: awsUrl,
    AWS_ENDPOINT_URL_IAM: awsUrl,
    AWS_ENDPOINT_URL_S3: storage.endpoint,
    AWS_ENDPOINT_URL_KMS: storage.endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** What forms share that stand on the embedded AWS or an emulator of loopback. */
export function overSurroundings({
  config,
  awsUrl,
  storage,
}: Surroundings & { readonly storage: BucketAndKey }): Pick<
  Form,
  'config' | 'aws' | 'awsEndpoint' | 'bucket' | 'exportKey'
> {
  return {
    config,
    aws: administrator(config, awsUrl),
    awsEndpoint: awsUrl,
    bucket: async () =>
      new Map([...storage.objects].map(([key, bytes]) => [key.replace(`/${BUCKET}/`, ''), bytes] as const)),
    exportKey: async () => storage.publicKey,
  };
}

function administrator({ aws: { region } }: Config, endpoint: string): AwsClients {
  return connectAws({ region, endpoint, credentials: LOCAL_CREDENTIALS });
}

/** Closes what was opened, the last first, whatever becomes of one of them. */
export async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of [...closers].reverse()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be closed.');
}
