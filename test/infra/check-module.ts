/**
 * Checks a module against the AWS provider's schema, as far as that needs no evaluation: what `terraform validate` would
 * say, on a machine that has neither Terraform nor a network.
 */
import {
  parseAttribute,
  type Attribute,
  type BlockSchema,
  type NestedBlockSchema,
  type ProviderSchema,
  type Type,
} from '../../scripts/provider-schema.ts';
import type { Content, TopBlock } from './module-source.ts';

/** What is wrong, by its name. */
export type Rule =
  | 'unknown-resource'
  | 'unknown-argument'
  | 'read-only-argument'
  | 'missing-argument'
  | 'wrong-type'
  | 'too-many-blocks'
  | 'too-few-blocks'
  | 'unknown-reference'
  | 'undescribed'
  | 'unused';

/** One thing that is wrong. */
export interface Finding {
  readonly file: string;
  /** Such as `aws_lambda_function.api.environment`. */
  readonly where: string;
  readonly rule: Rule;
  readonly detail: string;
}

const META_ARGUMENTS = new Set([
  'count',
  'for_each',
  'depends_on',
  'provider',
  'lifecycle',
  'provisioner',
  'connection',
]);

/** What is wrong with a module; nothing is the good answer. */
export function checkModule(blocks: readonly TopBlock[], schema: ProviderSchema): readonly Finding[] {
  const names = declared(blocks);
  return blocks
    .flatMap((block) => [...checkBlock(block, schema, names), ...checkReferences(block, schema, names)])
    .concat(unused(blocks, names));
}

// ---- Blocks and their arguments --------------------------------------------------------------------------------------

function checkBlock(block: TopBlock, schema: ProviderSchema, names: Declared): readonly Finding[] {
  const { file, kind, labels, content } = block;
  const where = labels.join('.');
  const say = (rule: Rule, detail: string, at = where): Finding => ({ file, where: at, rule, detail });
  switch (kind) {
    case 'resource':
    case 'data': {
      const known = (kind === 'resource' ? schema.resources : schema.dataSources)[labels[0] ?? ''];
      if (known === undefined) return [say('unknown-resource', `${kind} ${labels[0]} is not in the schema`)];
      const own = Object.fromEntries(Object.entries(content).filter(([name]) => !META_ARGUMENTS.has(name)));
      return checkContent(own, known, where, say, names);
    }
    case 'provider':
      return checkContent(content, schema.configuration, where, say, names);
    case 'variable':
      return ['description', 'type']
        .filter((need) => content[need] === undefined)
        .map((need) => say('undescribed', `variable ${where} has no ${need}`));
    case 'output':
      return content['description'] === undefined ? [say('undescribed', `output ${where} has no description`)] : [];
    default:
      return [];
  }
}

type Say = (rule: Rule, detail: string, at?: string) => Finding;

function checkContent(
  content: Content,
  schema: BlockSchema,
  where: string,
  say: Say,
  names: Declared,
): readonly Finding[] {
  const blocks = schema.blocks ?? {};
  const { dynamic = {}, ...written } = content as { readonly dynamic?: Readonly<Record<string, readonly Content[]>> };
  const made = Object.entries(dynamic).flatMap(([name, definitions]) =>
    definitions.flatMap((definition) => checkDynamic(name, definition, blocks[name], `${where}.${name}`, say, names)),
  );
  const given = Object.entries(written).flatMap(([name, value]) => {
    const at = `${where}.${name}`;
    const nested = blocks[name];
    if (nested !== undefined) return checkNested(value, nested, at, say, names);
    const attribute = schema.attributes[name];
    if (attribute === undefined)
      return [say('unknown-argument', `an argument or block named ${name} is not expected here`, at)];
    return checkArgument(value, parseAttribute(attribute), at, say, names);
  });
  const missing = Object.entries(schema.attributes)
    .filter(([name, attribute]) => parseAttribute(attribute).required && content[name] === undefined)
    .map(([name]) => say('missing-argument', `the argument ${name} is required`, where));
  const few = Object.entries(blocks)
    .filter(([name, { min = 0 }]) => min > 0 && content[name] === undefined && dynamic[name] === undefined)
    .map(([name]) => say('too-few-blocks', `a block ${name} is required`, where));
  return [...made, ...given, ...missing, ...few];
}

