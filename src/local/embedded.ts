import { CreateOpenIDConnectProviderCommand, CreatePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { join } from 'node:path';
import { SILENT, type Log } from '../lib/log.ts';
import { composeExecutor } from '../compose/compose-executor.ts';
import { readConfig, type Config } from '../config/config.ts';
import { tablesOf, type Endpoints } from '../compose/connections.ts';
import { handleEvent } from '../executor/handle.ts';
import type { ExecutorLimits, ExecutorParts } from '../executor/parts.ts';
import { ensureTables } from '../ledger/tables.ts';
import { permissionsBoundary } from '../policy/push-policy.ts';
import { clientVariables, type ClientVariables } from './aws/client-variables.ts';
import { startEmbeddedAws, type EmbeddedAws, type EmbeddedAwsOptions } from './aws/server.ts';
import { startLocalDynamoDb } from './dynamodb.ts';
import { PLATFORM_JOB } from './example.ts';
import { defaultAudience } from './github/job.ts';
import { startLocalGitHubIssuer, type LocalGitHubIssuer } from './github/issuer.ts';
import type { SigningKey } from './github/signing-key.ts';
import { idOfName } from './github/job.ts';
import { startStreamPoller } from './stream-poller.ts';

/** GitHub's own name: the documents that are written into the embedded AWS are those of production. */
const ISSUER = 'https://token.actions.githubusercontent.com';

/** Credentials of the embedded account itself. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** How the embedded default is started. */
export interface EmbeddedOptions {
  /** Where everything is kept; in memory without one. */
  readonly dataDir?: string;
  /** Port of the issuer; a free one without. */
  readonly issuerPort?: number;
  readonly log?: Log;
  /** Settings on top of the example's, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Passed on to the embedded AWS. */
  readonly aws?: Partial<EmbeddedAwsOptions>;
  /** Whether the executor runs here; a test may want to run it itself. */
  readonly executor?: boolean;
  /** What the issuer signs with; a key of its own without. */
  readonly signingKey?: SigningKey;
  /** How long a run of the executor works; as in the Lambda without. */
  readonly limits?: ExecutorLimits;
}

/** The embedded default: DynamoDB, AWS, GitHub's issuer and the executor, all on loopback. */
export interface Embedded {
  readonly config: Config;
  /** The settings by which the same service could be started elsewhere. */
  readonly env: Readonly<Record<string, string>>;
  readonly endpoints: Required<Endpoints>;
  readonly issuer: LocalGitHubIssuer;
  readonly aws: EmbeddedAws;
  readonly executor: ExecutorParts;
  /** Gives the issuer's keys to the verifier without a network. */
  readonly jwksFetch: (url: string | URL) => Promise<Response>;
  close(): Promise<void>;
}

/** The example's settings: the seed's account. The platform's workflow is the example's. */
export function exampleEnv(): Record<string, string> {
  return {
    ECP_ACCOUNT_ID: '354918371398',
    ECP_REGION: 'eu-west-1',
    ECP_AUDIENCE: defaultAudience,
    ECP_ISSUER: ISSUER,
    ECP_AWS_ORGANISATION_ID: 'o-example0000',
    ECP_PLATFORM_CALLERS: JSON.stringify([{ repositoryId: idOfName(PLATFORM_JOB.repository), ref: PLATFORM_JOB.ref }]),
  };
}

/** Starts the embedded default and makes what `infra/` makes in AWS: tables, the OIDC provider, the boundary. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  // The SDK's reminder that a later version of it needs a later Node; package.json says which Node this needs.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { dataDir, log = SILENT } = options;
  const env = { ...exampleEnv(), ...options.env };
  const config = readConfig(env);
  const closers: (() => Promise<void>)[] = [];
  // Jobs ask for them when all is up.
  let jobVariables: ClientVariables = {};
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const issuer = await startLocalGitHubIssuer({
      issuer: ISSUER,
      jobVariables: () => jobVariables,
      ...folder(dataDir, 'issuer'),
      ...(options.issuerPort === undefined ? {} : { port: options.issuerPort }),
      ...(options.signingKey === undefined ? {} : { signingKey: options.signingKey }),
    });
    closers.push(() => issuer.close());
    const dynamoDb = await startLocalDynamoDb(dataDir);
    closers.push(() => dynamoDb.close());
    const aws = await startEmbeddedAws({
      accountId: config.aws.accountId,
      region: config.aws.region,
      organisationId: config.aws.organisationId ?? 'o-example0000',
      issuerKeys: async () => issuer.jwks(),
      ...folder(dataDir, 'aws'),
      ...options.aws,
    });
    closers.push(() => aws.close());
    jobVariables = clientVariables(aws, config.aws.region);
    const endpoints = { aws: aws.endpoint, dynamoDb: dynamoDb.endpoint, credentials: LOCAL_CREDENTIALS };
    const tables = tablesOf(config, endpoints);
    await ensureTables(tables);
    await ensureAccount(config, aws.endpoint);
    const executor = composeExecutor(config, {
      endpoints,
      log,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    if (options.executor !== false) closers.push(await startExecutor(executor, endpoints, log));
    return {
      config,
      env,
      endpoints,
      issuer,
      aws,
      executor,
      jwksFetch: async () => Response.json(issuer.jwks()),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function folder(dataDir: string | undefined, name: string): { readonly dataDir?: string } {
  return dataDir === undefined ? {} : { dataDir: join(dataDir, name) };
}

/** How often the schedule rings; in AWS it is `infra/`'s. */
const SCHEDULE_MILLISECONDS = 10_000;

async function startExecutor(
  executor: ExecutorParts,
  endpoints: Required<Endpoints>,
  log: Log,
): Promise<() => Promise<void>> {
  const onError = (error: unknown): void => log.warn({ err: error }, 'The executor will be rung again');
  const poller = await startStreamPoller({
    tables: executor.tables,
    endpoint: endpoints.dynamoDb ?? '',
    region: executor.settings.region,
    credentials: LOCAL_CREDENTIALS,
    handle: (event) => handleEvent(executor, event),
    onError,
  });
  // What an earlier process left pending rings no more by itself: the schedule does.
  const ring = (): Promise<void> => handleEvent(executor, { source: 'aws.scheduler' }).then(() => undefined, onError);
  await ring();
  let ringing = Promise.resolve();
  // And again from time to time: the first ring finds the lease of a process that was killed still held.
  const schedule = setInterval(() => {
    ringing = ringing.then(ring);
  }, SCHEDULE_MILLISECONDS);
  schedule.unref();
  return async () => {
    clearInterval(schedule);
    await ringing;
    await poller.close();
  };
}

/** What the account must have before a push role can be made. */
async function ensureAccount({ aws, issuer }: Config, endpoint: string): Promise<void> {
  const iam = new IAMClient({ endpoint, region: aws.region, credentials: LOCAL_CREDENTIALS });
  await unlessThere(
    iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: issuer,
        ClientIDList: [aws.stsAudience],
        ThumbprintList: ['0'.repeat(40)],
      }),
    ),
  );
  await unlessThere(
    iam.send(
      new CreatePolicyCommand({
        PolicyName: 'push-role-boundary',
        Path: aws.rolePath,
        PolicyDocument: JSON.stringify(permissionsBoundary(aws)),
      }),
    ),
  );
  iam.destroy();
}

async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error as Error).name.startsWith('EntityAlreadyExists')) throw error;
  }
}
