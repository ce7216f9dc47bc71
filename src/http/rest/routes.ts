import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Contract, ContractOperation, RawRequest } from '../../contract/route.ts';
import { valid } from '../../contract/valid.ts';
import type { Core } from '../../core/core.ts';
import { invalidInput, notFound, ServiceError } from '../../core/errors.ts';
import { PAGES, type PageName } from '../../contract/pages.ts';
import { negotiate } from './accept.ts';
import { answerMutation, answerQuery } from './answers.ts';
import { answerStream } from './stream.ts';

/** What the REST API is made of. */
export interface RestParts {
  readonly contract: Contract;
  readonly core: Core;
  /** A page of the documentation as HTML. */
  readonly page: (name: PageName) => Promise<string>;
}

/** Registers a route for each operation of the contract, and for each of its paths what says which methods it knows. */
export function registerRestApi(app: FastifyInstance, parts: RestParts): void {
  const { contract } = parts;
  for (const operation of contract.operations.values()) {
    app.route({
      method: operation.method,
      url: routePath(operation.path),
      config: { isPublic: operation.kind === 'public' },
      onRequest: async (request) => {
        if (takesNoBody(operation) && hasBody(request)) throw bodyNotTaken();
      },
      handler: (request, reply) => answer(request, reply, operation, parts),
    });
  }
  const operations = [...contract.operations.values()];
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const known = operations.filter((operation) => operation.path === path).map((operation) => operation.method);
    refuseOtherMethods(app, routePath(path), known);
  }
}

/** A mutation without a body must not get one: whoever sends `{"dryRun": true}` means something by it. */
function takesNoBody({ kind, bodyProperties }: ContractOperation): boolean {
  return kind === 'mutation' && bodyProperties.size === 0;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}

function bodyNotTaken(): ServiceError {
  return invalidInput([{ pointer: '/body', detail: 'takes no body here; send what you mean as query parameters' }]);
}

function routePath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Answers 405 with `Allow` for the methods that a route does not know. */
export function refuseOtherMethods(app: FastifyInstance, url: string, known: readonly string[]): void {
  const answered = [...known, ...(known.includes('GET') ? ['HEAD'] : [])];
  const allow = answered.join(', ');
  app.route({
    method: app.supportedMethods.filter((method) => !answered.includes(method)),
    url,
    config: { isPublic: true },
    // Before the body is looked at: whatever it is, it is not wanted.
    onRequest: async (_request, reply) => {
      void reply.header('allow', allow);
      throw new ServiceError('method-not-allowed', `Allowed here: ${allow}.`);
    },
    handler: () => undefined,
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  operation: ContractOperation,
  parts: RestParts,
): Promise<FastifyReply> {
  const { core } = parts;
  if (operation.kind === 'public') return answerPublic(request, reply, operation, parts);
  const mediaType = negotiate(request.headers.accept, operation.mediaTypes);
  if (mediaType === undefined) {
    throw new ServiceError('not-acceptable', `Available as ${operation.mediaTypes.join(' or ')}.`);
  }
  if (operation.kind === 'mutation') {
    const { call, options } = valid(operation.validate(rawRequest(request)));
    return answerMutation(reply, options, await core.mutate(call, request.asker(options.idempotencyKey), options));
  }
  const call = valid(operation.validate(rawRequest(request)));
  const result = await core.query(call, request.asker());
  if (result.stream !== undefined) return answerStream(reply, operation, call.input, result.stream);
  return answerQuery(reply, operation, call.input, result, mediaType);
}

function rawRequest(request: FastifyRequest): RawRequest {
  return {
    path: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    headers: request.headers,
    body: request.body ?? undefined,
  };
}

/** What the REST API knows without the core. `checkContract` holds the contract to these. */
async function answerPublic(
  request: FastifyRequest,
  reply: FastifyReply,
  operation: ContractOperation,
  { contract, page }: RestParts,
): Promise<FastifyReply> {
  switch (operation.id) {
    case 'healthz':
      return reply.send({ status: 'ok' });
    case 'getPage':
      return reply.type('text/html; charset=utf-8').send(await page(pageName(request)));
    default:
      return reply.type('application/yaml').send(contract.text);
  }
}

function pageName(request: FastifyRequest): PageName {
  const { page } = request.params as Record<string, string | undefined>;
  const name = PAGES.find((one) => `${one}.md` === page);
  if (name === undefined) throw notFound();
  return name;
}
