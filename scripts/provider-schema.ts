/**
 * An attribute: its flags and its type, such as `required string`, `optional computed map(string)` or
 * `computed list(object(arn=string,id=string))`.
 */
export type AttributeSchema = string;

/** What a block may hold. */
export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly blocks?: Readonly<Record<string, NestedBlockSchema>>;
}

/** A block within a block: how often it may stand there. */
export interface NestedBlockSchema extends BlockSchema {
  readonly nesting: 'single' | 'list' | 'set';
  /** Absent for none. */
  readonly min?: number;
  /** Absent for any number. */
  readonly max?: number;
}

/** infra/schema/aws-provider.json: the part of the AWS provider's schema that infra/ uses. */
export interface ProviderSchema {
  readonly source: string;
  /** Release of the AWS provider. */
  readonly provider: string;
  readonly license: string;
  /** The provider's own block. */
  readonly configuration: BlockSchema;
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly dataSources: Readonly<Record<string, BlockSchema>>;
}

/** A type of Terraform's language. */
export type Type =
  | 'string'
  | 'number'
  | 'bool'
  | 'any'
  | { readonly kind: 'list' | 'set' | 'map'; readonly of: Type }
  | { readonly kind: 'object'; readonly attributes: Readonly<Record<string, Type>> };

/** An attribute's schema, taken apart. */
export interface Attribute {
  readonly required: boolean;
  readonly optional: boolean;
  readonly computed: boolean;
  readonly type: Type;
}

/** Takes the notation of an attribute apart. */
export function parseAttribute(schema: AttributeSchema): Attribute {
  const words = schema.split(' ');
  const { type, rest } = parseType(words.at(-1) ?? '');
  if (rest !== '') throw new Error(`A type can't be read to its end: ${schema}`);
  return {
    required: words.includes('required'),
    optional: words.includes('optional'),
    computed: words.includes('computed'),
    type,
  };
}

function parseType(text: string): { type: Type; rest: string } {
  const word = /^\w+/.exec(text)?.[0] ?? '';
  const rest = text.slice(word.length);
  switch (word) {
    case 'string':
    case 'number':
    case 'bool':
    case 'any':
      return { type: word, rest };
    case 'list':
    case 'set':
    case 'map': {
      const inner = parseType(rest.slice(1));
      return { type: { kind: word, of: inner.type }, rest: inner.rest.slice(1) };
    }
    case 'object':
      return parseObject(rest.slice(1));
    default:
      throw new Error(`No type is called ${word}: ${text}`);
  }
}

function parseObject(text: string): { type: Type; rest: string } {
  const attributes: Record<string, Type> = {};
  let rest = text;
  while (!rest.startsWith(')')) {
    const name = /^,?(\w+)=/.exec(rest);
    if (name === null) throw new Error(`An object's attributes can't be read: ${text}`);
    const inner = parseType(rest.slice(name[0].length));
    attributes[name[1] ?? ''] = inner.type;
    rest = inner.rest;
  }
  return { type: { kind: 'object', attributes }, rest: rest.slice(1) };
}
