import {
  buildSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  isUnionType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { ContractOperation } from '../../src/contract/route.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { operationOfField } from '../../src/http/graphql/field-operation.ts';
import { graphqlRequest } from './instances.ts';
import type { Ask } from './service.ts';

const { contract, schema: schemaText } = loadContracts();

/** The contracts that the service is made of, for tests that go through all of their operations. */
export const CONTRACT = contract;
export const SCHEMA: GraphQLSchema = buildSchema(schemaText);

/** An operation of the contract by its id. */
export function operationOf(id: string): ContractOperation {
  const operation = contract.operations.get(id);
  if (operation === undefined) throw new Error(`The contract has no operation ${id}.`);
  return operation;
}

/**
 * What is asked of an operation, in words that both APIs share: parameters, members of the body, and the options
 * `dryRun`, `ifMatch`, `idempotencyKey` and `respondAsync`.
 */
export type Asked = Readonly<Record<string, unknown>>;

/** The REST request that asks so. */
export function restRequest(id: string, asked: Asked): Ask {
  const operation = operationOf(id);
  const { dryRun, ifMatch, idempotencyKey, respondAsync, ...own } = asked;
  const inPlace = (place: string) =>
    operation.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
  const query = new URLSearchParams();
  for (const name of inPlace('query')) {
    const value = own[name];
    if (Array.isArray(value)) query.set(name, value.join(','));
    else if (value !== undefined) query.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  if (dryRun === true) query.set('dryRun', 'true');
  const elsewhere = new Set([...inPlace('path'), ...inPlace('query')]);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(own[name])));
  return {
    method: operation.method,
    path: query.size === 0 ? path : `${path}?${query.toString()}`,
    headers: {
      ...(typeof ifMatch === 'string' ? { 'if-match': ifMatch } : {}),
      ...(typeof idempotencyKey === 'string' ? { 'idempotency-key': idempotencyKey } : {}),
      ...(respondAsync === true ? { prefer: 'respond-async' } : {}),
    },
    ...(operation.bodyProperties.size === 0
      ? {}
      : { body: Object.fromEntries(Object.entries(own).filter(([name]) => !elsewhere.has(name))) }),
  };
}

/** The GraphQL request that asks for the same mutation, and for all plain fields of its payload. */
export function graphqlMutation(id: string, asked: Asked): Ask {
  const field = SCHEMA.getMutationType()?.getFields()[id];
  if (field === undefined) throw new Error(`The schema has no mutation ${id}.`);
  const query = `mutation($input: ${getNamedType(field.args[0]?.type)?.name}!) { ${id}(input: $input) ${selection(getNamedType(field.type))} }`;
  return graphqlRequest(query, { input: asked });
}

/** All plain fields of a type, so that a test sees everything that GraphQL would show. */
export function selection(type: GraphQLNamedType, depth = 6): string {
  if (isUnionType(type)) {
    return `{ __typename ${type
      .getTypes()
      .map((member) => `... on ${member.name} ${selection(member, depth)}`)
      .join(' ')} }`;
  }
  if (!isObjectType(type)) return '';
  return `{ ${plainFields(type, depth).join(' ')} }`;
}

function plainFields(type: GraphQLObjectType, depth: number): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    if (field.args.length > 0 || operationOfField(SCHEMA, field) !== undefined) return [];
    const inner = getNamedType(field.type);
    if (isLeafType(inner)) return [field.name];
    return depth === 0 ? [] : [`${field.name} ${selection(inner, depth - 1)}`];
  });
}
