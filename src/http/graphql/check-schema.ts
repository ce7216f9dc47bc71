import { buildASTSchema, getNamedType, isInputObjectType, parse, validateSchema, type GraphQLSchema } from 'graphql';
import type { Contract, ContractOperation } from '../../contract/route.ts';
import { fieldsOf, operationOfField, type PlacedField } from './field-operation.ts';

/** What a mutation's input may hold beside the operation's own parameters and body. */
const OPTIONS = new Set(['dryRun', 'ifMatch', 'idempotencyKey', 'respondAsync']);

/**
 * Holds the GraphQL contract to the REST contract: each root field has its twin there, no mutation of one is missing in the
 * other, and no field takes what its operation does not know.
 * @throws Error naming each mismatch
 */
export function checkSchema(contract: Contract, schema: GraphQLSchema): void {
  const problems = [
    ...fieldsOf(schema).flatMap((placed) => problemsOf(placed, contract, schema)),
    ...missingMutations(contract, schema),
  ];
  if (problems.length > 0) throw new Error(`The GraphQL schema and openapi.yaml do not match:\n${problems.join('\n')}`);
}

/**
 * The same for the text of schema/*.graphql: for those that have no engine yet, the build and a server at its start.
 * @throws Error when the text is no schema, or does not match
 */
export function checkSdl(contract: Contract, sdl: string): void {
  const schema = buildASTSchema(parse(sdl));
  const faults = validateSchema(schema);
  if (faults.length > 0)
    throw new Error(`schema/*.graphql is no schema:\n${faults.map((fault) => fault.message).join('\n')}`);
  checkSchema(contract, schema);
}

function problemsOf({ type, field }: PlacedField, contract: Contract, schema: GraphQLSchema): string[] {
  const place = `${type.name}.${field.name}`;
  const isRoot = type === schema.getQueryType() || type === schema.getMutationType();
  const use = operationOfField(schema, field);
  if (use === undefined) return isRoot ? [`${place} has no @operation.`] : [];
  const operation = contract.operations.get(use.id);
  if (operation === undefined) return [`${place} is answered by ${use.id}, which openapi.yaml does not have.`];
  const kind = type === schema.getMutationType() ? 'mutation' : 'query';
  if (operation.kind !== kind) return [`${place} is a ${kind}, but ${use.id} is a ${operation.kind} in openapi.yaml.`];
  if (kind === 'mutation' && use.id !== field.name)
    return [`${place} is answered by ${use.id}: a mutation is named for its operation.`];
  return [
    ...unfilled(place, field, use.from, operation),
    ...unknownInputs(place, field, operation),
    ...missingInputs(place, field, operation),
  ];
}

/** Path parameters must come from an argument, an input field or the object. */
function unfilled(
  place: string,
  field: PlacedField['field'],
  from: ReadonlyMap<string, string>,
  operation: ContractOperation,
): string[] {
  const given = new Set([...inputNames(field), ...from.keys()]);
  return operation.parameters
    .filter((parameter) => parameter.in === 'path' && !given.has(parameter.name))
    .map((parameter) => `${place} does not say what ${operation.id}'s ${parameter.name} is.`);
}

function unknownInputs(place: string, field: PlacedField['field'], operation: ContractOperation): string[] {
  if (operation.kind !== 'mutation') return [];
  const parameters = new Set(operation.parameters.map((parameter) => parameter.name));
  return inputNames(field)
    .filter((name) => !OPTIONS.has(name) && !parameters.has(name) && !operation.bodyProperties.has(name))
    .map((name) => `${place} takes ${name}, which ${operation.id} does not know.`);
}

/** What REST can say in a mutation, GraphQL must be able to say too; headers are its options. */
function missingInputs(place: string, field: PlacedField['field'], operation: ContractOperation): string[] {
  if (operation.kind !== 'mutation') return [];
  const given = new Set(inputNames(field));
  const queries = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => parameter.name);
  return [...queries, ...operation.bodyProperties]
    .filter((name) => !given.has(name))
    .map((name) => `${place} does not offer ${name}.`);
}

/** Names of a field's arguments, and of the fields of its `input`. */
function inputNames(field: PlacedField['field']): string[] {
  return field.args.flatMap((argument) => {
    const type = getNamedType(argument.type);
    return argument.name === 'input' && isInputObjectType(type) ? Object.keys(type.getFields()) : [argument.name];
  });
}

function missingMutations(contract: Contract, schema: GraphQLSchema): string[] {
  const fields = schema.getMutationType()?.getFields() ?? {};
  return [...contract.operations.values()]
    .filter((operation) => operation.kind === 'mutation' && fields[operation.id] === undefined)
    .map((operation) => `openapi.yaml has the mutation ${operation.id}, which the GraphQL schema does not.`);
}
