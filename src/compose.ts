import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import type { AwsOptions } from './aws/client-options.ts';
import { registryLook } from './aws/registry-look.ts';
import { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './caller/verify-token.ts';
import type { Log } from './commands/parts.ts';
import type { Config } from './config.ts';
import type { Contract } from './contract/operation.ts';
import { createCore } from './create-core.ts';
import { EXECUTOR_LIMITS, type ExecutorLimits, type ExecutorParts } from './executor/parts.ts';
import { connectTables, type Tables } from './ledger/client.ts';
import { newId, pause } from './clock.ts';

/** Where the AWS services are; without an endpoint the SDK's own variables and defaults decide. */
export interface Endpoints {
  readonly aws?: AwsOptions['endpoint'];
  readonly dynamoDb?: string;
  readonly credentials?: AwsOptions['credentials'];
}

/** What the API is composed of. */
export interface ApiParts {
  readonly config: Config;
  readonly contract: Contract;
  /** The text of schema/*.graphql. */
  readonly schema: string;
  readonly endpoints?: Endpoints;
  /** How the issuer's keys are fetched; the embedded default has them at hand. */
  readonly jwksFetch?: TokenVerifierOptions['jwksFetch'];
  readonly logger?: FastifyBaseLogger;
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The API: both faces over the core, on the ledger. */
export function composeApi({ config, contract, schema, endpoints = {}, jwksFetch, logger }: ApiParts): FastifyInstance {
  const core = createCore({
    tables: tablesOf(config, endpoints),
    registry: registryLook(awsOptions(config, endpoints)),
    config,
    now: () => new Date(),
    newId,
    pause,
    log: logger ?? SILENT,
  });
  const authenticate = verifierOf(config, jwksFetch);
  return buildApp({ core, contract, schema, authenticate, config, ...(logger === undefined ? {} : { logger }) });
}

function verifierOf({ issuer, audience }: Config, jwksFetch: TokenVerifierOptions['jwksFetch']): TokenVerifier {
  return createTokenVerifier({ issuers: [issuer], audience, ...(jwksFetch === undefined ? {} : { jwksFetch }) });
}

/** The executor's parts: the ledger, and the clients that write to ECR and IAM. */
export async function composeExecutor(
  config: Config,
  { endpoints = {}, log = SILENT, limits = EXECUTOR_LIMITS }: { readonly endpoints?: Endpoints; readonly log?: Log; readonly limits?: ExecutorLimits },
): Promise<ExecutorParts> {
  const { connectAws } = await import('./aws/clients.ts');
  return {
    tables: tablesOf(config, endpoints),
    aws: connectAws(awsOptions(config, endpoints)),
    settings: config.aws,
    now: () => new Date(),
    newId,
    pause,
    log,
    limits,
  };
}

/** The ledger's tables. */
export function tablesOf({ stateTable, auditTable, aws }: Config, { dynamoDb, credentials }: Endpoints): Tables {
  return connectTables({
    state: stateTable,
    audit: auditTable,
    region: aws.region,
    ...(dynamoDb === undefined ? {} : { endpoint: dynamoDb }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

function awsOptions({ aws }: Config, { aws: endpoint, credentials }: Endpoints): AwsOptions {
  return {
    region: aws.region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
