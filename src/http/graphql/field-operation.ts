import {
  getDirectiveValues,
  isObjectType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** What a field's `@operation` says: which operation of openapi.yaml answers it, and with what. */
export interface FieldOperation {
  readonly id: string;
  /** Parameter → argument or property that fills it. */
  readonly from: ReadonlyMap<string, string>;
  /** Of a list, the item whose property equals the object's. */
  readonly pick?: { readonly property: string; readonly source: string };
}

/** A field with its type's name, such as `Department.repositories`. */
export interface PlacedField {
  readonly type: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
}

/** All fields of a schema's own object types. */
export function fieldsOf(schema: GraphQLSchema): PlacedField[] {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !type.name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));
}

type Field = GraphQLField<unknown, unknown>;

/** What the fields of the schemas say; a schema does not change. */
const READ = new WeakMap<Field, FieldOperation | 'none'>();

/** The field's `@operation`, if it has one; read once, because each request asks of each of its fields. */
export function operationOfField(schema: GraphQLSchema, field: Field): FieldOperation | undefined {
  const known = READ.get(field) ?? readOperation(schema, field) ?? 'none';
  READ.set(field, known);
  return known === 'none' ? undefined : known;
}

function readOperation(schema: GraphQLSchema, field: Field): FieldOperation | undefined {
  const directive = schema.getDirective('operation');
  if (!directive || !field.astNode) return undefined;
  const values = getDirectiveValues(directive, field.astNode) as
    | { readonly id: string; readonly from?: readonly string[]; readonly pick?: string }
    | undefined;
  if (values === undefined) return undefined;
  const from = new Map((values.from ?? []).map((pair) => split(pair)));
  if (values.pick === undefined) return { id: values.id, from };
  const [property, source] = split(values.pick);
  return { id: values.id, from, pick: { property, source } };
}

/** The field's `@property`, if it has one. */
export function propertyOfField(schema: GraphQLSchema, field: Field): string | undefined {
  const directive = schema.getDirective('property');
  if (!directive || !field.astNode) return undefined;
  return (getDirectiveValues(directive, field.astNode) as { readonly name: string } | undefined)?.name;
}

function split(pair: string): [string, string] {
  const [left = '', right = ''] = pair.split('=');
  return [left, right];
}
