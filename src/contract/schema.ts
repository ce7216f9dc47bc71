/** A JSON Schema (2020-12), as far as the code looks into one. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
  /** Our extension: what would do, in words that follow "must be" or stand alone. */
  readonly 'x-rule'?: string;
  readonly [keyword: string]: unknown;
}

/** The schemas that a contract's references point to, by name. */
export type Schemas = Readonly<Record<string, Schema>>;

const prefix = '#/components/schemas/';

/** Follows a schema's reference, if it is one; keywords beside the reference win, as OpenAPI 3.1 has it. */
export function resolve(schema: Schema, schemas: Schemas): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const target = schemas[$ref.slice(prefix.length)];
  if (target === undefined) throw new Error(`The contract has no schema ${$ref}.`);
  return { ...resolve(target, schemas), ...beside };
}

/** Whether a schema lets `null` pass. */
export function allowsNull(schema: Schema, schemas: Schemas): boolean {
  const resolved = resolve(schema, schemas);
  const types = typeof resolved.type === 'string' ? [resolved.type] : (resolved.type ?? []);
  return types.includes('null') || (resolved.oneOf ?? []).some((one) => allowsNull(one, schemas));
}
