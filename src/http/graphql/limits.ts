import {
  getNamedType,
  Kind,
  isObjectType,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { operationOfField } from './field-operation.ts';

/*
 * What a document may ask for. It only spares beginning what could not end well: what an answer really comes to is counted while it is
 * made, see meter.ts.
 */

/** Most tokens of a document. The widest honest one, an introspection query, has about 350. */
export const MAX_TOKENS = 2_000;
/** Deepest field; introspection has a limit of its own in graphql-js. */
const MAX_DEPTH = 12;
const MAX_ALIASES = 30;
const MAX_MUTATIONS = 10;
/** Most calls that a document may ask for at worst, every page full: beyond it, it is not begun. */
const MAX_WORST = 25_000;
/** Size of a page where none is given, and the largest, as in openapi.yaml. */
const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 100;

interface Cost {
  readonly depth: number;
  readonly aliases: number;
  readonly calls: number;
  readonly mutations: number;
}

const NOTHING: Cost = { depth: 0, aliases: 0, calls: 0, mutations: 0 };

interface Walk {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Cost of each fragment, once: fragments that spread others twice would double at every step. `undefined` while inside. */
  readonly known: Map<string, Cost | undefined>;
}

/**
 * Why a document asks for too much, in words for the caller; `undefined` when it does not. Unknown fields and cycles of fragments
 * are left for the validation that follows.
 */
export function limitFault(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const walk: Walk = {
    schema,
    variables,
    known: new Map(),
    fragments: new Map(fragments.map((one) => [one.name.value, one])),
  };
  const { depth, aliases, calls, mutations } = costOf(
    operation.selectionSet,
    schema.getRootType(operation.operation) ?? undefined,
    walk,
  );
  if (depth > MAX_DEPTH) return `The query is ${depth} fields deep; ${MAX_DEPTH} is the most.`;
  if (aliases > MAX_ALIASES) return `The query has ${aliases} aliases; ${MAX_ALIASES} is the most.`;
  if (calls > MAX_WORST) {
    return `The query could come to ${calls} look-ups. Ask for smaller pages with "first", or for less inside them.`;
  }
  if (mutations > MAX_MUTATIONS) return `The request holds ${mutations} mutations; ${MAX_MUTATIONS} is the most.`;
  return undefined;
}

function costOf(selections: SelectionSetNode | undefined, type: GraphQLNamedType | undefined, walk: Walk): Cost {
  const costs = (selections?.selections ?? []).map((selection) => costOfSelection(selection, type, walk));
  return costs.reduce(
    (sum, cost) => ({
      depth: Math.max(sum.depth, cost.depth),
      aliases: sum.aliases + cost.aliases,
      calls: sum.calls + cost.calls,
      mutations: sum.mutations + cost.mutations,
    }),
    NOTHING,
  );
}

function costOfSelection(selection: SelectionNode, type: GraphQLNamedType | undefined, walk: Walk): Cost {
  if (selection.kind === Kind.FIELD) return costOfField(selection, type, walk);
  if (selection.kind === Kind.FRAGMENT_SPREAD) return costOfFragment(selection.name.value, walk);
  return costOf(selection.selectionSet, typeNamed(selection.typeCondition?.name.value, walk) ?? type, walk);
}

function costOfField(node: FieldNode, type: GraphQLNamedType | undefined, walk: Walk): Cost {
  const aliases = node.alias === undefined ? 0 : 1;
  const field = fieldOf(node, type);
  const inner = costOf(node.selectionSet, field === undefined ? undefined : getNamedType(field.type), walk);
  const isCall = field !== undefined && operationOfField(walk.schema, field) !== undefined;
  const isPage = field?.args.some((argument) => argument.name === 'first') === true;
  return {
    // Of introspection, graphql-js judges the depth.
    depth: node.name.value.startsWith('__') ? 0 : inner.depth + 1,
    aliases: inner.aliases + aliases,
    calls: (isCall ? 1 : 0) + inner.calls * (isPage ? pageSize(node, walk) : 1),
    mutations: type !== undefined && type === walk.schema.getMutationType() ? 1 : 0,
  };
}

/** A field of a type; the entrances of introspection are fields of none. */
function fieldOf({ name }: FieldNode, type: GraphQLNamedType | undefined): GraphQLField<unknown, unknown> | undefined {
  if (name.value === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name.value === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) ? type.getFields()[name.value] : undefined;
}

function pageSize(node: FieldNode, { variables }: Walk): number {
  const value = node.arguments?.find((argument) => argument.name.value === 'first')?.value;
  if (value?.kind === Kind.INT) return possible(Number(value.value));
  if (value?.kind !== Kind.VARIABLE) return DEFAULT_PAGE;
  const given = variables[value.name.value];
  // Without a value the variable's default counts, which may be anything up to the contract's limit.
  return typeof given === 'number' ? possible(given) : LARGEST_PAGE;
}

/** No other size is ever answered, so a size below nothing must not make up for something else. */
function possible(size: number): number {
  return Math.min(Math.max(size, 1), LARGEST_PAGE);
}

function costOfFragment(name: string, walk: Walk): Cost {
  if (walk.known.has(name)) return walk.known.get(name) ?? NOTHING;
  walk.known.set(name, undefined);
  const fragment = walk.fragments.get(name);
  const cost = costOf(fragment?.selectionSet, typeNamed(fragment?.typeCondition.name.value, walk), walk);
  walk.known.set(name, cost);
  return cost;
}

function typeNamed(name: string | undefined, { schema }: Walk): GraphQLNamedType | undefined {
  return name === undefined ? undefined : schema.getType(name);
}
