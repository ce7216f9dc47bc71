import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Contract } from '../../contract/route.ts';
import type { Core } from '../../core/core.ts';
import { ERRORS, ServiceError } from '../../core/errors.ts';
import { loadOnce } from '../../lib/load-once.ts';
import { negotiate } from '../rest/accept.ts';
import { JSON_FAULTS, jsonFault } from '../../lib/strict-json.ts';
import type { GraphqlOutcome, GraphqlRequest } from './engine.ts';
import { errorAnswer, type ErrorTelling } from './errors.ts';

const RESPONSE = 'application/graphql-response+json';
/** What clients from before GraphQL over HTTP understand: every well-formed request is answered 200. */
const LEGACY = 'application/json';

/** Where the GraphQL API is. */
export const GRAPHQL_PATH = '/graphql';

/** What the GraphQL API is made of. */
export interface GraphqlParts {
  /** The text of schema/*.graphql. */
  readonly schema: string;
  readonly contract: Contract;
  readonly core: Core;
  readonly docsBaseUrl: string;
}

/**
 * GraphQL over HTTP at /graphql. The engine is loaded with the first request: a REST read must not pay for it.
 * @see https://graphql.github.io/graphql-over-http/draft/
 */
export function registerGraphqlApi(app: FastifyInstance, { schema, contract, core, docsBaseUrl }: GraphqlParts): void {
  const engine = loadOnce(async () => {
    const { createEngine } = await import('./engine.ts');
    return createEngine(schema, contract, core);
  });
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    read: () => GraphqlRequest,
  ): Promise<FastifyReply> => {
    const mediaType = mediaTypeFor(request);
    const telling = tellingOf(request, docsBaseUrl);
    const outcome = await (await engine()).execute(read(), { asker: (key) => request.asker(key), telling });
    return send(reply, outcome, mediaType);
  };
  const config = { isGraphql: true };
  app.route({
    method: 'POST',
    url: GRAPHQL_PATH,
    config,
    handler: (request, reply) => answer(request, reply, () => readPost(request.body)),
  });
  app.route({
    method: 'GET',
    url: GRAPHQL_PATH,
    config,
    handler: (request, reply) => answer(request, reply, () => readGet(request.query)),
  });
}

/** Answers an error that came before the document was looked at, such as a missing token, in GraphQL's form. */
export function sendGraphqlError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
  docsBaseUrl: string,
): FastifyReply {
  const { retryAfterSeconds, wwwAuthenticate } = error.extras;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  if (error.code === 'unauthenticated') void reply.header('www-authenticate', wwwAuthenticate ?? 'Bearer');
  const mediaType = negotiate(request.headers.accept, [LEGACY, RESPONSE]) ?? LEGACY;
  const errors = [errorAnswer(error, tellingOf(request, docsBaseUrl))];
  return reply.code(ERRORS[error.code].status).type(mediaType).send(JSON.stringify({ errors }));
}

function tellingOf(request: FastifyRequest, docsBaseUrl: string): ErrorTelling {
  return {
    docsBaseUrl,
    requestId: request.id,
    logUnexpected: (error) => request.log.error({ err: error }, 'unexpected error'),
  };
}

function mediaTypeFor(request: FastifyRequest): string {
  const mediaType = negotiate(request.headers.accept, [LEGACY, RESPONSE]);
  if (mediaType === undefined) throw new ServiceError('not-acceptable', `Available as ${RESPONSE} or ${LEGACY}.`);
  return mediaType;
}

function send(reply: FastifyReply, outcome: GraphqlOutcome, mediaType: string): FastifyReply {
  void reply.type(mediaType);
  if (outcome.kind === 'answered') {
    const { data, errors } = outcome;
    return reply.code(200).send(JSON.stringify({ ...(errors === undefined ? {} : { errors }), data }));
  }
  const { code, errors } = outcome;
  if (code === 'method-not-allowed') void reply.header('allow', 'POST');
  // A document that is well-formed JSON but bad GraphQL is 200 to a client that knows only application/json.
  const isTolerated = mediaType === LEGACY && outcome.kind === 'refused' && code !== 'method-not-allowed';
  return reply.code(isTolerated ? 200 : ERRORS[code].status).send(JSON.stringify({ errors }));
}

function readPost(body: unknown): GraphqlRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw malformed('The body must be a JSON object with "query"; several requests in one are not taken.');
  }
  const { query, variables, operationName, extensions } = body as Record<string, unknown>;
  return requestOf(query, variables, operationName, extensions, false);
}

function readGet(parameters: unknown): GraphqlRequest {
  const { query, variables, operationName, extensions } = parameters as Record<string, unknown>;
  return requestOf(query, parsed('variables', variables), operationName, parsed('extensions', extensions), true);
}

function parsed(name: string, text: unknown): unknown {
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string') throw malformed(`"${name}" must be given once.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(`"${name}" must be JSON.`);
  }
  const fault = jsonFault(text);
  if (fault !== undefined) throw malformed(`"${name}" ${JSON_FAULTS[fault]}.`);
  return value;
}

function requestOf(
  query: unknown,
  variables: unknown,
  operationName: unknown,
  extensions: unknown,
  readOnly: boolean,
): GraphqlRequest {
  if (typeof query !== 'string' || query === '') throw malformed('"query" must be a GraphQL document as a string.');
  if (!isMapOrNothing(variables)) throw malformed('"variables" must be an object.');
  if (!isMapOrNothing(extensions)) throw malformed('"extensions" must be an object.');
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw malformed('"operationName" must be a string.');
  }
  return { query, variables: variables ?? {}, readOnly, ...(operationName ? { operationName } : {}) };
}

function isMapOrNothing(value: unknown): value is Readonly<Record<string, unknown>> | undefined | null {
  return value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value));
}

function malformed(detail: string): ServiceError {
  return new ServiceError('malformed-request', detail);
}
