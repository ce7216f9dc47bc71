import { getNamedType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { ContractOperation } from '../../contract/route.ts';
import { valid } from '../../contract/valid.ts';
import type { MutationResult, Page, QueryResult } from '../../core/core.ts';
import { operationView } from '../../core/views/operation.ts';
import type { GraphqlContext } from './context.ts';
import { fieldsOf, operationOfField, propertyOfField, type FieldOperation } from './field-operation.ts';
import { bytesOf } from './meter.ts';
import { requestOf, type Arguments } from './request.ts';

type Resolver = GraphQLFieldResolver<unknown, GraphqlContext, Arguments>;
type QueryOperation = Extract<ContractOperation, { readonly kind: 'query' }>;
type MutationOperation = Extract<ContractOperation, { readonly kind: 'mutation' }>;
type Properties = Readonly<Record<string, unknown>>;

/** Most pages that are read to find one item of a list. */
const MOST_PAGES = 10;

/** Types of the members of a union, by their `kind`. */
const TYPE_OF_KIND: Readonly<Record<string, string>> = {
  grant: 'GrantPusher',
  account: 'AccountPrincipal',
  'aws-organisation': 'AwsOrganisationPrincipal',
};

/** The resolvers of a schema, made from its directives and the contract; all other fields are plain properties. */
export function resolversOf(schema: GraphQLSchema): Record<string, Record<string, unknown>> {
  const resolvers: Record<string, Record<string, unknown>> = {
    Pusher: { resolveType: typeOfKind },
    Puller: { resolveType: typeOfKind },
  };
  for (const { type, field } of fieldsOf(schema)) {
    const use = operationOfField(schema, field);
    const property = propertyOfField(schema, field);
    const resolver =
      use === undefined ? propertyResolver(property) : operationResolver(use, getNamedType(field.type).name);
    if (resolver !== undefined) resolvers[type.name] = { ...resolvers[type.name], [field.name]: resolver };
  }
  return resolvers;
}

function typeOfKind(value: unknown): string | undefined {
  return TYPE_OF_KIND[String((value as Properties)['kind'])];
}

function propertyResolver(property: string | undefined): Resolver | undefined {
  return property === undefined ? undefined : (parent) => (parent as Properties)[property];
}

function operationResolver(use: FieldOperation, typeName: string): Resolver {
  return async (parent, args, context) => {
    const operation = context.contract.operations.get(use.id);
    // The schema was held against the contract at start.
    if (operation === undefined || operation.kind === 'public')
      throw new Error(`The contract has no ${use.id} for GraphQL.`);
    if (operation.kind === 'mutation') return mutate(operation, args['input'] as Arguments, context);
    const given = filled(use, (parent ?? {}) as Properties, args);
    if (given === undefined) return null;
    if (use.pick !== undefined) return picked(operation, use.pick, parent as Properties, given, context);
    const { value } = await query(operation, given, context);
    return typeName.endsWith('Connection') ? connectionOf(value as Page<unknown>, given) : value;
  };
}

/** The arguments with those parameters filled in that come from elsewhere; `undefined` when such a source is null. */
function filled(use: FieldOperation, parent: Properties, args: Arguments): Arguments | undefined {
  const given: Record<string, unknown> = { ...args };
  for (const [parameter, source] of use.from) {
    const value = args[source] ?? parent[source] ?? null;
    if (value === null) return undefined;
    given[parameter] = value;
  }
  return given;
}

async function query(operation: QueryOperation, given: Arguments, context: GraphqlContext): Promise<QueryResult> {
  const names = new Set(operation.parameters.map((parameter) => parameter.name));
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => names.has(name)));
  const key = JSON.stringify([operation.id, own]);
  const known = context.answers.get(key);
  if (known !== undefined) return known;
  const answer = lookUp(operation, own, context);
  context.answers.set(key, answer);
  return answer;
}

/** What a page holds is known only when it is there, so look-ups and what they find are counted as they come. */
async function lookUp(operation: QueryOperation, own: Arguments, context: GraphqlContext): Promise<QueryResult> {
  const { core, meter, turns } = context;
  const call = valid(operation.validate(requestOf(operation, own)));
  meter.spend({ calls: 1 });
  return turns(async () => {
    // It may have waited for its turn, and there may be nobody left who wants it.
    meter.spend({});
    const result = await core.query(call, context.asker());
    meter.spend({ found: bytesOf(result.value) });
    return result;
  });
}

async function mutate(operation: MutationOperation, given: Arguments, context: GraphqlContext): Promise<Properties> {
  const { call, options } = valid(operation.validate(requestOf(operation, given)));
  // What was read before may no longer be so.
  context.answers.clear();
  const result = await context.core.mutate(call, context.asker(options.idempotencyKey), options);
  if (result.operation !== undefined) context.accepted.push(result.operation.id);
  return payloadOf(result);
}

function payloadOf({
  operation,
  plan,
  blastRadius,
  entityName,
  entity,
  sessionsValidUntil,
}: MutationResult): Properties {
  return {
    operation: operation === undefined ? null : operationView(operation),
    plan,
    blastRadius,
    [entityName]: entity,
    sessionsValidUntil,
  };
}

/** A page that is answered again and again, from the request's answers, is one object in all of these places. */
const CONNECTIONS = new WeakMap<Page<unknown>, Properties>();

function connectionOf(page: Page<unknown>, given: Arguments): Properties {
  const connection = CONNECTIONS.get(page) ?? newConnection(page, given);
  CONNECTIONS.set(page, connection);
  return connection;
}

function newConnection({ items, cursors, nextCursor }: Page<unknown>, given: Arguments): Properties {
  return {
    nodes: items,
    edges: items.map((node, index) => ({ node, cursor: cursors[index] })),
    pageInfo: {
      hasNextPage: nextCursor !== undefined,
      hasPreviousPage: (given['after'] ?? null) !== null,
      startCursor: cursors[0] ?? null,
      endCursor: nextCursor ?? cursors.at(-1) ?? null,
    },
  };
}

async function picked(
  operation: QueryOperation,
  { property, source }: NonNullable<FieldOperation['pick']>,
  parent: Properties,
  given: Arguments,
  context: GraphqlContext,
): Promise<unknown> {
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { value } = await query(
      operation,
      { ...given, first: 100, ...(after === undefined ? {} : { after }) },
      context,
    );
    const { items, nextCursor } = value as Page<Properties>;
    const item = items.find((candidate) => candidate[property] === parent[source]);
    if (item !== undefined || nextCursor === undefined) return item ?? null;
    after = nextCursor;
  }
  return null;
}
