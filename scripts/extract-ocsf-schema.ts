/**
 * Makes a JSON Schema of OCSF's class API Activity from OCSF's published source, for the tests of the exported audit log:
 *
 *   node --import=tsx scripts/extract-ocsf-schema.ts <checkout of ocsf/ocsf-schema> test/fixtures/ocsf/api_activity.schema.json
 *
 * It holds what the source says of structure (types, required, arrays, enumerations, constraints), without prose and without
 * attributes that belong to profiles, because we use none.
 * @see https://github.com/ocsf/ocsf-schema
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Attribute {
  readonly type?: string;
  readonly is_array?: boolean;
  readonly requirement?: string;
  readonly profile?: string | null;
  readonly enum?: Readonly<Record<string, unknown>>;
}

interface Definition {
  readonly name: string;
  readonly uid?: number;
  readonly extends?: string;
  readonly attributes: Readonly<Record<string, Attribute | readonly string[]>>;
  readonly constraints?: Readonly<Record<string, readonly string[]>>;
}

type Schema = Readonly<Record<string, unknown>>;

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined)
  throw new Error('Give the checkout of ocsf-schema and the file to write.');

const read = (path: string): unknown => JSON.parse(readFileSync(join(source, path), 'utf8'));
const version = (read('version.json') as { version: string }).version;
const dictionary = read('dictionary.json') as {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly types: {
    readonly attributes: Readonly<
      Record<
        string,
        {
          readonly type?: string;
          readonly regex?: string;
          readonly max_len?: number;
          readonly range?: readonly number[];
        }
      >
    >;
  };
};
const definitions = new Map<string, Definition>();
for (const file of [
  ...readdirSync(join(source, 'objects')).map((name) => `objects/${name}`),
  'events/base_event.json',
  'events/application/application.json',
  'events/application/api_activity.json',
]) {
  const definition = read(file) as Definition;
  definitions.set(definition.name, definition);
}

/** A definition with what it inherits. Attributes that only a profile brings are left out. */
function inherited(name: string): {
  attributes: Record<string, Attribute>;
  constraints: Record<string, readonly string[]>;
} {
  const definition = definitions.get(name);
  if (definition === undefined) throw new Error(`OCSF has no ${name}.`);
  const base = definition.extends === undefined ? { attributes: {}, constraints: {} } : inherited(definition.extends);
  const attributes: Record<string, Attribute> = { ...base.attributes };
  for (const [key, value] of Object.entries(definition.attributes)) {
    if (key === '$include') continue;
    const before = attributes[key] ?? dictionary.attributes[key] ?? {};
    const own = value as Attribute;
    const choices = { ...before.enum, ...own.enum };
    attributes[key] = { ...before, ...own, ...(Object.keys(choices).length === 0 ? {} : { enum: choices }) };
  }
  return { attributes, constraints: { ...base.constraints, ...definition.constraints } };
}

const wanted = new Set<string>();
const queue: string[] = [];

function typeOf(type: string): Schema {
  switch (type) {
    case 'json_t':
      return {};
    case 'integer_t':
    case 'long_t':
    case 'port_t':
    case 'timestamp_t':
      return { type: 'integer' };
    case 'float_t':
      return { type: 'number' };
    case 'boolean_t':
      return { type: 'boolean' };
    case 'object':
      return { type: 'object' };
  }
  const scalar = dictionary.types.attributes[type];
  if (scalar === undefined) {
    if (!wanted.has(type)) queue.push(type);
    wanted.add(type);
    return { $ref: `#/$defs/${type}` };
  }
  return {
    type: 'string',
    ...(scalar.regex === undefined ? {} : { pattern: scalar.regex }),
    ...(scalar.max_len === undefined ? {} : { maxLength: scalar.max_len }),
  };
}

function attributeSchema(name: string, attribute: Attribute): Schema {
  const type = attribute.type ?? dictionary.attributes[name]?.type;
  if (type === undefined) throw new Error(`OCSF's ${name} has no type.`);
  const base = typeOf(type);
  const choices = Object.keys(attribute.enum ?? {});
  const one =
    choices.length === 0 ? base : { ...base, enum: base['type'] === 'integer' ? choices.map(Number) : choices };
  return attribute.is_array === true ? { type: 'array', items: one } : one;
}

function objectSchema(name: string): Schema {
  const { attributes, constraints } = inherited(name);
  if (name === 'object') return { type: 'object' };
  const own = Object.entries(attributes).filter(([, attribute]) => typeof attribute.profile !== 'string');
  const { at_least_one: some, just_one: one } = constraints;
  const required = (keys: readonly string[]) => keys.map((key) => ({ required: [key] }));
  return {
    type: 'object',
    additionalProperties: false,
    required: own.filter(([, attribute]) => attribute.requirement === 'required').map(([key]) => key),
    properties: Object.fromEntries(own.map(([key, attribute]) => [key, attributeSchema(key, attribute)])),
    ...(some === undefined ? {} : { anyOf: required(some) }),
    ...(one === undefined ? {} : { oneOf: required(one) }),
  };
}

const event = objectSchema('api_activity');
const $defs: Record<string, Schema> = {};
for (let name = queue.shift(); name !== undefined; name = queue.shift()) $defs[name] = objectSchema(name);
const properties = event['properties'] as Record<string, Schema>;
const category = (read('categories.json') as { attributes: Record<string, { uid: number }> }).attributes['application'];
const uid = Number(definitions.get('api_activity')?.uid) + 1_000 * Number(category?.uid);
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $comment: `OCSF ${version}, class API Activity; extracted from https://github.com/ocsf/ocsf-schema (Apache-2.0)`,
  ...event,
  properties: { ...properties, class_uid: { const: uid }, category_uid: { const: category?.uid } },
  $defs: Object.fromEntries(Object.entries($defs).sort(([a], [b]) => (a < b ? -1 : 1))),
};
writeFileSync(target, `${JSON.stringify(schema)}\n`);
