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
import type { Contract } from '../../contract/route.ts';
import type { Core } from '../../core/core.ts';
import { ServiceError } from '../../core/errors.ts';
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
import { createDocuments } from './documents.ts';
import { limitFault } from './limits.ts';
import { createMeter, meterFields } from './meter.ts';
import { resolversOf } from './resolvers.ts';
import { createTurns } from './turns.ts';

/** Documents whose tree is kept: here to look into it, and by Mercurius with what it has found out about it. */
const CACHED = 128;
/** How many of one request's look-ups run at once. */
const LOOK_UPS_AT_ONCE = 10;

/** One GraphQL request, its form already checked. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** GET: then only queries are allowed. */
  readonly readOnly: boolean;
}

/**
 * `refused`: nothing was executed. `stopped`: it asks for too much, or came to it, and there is no answer. `answered`: each field has its value or
 * its error.
 */
export type GraphqlOutcome =
  | { readonly kind: 'stopped'; readonly code: 'invalid-input'; readonly errors: readonly GraphqlErrorAnswer[] }
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
    resolvers: resolversOf(schema),
    routes: false,
    subscription: false,
    allowBatchedQueries: false,
    cache: CACHED,
    errorFormatter: ({ data, errors }, context) => ({
      statusCode: 200,
      response: {
        data: data ?? null,
        // Mercurius hands over the context that execute() gave it, under a type of its own.
        errors: tellAll(errors ?? [], context as unknown as GraphqlContext & GraphqlCall),
      },
    }),
  });
  await inner.ready();
  meterFields(inner.graphql.schema);
  const documents = createDocuments(CACHED);

  return {
    async execute(request, call) {
      const document = documents.read(request.query);
      if (document instanceof GraphQLError) return refused('malformed-request', [document], call.telling);
      const operation = getOperationAST(document, request.operationName);
      if (!operation) return refused('invalid-input', [new GraphQLError(noOperation(document))], call.telling);
      if (schema.getRootType(operation.operation) === undefined) return notOffered(operation.operation, call.telling);
      if (request.readOnly && operation.operation !== OperationTypeNode.QUERY) return notByGet(call.telling);
      const fault = limitFault(schema, document, operation, request.variables);
      if (fault !== undefined) return stopped(fault, call.telling);
      const context: GraphqlContext & GraphqlCall = {
        ...call,
        contract,
        core,
        answers: new Map(),
        accepted: [],
        meter: createMeter(),
        turns: createTurns(LOOK_UPS_AT_ONCE),
      };
      try {
        const { data, errors } = await inner.graphql(
          // The text, not the tree: Mercurius copies a tree by structuredClone, which a chain of 2,000 tokens overflows.
          request.query,
          { ...context },
          { ...request.variables },
          request.operationName,
        );
        const tooMuch = context.meter.fault();
        if (tooMuch !== undefined) return stopped(`${tooMuch.message}${acceptedBefore(context)}`, call.telling);
        return outcomeOf(data, errors as readonly GraphqlErrorAnswer[] | undefined);
      } catch (error) {
        const { errors } = error as { readonly errors?: readonly GraphQLError[] };
        if (errors === undefined) throw error;
        return refused('invalid-input', errors, call.telling);
      }
    },
  };
}

function noOperation(document: DocumentNode): string {
  const count = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION).length;
  return count > 1
    ? 'The document has several operations: say which with "operationName".'
    : 'The document has no operation of that name.';
}

/** An error without a path is about the whole request, which then has no answer. */
function outcomeOf(data: unknown, errors: readonly GraphqlErrorAnswer[] | undefined): GraphqlOutcome {
  if (errors === undefined) return { kind: 'answered', data };
  const isRefused =
    data === null && errors.every(({ path, extensions }) => !path && extensions.code === 'invalid-input');
  return isRefused ? { kind: 'refused', code: 'invalid-input', errors } : { kind: 'answered', data, errors };
}

function stopped(detail: string, telling: ErrorTelling): GraphqlOutcome {
  const error = new ServiceError('invalid-input', detail);
  return { kind: 'stopped', code: 'invalid-input', errors: [errorAnswer(error, telling)] };
}

/** What was accepted before the answer became too large stands, so whoever asked must learn how to follow it. */
function acceptedBefore({ accepted }: GraphqlContext): string {
  if (accepted.length === 0) return '';
  return ` What was accepted before remains accepted; follow it with operation(id), ids: ${accepted.join(', ')}.`;
}

function tellAll(errors: readonly unknown[], { telling, meter }: GraphqlContext & GraphqlCall): GraphqlErrorAnswer[] {
  // Every field that was still open has ended with it; it is told once, and nothing else is answered.
  if (meter.fault() !== undefined) return [];
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

function notOffered(kind: OperationTypeNode, telling: ErrorTelling): GraphqlOutcome {
  return refused('invalid-input', [new GraphQLError(`There is no ${kind} here: only queries and mutations.`)], telling);
}

function notByGet(telling: ErrorTelling): GraphqlOutcome {
  const error = new ServiceError('method-not-allowed', 'A mutation cannot be sent by GET; use POST.');
  return { kind: 'refused', code: error.code as 'method-not-allowed', errors: [errorAnswer(error, telling)] };
}
