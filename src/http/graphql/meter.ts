import {
  defaultFieldResolver,
  getNamedType,
  GraphQLError,
  isLeafType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** Most fields that one answer may hold. An introspection of everything has about 7,000. */
export const MAX_FIELDS = 30_000;
/**
 * Most bytes of one answer as JSON. A Lambda's answer may have 6 MB, in which this one is a string: at worst each of its characters
 * is quoted.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_BYTES = 3_000_000;
/** Most look-ups that one request may come to. */
export const MAX_CALLS = 250;
/** Most bytes that its look-ups may find, as JSON: what was found is kept until the request is answered, asked for or not. */
export const MAX_FOUND = 30_000_000;
/** What an error of a field takes in the answer beside its own words: code, type, instance, place. */
const ERROR_BYTES = 400;

/** What a request has so much of and no more. */
interface Spendable {
  /** Fields of the answer. */
  readonly fields: number;
  /** Bytes of the answer. */
  readonly bytes: number;
  /** Look-ups. */
  readonly calls: number;
  /** Bytes that look-ups found. */
  readonly found: number;
}

const ALL: Spendable = { fields: MAX_FIELDS, bytes: MAX_BYTES, calls: MAX_CALLS, found: MAX_FOUND };

const WORDS: Readonly<Record<keyof Spendable, string>> = {
  fields: 'fields of answer',
  bytes: 'bytes of answer',
  calls: 'look-ups',
  found: 'bytes to look through',
};

/** Counts what the answer to one request comes to, while it is made. */
export interface Meter {
  /**
   * Counts what is about to be added to the answer.
   * @throws GraphQLError when it is too much, and from then on always: whatever would still be answered ends at once
   */
  readonly spend: (cost: Partial<Spendable>) => void;
  /** Why the execution was ended; `undefined` while it was not. */
  readonly fault: () => GraphQLError | undefined;
}

/** A meter for one request. */
export function createMeter(): Meter {
  const left: Record<keyof Spendable, number> = { ...ALL };
  let fault: GraphQLError | undefined;
  return {
    fault: () => fault,
    spend: (cost) => {
      if (fault !== undefined) throw fault;
      for (const kind of KINDS) {
        left[kind] -= cost[kind] ?? 0;
        if (left[kind] >= 0) continue;
        fault = tooMuch(kind);
        throw fault;
      }
    },
  };
}

const KINDS = ['fields', 'bytes', 'calls', 'found'] as const satisfies readonly (keyof Spendable)[];

function tooMuch(kind: keyof Spendable): GraphQLError {
  const message = `The query comes to more than ${ALL[kind]} ${WORDS[kind]}. Ask for smaller pages with "first", or for less inside them.`;
  // With a path of its own, graphql-js takes it as it is, instead of making a new error for each field that ends with it.
  return new GraphQLError(message, { path: [] });
}

/** What the context of a metered execution holds. */
export interface Metered {
  readonly meter: Meter;
}

/**
 * Has every field of a schema counted, those of introspection too. A field that answers objects pays for all fields that are asked
 * of them before the first of them is answered: so no more than {@link MAX_FIELDS} are ever begun, in whatever order.
 */
export function meterFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type)) Object.values(type.getFields()).forEach(meterField);
  }
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].forEach(meterField);
}

/** The fields of introspection are the same objects in every schema of the process: each is wrapped once. */
const METERED = new WeakSet<GraphQLField<unknown, unknown>>();

function meterField(field: GraphQLField<unknown, unknown>): void {
  if (METERED.has(field)) return;
  METERED.add(field);
  field.resolve = metered(field.resolve ?? defaultFieldResolver);
}

function metered(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    const meter = meterOf(context);
    if (meter === undefined) return resolve(source, args, context, info);
    meter.spend({});
    const result: unknown = resolve(source, args, context, info);
    if (!(result instanceof Promise)) return paid(result, meter, info);
    return result.then(
      (value: unknown) => paid(value, meter, info),
      (error: unknown) => {
        meter.spend({
          bytes: ERROR_BYTES + bytesOf([(error as Error).message, (error as { extras?: unknown }).extras]),
        });
        throw error;
      },
    );
  };
}

/** Other schemas of the process, whose introspection is wrapped with ours, bring no meter. */
function meterOf(context: unknown): Meter | undefined {
  return (context as Partial<Metered> | undefined)?.meter;
}

/** Counts a field's value. A list or object counts for the fields asked of it, which then count their own bytes. */
function paid(value: unknown, meter: Meter, info: GraphQLResolveInfo): unknown {
  // The key with its quotes, colon and comma, and the value's own brackets.
  const key = String(info.path.key).length + 6;
  if (isLeafType(getNamedType(info.returnType))) meter.spend({ bytes: key + bytesOf(value) });
  else if (value === null || value === undefined) meter.spend({ bytes: key + 4 });
  else {
    const objects = Array.isArray(value) ? value.length : 1;
    meter.spend({ fields: objects * fieldsAsked(info), bytes: key + objects * 3 });
  }
  return value;
}

/** How long a value is as JSON, in bytes. */
export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? 'null');
}

/** graphql-js hands the same list of nodes to a field of each object of a list, so they are looked at once. */
const ASKED = new WeakMap<GraphQLResolveInfo['fieldNodes'], number>();

/** How many fields are asked of each object that a field answers: at most, for a union asks by type. */
function fieldsAsked({ fieldNodes, fragments }: GraphQLResolveInfo): number {
  const known = ASKED.get(fieldNodes);
  if (known !== undefined) return known;
  const asked = countFields(
    fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? []),
    fragments,
  );
  ASKED.set(fieldNodes, asked);
  return asked;
}

/** Counts the distinct answers of selections, fragments followed; each fragment once, because the same again adds nothing. */
function countFields(
  selections: readonly SelectionSetNode[],
  fragments: Readonly<Record<string, FragmentDefinitionNode | undefined>>,
): number {
  const names = new Set<string>();
  const followed = new Set<string>();
  const open = [...selections];
  for (let set = open.pop(); set !== undefined; set = open.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) names.add((selection.alias ?? selection.name).value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) open.push(selection.selectionSet);
      else if (!followed.has(selection.name.value)) {
        followed.add(selection.name.value);
        const fragment = fragments[selection.name.value];
        if (fragment !== undefined) open.push(fragment.selectionSet);
      }
    }
  }
  return names.size;
}
