import type { FastifyReply } from 'fastify';
import type { ContractOperation } from '../../contract/route.ts';
import type { MutationOptions, MutationResult, Page, QueryResult } from '../../core/core.ts';
import type { QueryCall } from '../../core/input.ts';
import type { components } from '../../generated/openapi.ts';
import { operationView } from '../../core/views/operation.ts';
import { entityTag, matchesAny } from './entity-tag.ts';

const YAML = 'application/yaml';

/** What of a query's input its address is made from. */
export type Located = Pick<QueryCall['input'], 'params' | 'query'>;

type Workflow = components['schemas']['Workflow'];

/** Answers a query: a page, a workflow file, or one entity with its `ETag`. */
export function answerQuery(
  reply: FastifyReply,
  operation: ContractOperation,
  input: Located,
  result: QueryResult,
  mediaType: string,
): FastifyReply {
  if (result.retryAfterSeconds !== undefined) void reply.header('retry-after', String(result.retryAfterSeconds));
  if (isList(operation)) return answerPage(reply, operation, input, result.value as Page<unknown>);
  if (operation.mediaTypes.includes(YAML)) return answerWorkflow(reply, result.value as Workflow, mediaType);
  if (result.revision === undefined) return reply.send(result.value);
  const tag = entityTag(result.revision, result.value);
  void reply.header('etag', tag);
  if (matchesAny(reply.request.headers['if-none-match'], tag)) return reply.code(304).send();
  return reply.send(result.value);
}

/** A generated file: its text, or with `Accept: application/json` a description of it. */
function answerWorkflow(
  reply: FastifyReply,
  { fileName, repository, yaml, json }: Workflow,
  mediaType: string,
): FastifyReply {
  return mediaType === YAML ? reply.type(YAML).send(yaml) : reply.send({ fileName, repository, yaml, json });
}

function isList(operation: ContractOperation): boolean {
  return operation.parameters.some((parameter) => parameter.in === 'query' && parameter.name === 'after');
}

function answerPage(
  reply: FastifyReply,
  operation: ContractOperation,
  input: Located,
  page: Page<unknown>,
): FastifyReply {
  const { items, nextCursor } = page;
  if (nextCursor === undefined) return reply.send({ items });
  void reply.header('link', linkTo(operation, input, nextCursor));
  return reply.send({ items, nextCursor });
}

/** A link to what comes after a place in a list: the same request, from there on (RFC 8288). */
export function linkTo(operation: ContractOperation, input: Located, after: string): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query)) query.set(name, String(value));
  query.set('after', after);
  return `<${addressOf(operation, input)}?${query.toString()}>; rel="next"`;
}

/** The operation's address with its parameters, made again so that nothing the client wrote reaches a header unencoded. */
function addressOf(operation: ContractOperation, { params }: Located): string {
  const given = new Map(Object.entries(params));
  return operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(given.get(name) ?? ''));
}

/** Answers a mutation: 200, 201 with `Location`, or 202 with the operation's. */
export function answerMutation(reply: FastifyReply, options: MutationOptions, result: MutationResult): FastifyReply {
  const { operation, revision, entity, location } = result;
  // What AWS may still refuse has no tag yet that a client could hold on to.
  if (revision !== undefined && entity !== null && result.state !== 'accepted') {
    void reply.header('etag', entityTag(revision, entity));
  }
  switch (result.state) {
    case 'dry-run':
      void reply.code(200);
      break;
    case 'accepted':
      void reply.code(202).header('retry-after', '1');
      // What was answered at once was not answered asynchronously (RFC 7240, section 3).
      if (options.respondAsync) void reply.header('preference-applied', 'respond-async');
      if (operation !== undefined) void reply.header('location', `/v1/operations/${operation.id}`);
      break;
    case 'done':
      void reply.code(result.created ? 201 : 200);
      if (result.created && location !== undefined) void reply.header('location', location);
      break;
  }
  return reply.send(mutationBody(result));
}

function mutationBody({ operation, plan, blastRadius, entityName, entity, sessionsValidUntil }: MutationResult) {
  return {
    operation: operation === undefined ? null : operationView(operation),
    plan,
    ...(blastRadius === undefined ? {} : { blastRadius }),
    [entityName]: entity,
    ...(sessionsValidUntil === undefined ? {} : { sessionsValidUntil }),
  };
}
