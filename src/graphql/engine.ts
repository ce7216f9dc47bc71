import fastify from 'fastify';
import {
  buildASTSchema,
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  type DocumentNode,
} from 'graphql';
import { mercurius } from 'mercurius';
import type { Contract } from '../contract/operation.ts';
import type { Core } from '../core.ts';
import { ServiceError } from '../errors.ts';
import { NO_ROUTE_SCHEMAS } from '../no-route-schemas.ts';
import { checkSchema } from './check-schema.ts';
import type { GraphqlContext } from './context.ts';
import {
  documentErrorAnswer,
  errorAnswer,
  fieldErrorAnswer,
  type ErrorTelling,
  type GraphqlErrorAnswer,
} from './errors.ts';
import { limitFault, MAX_CALLS, MAX_TOKENS } from './limits.ts';
import { resolversOf } from './resolvers.ts';

/** Longest document, in characters; with {@link CACHED} it bounds what the cache can hold. */
const MAX_DOCUMENT = 16_384;
/** Documents whose parsed form is kept. */
const CACHED = 128;

/** One GraphQL request, its form already checked. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** GET: then only queries are allowed. */
  readonly readOnly: boolean;
}

/** `refused`: nothing was executed. `answered`: each field has its value or its error. */
export type GraphqlOutcome =
  | {
      readonly kind: 'refused';
      readonly code: 'malformed-request' | 'invalid-input' | 'method-not-allowed';
      readonly errors: readonly GraphqlErrorAnswer[];
    }
  | { readonly kind: 'answered'; readonly data: unknown; readonly errors?: readonly GraphqlErrorAnswer[] };

/** What a request brings beside its document. */
export interface GraphqlCall {
  readonly asker: GraphqlContext['asker'];
  readonly telling: ErrorTelling;
}

export interface GraphqlEngine {
  execute(request: GraphqlRequest, call: GraphqlCall): Promise<GraphqlOutcome>;
}

/**
 * Mercurius over schema/*.graphql, with resolvers made from the contract. It runs inside a Fastify instance of its own that
 * listens to nothing: the app has done the authentication, and graphql/http.ts speaks HTTP.
 * @param sdl the text of schema/*.graphql
 * @throws Error when the schema does not match the contract
 */
export async function createEngine(sdl: string, contract: Contract, core: Core): Promise<GraphqlEngine> {
  const schema = buildASTSchema(parse(sdl));
  checkSchema(contract, schema);
  const inner = fastify({ logger: false, schemaController: NO_ROUTE_SCHEMAS });
  await inner.register(mercurius, {
    schema,
    // Mercurius types resolvers by their parents; ours are made for whatever the contract has.
    resolvers: resolversOf(schema) as never,
    routes: false,
    subscription: false,
    allowBatchedQueries: false,
    cache: CACHED,
    errorFormatter: ({ data, errors }, context) => ({
      statusCode: 200,
      response: { data: data ?? null, errors: tellAll(errors ?? [], context as unknown as GraphqlCall) as never },
    }),
  });
  await inner.ready();

  return {
    async execute(request, call) {
      const document = parseDocument(request.query);
      if (document instanceof GraphQLError) return refused('malformed-request', [document], call.telling);
      const operation = getOperationAST(document, request.operationName);
      if (!operation) return refused('invalid-input', [new GraphQLError(noOperation(document))], call.telling);
      if (request.readOnly && operation.operation !== OperationTypeNode.QUERY) return notByGet(call.telling);
      const fault = limitFault(schema, document, operation, request.variables);
      if (fault !== undefined) return refused('invalid-input', [new GraphQLError(fault)], call.telling);
      const context: GraphqlContext & GraphqlCall = {
        ...call,
        contract,
        core,
        answers: new Map(),
        budget: { left: MAX_CALLS },
      };
      try {
        const { data, errors } = await inner.graphql(
          request.query,
          { ...context },
          { ...request.variables },
          request.operationName,
        );
        return { kind: 'answered', data, ...(errors === undefined ? {} : { errors: errors as never }) };
      } catch (error) {
        const { errors } = error as { readonly errors?: readonly GraphQLError[] };
        if (errors === undefined) throw error;
        return refused('invalid-input', errors, call.telling);
      }
    },
  };
}

/** Parsed here first: Mercurius would take what is not GraphQL for a document's tree in JSON, past the limit of tokens. */
function parseDocument(text: string): DocumentNode | GraphQLError {
  if (text.length > MAX_DOCUMENT) return new GraphQLError(`The document is longer than ${MAX_DOCUMENT} characters.`);
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function noOperation(document: DocumentNode): string {
  const count = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION).length;
  return count > 1
    ? 'The document has several operations: say which with "operationName".'
    : 'The document has no operation of that name.';
}

function tellAll(errors: readonly unknown[], { telling }: GraphqlCall): GraphqlErrorAnswer[] {
  return errors.map((error) => fieldErrorAnswer(error as GraphQLError, telling));
}

function refused(
  code: 'malformed-request' | 'invalid-input',
  errors: readonly GraphQLError[],
  telling: ErrorTelling,
): GraphqlOutcome {
  return {
    kind: 'refused',
    code,
    errors: errors.slice(0, 20).map((error) => documentErrorAnswer(error, code, telling)),
  };
}

function notByGet(telling: ErrorTelling): GraphqlOutcome {
  const error = new ServiceError('method-not-allowed', 'A mutation can not be sent by GET; use POST.');
  return { kind: 'refused', code: error.code as 'method-not-allowed', errors: [errorAnswer(error, telling)] };
}
