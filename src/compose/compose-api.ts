import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { buildApp, type AppParts } from '../http/app.ts';
import { registryLook } from '../aws/registry-look.ts';
import { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from '../caller/verify-token.ts';
import { SILENT } from '../lib/log.ts';
import type { Config } from '../config/config.ts';
import type { Contract } from '../contract/route.ts';
import { createCore } from '../core/create-core.ts';
import { awsOptions, tablesOf, type Endpoints } from './connections.ts';
import { newId } from '../lib/new-id.ts';
import { pause } from '../lib/pause.ts';
import { createPolls } from '../core/queries/polls.ts';

/** What the API is composed of. */
export interface ApiParts {
  readonly config: Config;
  readonly contract: Contract;
  /** The text of schema/*.graphql. */
  readonly schema: string;
  /** A page of the documentation as HTML. */
  readonly page: AppParts['page'];
  readonly endpoints?: Endpoints;
  /** How the issuer's keys are fetched; the embedded default has them at hand. */
  readonly jwksFetch?: TokenVerifierOptions['jwksFetch'];
  readonly logger?: FastifyBaseLogger;
  readonly portLimits?: AppParts['portLimits'];
  /** The client's address, where the connection's is not it. */
  readonly addressOf?: AppParts['addressOf'];
}

/** The API: both APIs over the core, on the ledger. */
export function composeApi({
  config,
  contract,
  schema,
  page,
  endpoints = {},
  jwksFetch,
  logger,
  portLimits,
  addressOf,
}: ApiParts): FastifyInstance {
  const polls = createPolls(config.longPolls, pause);
  const core = createCore({
    tables: tablesOf(config, endpoints),
    registry: registryLook(awsOptions(config, endpoints)),
    config,
    now: () => new Date(),
    newId,
    pause,
    polls,
    log: logger ?? SILENT,
  });
  const authenticate = verifierOf(config, jwksFetch);
  const app = buildApp({
    core,
    contract,
    schema,
    page,
    authenticate,
    config,
    ...(logger === undefined ? {} : { logger }),
    ...(portLimits === undefined ? {} : { portLimits }),
    ...(addressOf === undefined ? {} : { addressOf }),
  });
  // Whoever waits is answered before the connections are closed.
  app.addHook('preClose', async () => polls.close());
  return app;
}

function verifierOf({ issuer, audience }: Config, jwksFetch: TokenVerifierOptions['jwksFetch']): TokenVerifier {
  return createTokenVerifier({ issuers: [issuer], audience, ...(jwksFetch === undefined ? {} : { jwksFetch }) });
}