function checkNested(
  value: unknown,
  nested: NestedBlockSchema,
  at: string,
  say: Say,
  names: Declared,
): readonly Finding[] {
  if (!Array.isArray(value)) return [say('wrong-type', 'this is a block, not an argument: write it without "="', at)];
  const many = nested.nesting === 'single' ? 1 : nested.max;
  const over =
    many !== undefined && value.length > many
      ? [say('too-many-blocks', `at most ${many} of it, not ${value.length}`, at)]
      : [];
  return [...over, ...value.flatMap((inner: unknown) => checkContent(inner as Content, nested, at, say, names))];
}

/** A block that is made for each member of something. @see https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks */
function checkDynamic(
  name: string,
  definition: Content,
  nested: NestedBlockSchema | undefined,
  at: string,
  say: Say,
  names: Declared,
): readonly Finding[] {
  if (nested === undefined) return [say('unknown-argument', `a block named ${name} is not expected here`, at)];
  const unknown = Object.keys(definition).filter((one) => !['for_each', 'iterator', 'labels', 'content'].includes(one));
  const missing = ['for_each', 'content'].filter((need) => definition[need] === undefined);
  return [
    ...unknown.map((one) => say('unknown-argument', `a dynamic block has no ${one}`, at)),
    ...missing.map((one) => say('missing-argument', `a dynamic block needs ${one}`, at)),
    ...checkNested(definition['content'] ?? [], nested, at, say, names),
  ];
}

function checkArgument(
  value: unknown,
  { type, required, optional }: Attribute,
  at: string,
  say: Say,
  names: Declared,
): readonly Finding[] {
  if (!required && !optional) return [say('read-only-argument', 'the provider decides this; it can only be read', at)];
  const found = typeOf(value, names);
  return found === undefined || fits(found, type, value)
    ? []
    : [say('wrong-type', `${typeName(type)} is expected, not ${typeName(found)}`, at)];
}

// ---- Types -----------------------------------------------------------------------------------------------------------

/** The type of a literal, or of an expression that is a reference and nothing else; `undefined` where only evaluating tells. */
function typeOf(value: unknown, names: Declared): Type | undefined {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) {
    const members = value.map((member: unknown) => typeOf(member, names));
    return { kind: 'list', of: members.find((member) => member !== undefined && typeof member !== 'string') ?? 'any' };
  }
  if (typeof value === 'object' && value !== null) return { kind: 'map', of: 'any' };
  if (typeof value !== 'string') return undefined;
  const expression = /^\$\{(.*)\}$/s.exec(value)?.[1];
  if (expression === undefined || expression.includes('${')) return 'string';
  return names.typeOfReference(expression);
}

/** Whether a value can become what is expected: primitives convert into strings, and strings that look like it back. */
function fits(found: Type, expected: Type, value: unknown): boolean {
  if (found === 'any' || expected === 'any') return true;
  if (typeof expected === 'string') {
    if (typeof found !== 'string') return false;
    const literal = typeof value === 'string' && !value.includes('${') ? value : undefined;
    if (expected === 'string' || found === expected) return true;
    if (found !== 'string') return false;
    return (
      literal === undefined || (expected === 'bool' ? /^(true|false)$/.test(literal) : /^-?\d+(\.\d+)?$/.test(literal))
    );
  }
  if (typeof found === 'string') return false;
  if (expected.kind === 'object') return found.kind === 'object' || found.kind === 'map';
  if (expected.kind === 'map') return found.kind === 'map' || found.kind === 'object';
  return (found.kind === 'list' || found.kind === 'set') && fits(found.of, expected.of, undefined);
}

function typeName(type: Type): string {
  return typeof type === 'string' ? type : type.kind === 'object' ? 'object' : `${type.kind} of ${typeName(type.of)}`;
}

// ---- References ------------------------------------------------------------------------------------------------------

