import type { FastifyBaseLogger, FastifyInstance, InjectOptions } from 'fastify';
import type { Test } from 'tap';
import { buildApp } from '../../src/http/app.ts';
import { registryLook } from '../../src/aws/registry-look.ts';
import { createTokenVerifier } from '../../src/caller/verify-token.ts';
import { newId } from '../../src/lib/new-id.ts';
import { pause } from '../../src/lib/pause.ts';
import type { Log } from '../../src/lib/log.ts';
import { awsOptions, tablesOf } from '../../src/compose/connections.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { createCore } from '../../src/core/create-core.ts';
import { createPolls } from '../../src/core/queries/polls.ts';
import type { Job } from '../../src/local/github/job.ts';
import type { Answer, Ask, Service } from './service.ts';

/** How another process of the service differs from the first. */
export interface InstanceOptions {
  /** The clock of its core; tokens are verified by the real one. */
  readonly now?: () => Date;
  readonly logger?: FastifyBaseLogger;
  /** How long its mutations wait for AWS. */
  readonly waitMilliseconds?: number;
}

/** Another process of the same service: it shares the tables and AWS, and nothing in memory. */
export interface Instance {
  readonly app: FastifyInstance;
  readonly ask: (job: Job | undefined, request: Ask) => Promise<Answer>;
  readonly graphql: (
    job: Job | undefined,
    query: string,
    variables?: Readonly<Record<string, unknown>>,
  ) => Promise<Answer>;
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const DAY = 86_400_000;

/** Starts another process of a service. */
export function anotherInstance(
  t: Test,
  { embedded }: Pick<Service, 'embedded'>,
  options: InstanceOptions = {},
): Instance {
  const { endpoints, jwksFetch } = embedded;
  const config = {
    ...embedded.config,
    ...(options.waitMilliseconds === undefined ? {} : { waitMilliseconds: options.waitMilliseconds }),
  };
  const { logger, now = () => new Date() } = options;
  const core = createCore({
    tables: tablesOf(config, endpoints),
    registry: registryLook(awsOptions(config, endpoints)),
    config,
    now,
    newId,
    pause,
    polls: createPolls(config.longPolls, pause),
    log: logger ?? SILENT,
  });
  const authenticate = createTokenVerifier({ issuers: [config.issuer], audience: config.audience, jwksFetch });
  const app = buildApp({ core, ...loadContracts(), authenticate, config, ...(logger === undefined ? {} : { logger }) });
  t.teardown(() => app.close());
  const ask = async (job: Job | undefined, request: Ask): Promise<Answer> => {
    const authorization =
      job === undefined
        ? undefined
        : `Bearer ${await embedded.issuer.mintToken({ ...job, audience: config.audience })}`;
    return send(app, authorization, request);
  };
  return { app, ask, graphql: (job, query, variables = {}) => ask(job, graphqlRequest(query, variables)) };
}

/** A process of the service whose core's clock is so many days ahead. */
export function laterInstance(t: Test, service: Pick<Service, 'embedded'>, days: number): Instance {
  return anotherInstance(t, service, { now: () => new Date(Date.now() + days * DAY) });
}

/** A GraphQL request as an HTTP client sends it. */
export function graphqlRequest(query: string, variables: Readonly<Record<string, unknown>> = {}): Ask {
  return {
    method: 'POST',
    path: '/graphql',
    body: { query, variables },
    headers: { accept: 'application/graphql-response+json' },
  };
}

/** Sends a request with exactly this `Authorization` header. */
export async function send(
  app: FastifyInstance,
  authorization: string | undefined,
  { method = 'GET', path, body, headers = {} }: Ask,
): Promise<Answer> {
  const response = await app.inject({
    method,
    url: path,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  } as InjectOptions);
  const text = response.body;
  const type = response.headers['content-type'] ?? '';
  return {
    status: response.statusCode,
    headers: response.headers as Answer['headers'],
    text,
    body: /[/+]json\b/.test(type) && text !== '' ? JSON.parse(text) : undefined,
  };
}
