import { randomUUID } from 'node:crypto';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import { checkContract } from '../contract/check.ts';
import type { Contract } from '../contract/route.ts';
import type { Asker, Core } from '../core/core.ts';
import { ServiceError, unknownPath } from '../core/errors.ts';
import { PORT_LIMITS, type PortLimits } from './port-limits.ts';
import { NO_ROUTE_SCHEMAS } from './no-route-schemas.ts';
import { knownError } from './known-error.ts';
import { GRAPHQL_PATH, registerGraphqlApi, sendGraphqlError } from './graphql/http.ts';
import { sendProblem } from './rest/problem.ts';
import { withNameAsOneSegment } from './rest/repository-path.ts';
import { refuseOtherMethods, registerRestApi, type RestParts } from './rest/routes.ts';
import { JSON_FAULTS, jsonFault, strictUtf8 } from '../lib/strict-json.ts';

/** Largest body that is read. The largest honest one, a list of 200 accounts or a lifecycle policy, is a tenth of it. */
const BODY_LIMIT = 256 * 1_024;
/** Longest head of a request that Node reads, and more than API Gateway does. */
const LONGEST_PATH = 16 * 1_024;

/** What an app is made of. */
export interface AppParts {
  readonly core: Core;
  readonly contract: Contract;
  /** The text of schema/*.graphql, all files in one. */
  readonly schema: string;
  /** A page of the documentation as HTML. */
  readonly page: RestParts['page'];
  /**
   * Verifies an `Authorization` header.
   * @throws TokenRefused, IssuerUnavailable
   */
  readonly authenticate: (authorizationHeader: string | undefined, now: Date) => Promise<Caller>;
  readonly config: { readonly docsBaseUrl: string };
  /** Without one nothing is logged. */
  readonly logger?: FastifyBaseLogger;
  /** What the port bears, where it is not the usual. */
  readonly portLimits?: PortLimits;
  /** The client's address, where the connection's is not it. */
  readonly addressOf?: (request: FastifyRequest) => string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is answered without a token. */
    readonly isPublic?: boolean;
    /** Whether its errors are told in GraphQL's form. */
    readonly isGraphql?: boolean;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
    /** Who asks, and from where; only on routes that need a token. */
    asker(idempotencyKey?: string): Asker;
  }
}

/**
 * The service as one Fastify app, the same on a port and in a Lambda.
 * @throws Error when the contract and the core do not match
 */
export function buildApp({
  core,
  contract,
  schema,
  page,
  authenticate,
  config,
  logger,
  portLimits = PORT_LIMITS,
  addressOf,
}: AppParts): FastifyInstance {
  checkContract(contract, core);
  const app = newFastify(logger, config.docsBaseUrl, portLimits);
  app.decorateRequest('caller', undefined);
  app.decorateRequest('asker', askerFrom(addressOf ?? (({ ip }) => ip)));
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(headersOf(request));
    // Before a body is looked at: no method and no media type makes an unknown path anything else.
    if (request.is404) throw unknownPath();
    if (request.routeOptions.config.isPublic === true) return;
    request.caller = await authenticate(request.headers.authorization, new Date());
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, config.docsBaseUrl));
  app.setNotFoundHandler(() => {
    throw unknownPath();
  });
  readJsonOnly(app);
  registerRestApi(app, { contract, core, page });
  registerGraphqlApi(app, { schema, contract, core, docsBaseUrl: config.docsBaseUrl });
  refuseOtherMethods(app, GRAPHQL_PATH, ['GET', 'POST']);
  return app;
}

function newFastify(logger: FastifyBaseLogger | undefined, docsBaseUrl: string, limits: PortLimits): FastifyInstance {
  const app = fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: limits.requestMilliseconds,
    connectionTimeout: limits.idleMilliseconds,
    http: { headersTimeout: limits.headMilliseconds, connectionsCheckingInterval: limits.checkMilliseconds },
    // Our own ids: one that the client sends could be made to look like another request's in the audit trail.
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    // As long as a whole request's head may be: what is too long for a name, its schema says, after the token was looked at.
    routerOptions: { maxParamLength: LONGEST_PATH },
    rewriteUrl: ({ url = '/' }) => withNameAsOneSegment(url),
    schemaController: NO_ROUTE_SCHEMAS,
    frameworkErrors: (error, request, reply) => {
      void reply.headers(headersOf(request));
      void answerError(error, request, reply, docsBaseUrl);
    },
  });
  app.server.maxConnections = limits.connections;
  return app;
}

/** JSON is the only thing that is read, and only what all readers read alike; an empty body is none, whatever `Content-Type` says. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = strictUtf8(body as Buffer, 'strip');
    if (text === '') done(null, undefined);
    else if (text === undefined) done(new ServiceError('malformed-request', 'The body is not UTF-8.'));
    else
      void parse(request, text, (error, value: unknown) => {
        const fault = error === null ? jsonFault(text) : undefined;
        if (fault === undefined) done(error, value);
        else done(new ServiceError('malformed-request', `The body ${JSON_FAULTS[fault]}.`));
      });
  });
}

function headersOf(request: FastifyRequest): Record<string, string> {
  return {
    'x-request-id': request.id,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
  };
}

/** Makes the request's `asker`: who asks, by the verified caller, and from where. */
function askerFrom(addressOf: (request: FastifyRequest) => string) {
  return function asker(this: FastifyRequest, idempotencyKey?: string): Asker {
    if (this.caller === undefined) throw new Error('A route that needs a caller was reached without one.');
    const userAgent = this.headers['user-agent'];
    return {
      caller: this.caller,
      source: {
        requestId: this.id,
        address: addressOf(this),
        ...(userAgent === undefined ? {} : { userAgent: printable(userAgent).slice(0, 256) }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      },
    };
  };
}

/** A header as the audit trail may keep it. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, docsBaseUrl: string): FastifyReply {
  const told = knownError(error) ?? unexpected(error, request);
  if (told.cause !== undefined) request.log.warn({ err: told.cause }, told.code);
  if (request.routeOptions?.config?.isGraphql === true) return sendGraphqlError(request, reply, told, docsBaseUrl);
  return sendProblem(reply, told, docsBaseUrl);
}

function unexpected(error: unknown, request: FastifyRequest): ServiceError {
  request.log.error({ err: error }, 'unexpected error');
  return new ServiceError(
    'internal',
    `Something unexpected happened. Its id is ${request.id}; quote it when you ask for help.`,
  );
}