interface Declared {
  readonly has: (kind: string, name: string) => boolean;
  readonly typeOfReference: (expression: string) => Type | undefined;
}

function declared(blocks: readonly TopBlock[]): Declared {
  const known = new Set(
    blocks.flatMap(({ kind, labels, content }) =>
      kind === 'locals' ? Object.keys(content).map((name) => `local ${name}`) : [`${kind} ${labels.join('.')}`],
    ),
  );
  const variables = new Map(
    blocks.filter(({ kind }) => kind === 'variable').map(({ labels, content }) => [labels[0], content['type']]),
  );
  return {
    has: (kind, name) => known.has(`${kind} ${name}`),
    typeOfReference: (expression) => {
      const name = /^var\.(\w+)$/.exec(expression)?.[1];
      return name === undefined ? undefined : variableType(variables.get(name));
    },
  };
}

function variableType(declaration: unknown): Type | undefined {
  const text = typeof declaration === 'string' ? declaration.replace(/^\$\{|\}$/g, '') : '';
  const simple = /^(string|number|bool)$/.exec(text)?.[1];
  if (simple !== undefined) return simple as Type;
  const kind = /^(list|set|map|object)\(/.exec(text)?.[1] as 'list' | 'set' | 'map' | 'object' | undefined;
  if (kind === undefined) return undefined;
  return kind === 'object' ? { kind, attributes: {} } : { kind, of: 'any' };
}

const REFERENCE = /(?<![\w.$"-])(var|local|module|data\.aws_\w+|aws_\w+)\.(\w+)((?:\[[^\]]*\])?(?:\.(\w+))?)/g;

function checkReferences(
  { file, kind, labels, content }: TopBlock,
  schema: ProviderSchema,
  names: Declared,
): readonly Finding[] {
  const where = [kind, ...labels].join('.');
  return expressionsIn(content).flatMap((expression) =>
    [...expression.matchAll(REFERENCE)].flatMap(([text, root = '', name = '', , attribute]): readonly Finding[] => {
      const missing = (detail: string): readonly Finding[] => [{ file, where, rule: 'unknown-reference', detail }];
      if (root === 'var') return names.has('variable', name) ? [] : missing(`no variable ${name} is declared`);
      if (root === 'local') return names.has('local', name) ? [] : missing(`no local value ${name} is declared`);
      if (root === 'module') return names.has('module', name) ? [] : missing(`no module ${name} is called`);
      const type = root.replace(/^data\./, '');
      const isData = root !== type;
      if (!names.has(isData ? 'data' : 'resource', `${type}.${name}`))
        return missing(`no ${isData ? 'data source' : 'resource'} ${type}.${name} is declared`);
      const block = (isData ? schema.dataSources : schema.resources)[type];
      if (block === undefined || attribute === undefined) return [];
      const exists = block.attributes[attribute] !== undefined || block.blocks?.[attribute] !== undefined;
      return exists ? [] : missing(`${text}: ${type} has no attribute ${attribute}`);
    }),
  );
}

/** The expressions within a block: what stands between `${` and `}`, and whole lists of references such as `depends_on`. */
function expressionsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.includes('${') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsIn);
}

function unused(blocks: readonly TopBlock[], names: Declared): readonly Finding[] {
  const used = new Set(
    blocks
      .filter(({ kind }) => kind !== 'variable')
      .flatMap(({ content }) => expressionsIn(content))
      .flatMap((expression) => [...expression.matchAll(REFERENCE)].map(([, root, name]) => `${root}.${name}`)),
  );
  return blocks.flatMap(({ file, kind, labels: [name = ''], content }): readonly Finding[] => {
    const unusedNames =
      kind === 'variable' && names.has(kind, name) && !used.has(`var.${name}`)
        ? [`var.${name}`]
        : kind === 'locals'
          ? Object.keys(content)
              .map((local) => `local.${local}`)
              .filter((local) => !used.has(local))
          : [];
    return unusedNames.map((where) => ({ file, where, rule: 'unused', detail: `${where} is declared and never used` }));
  });
}
