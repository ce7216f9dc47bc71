import type { InputError } from '../core/errors.ts';
import type { Schema } from './schema.ts';
import type { SchemaError } from './validators.ts';

/** How many errors an answer tells at most. */
const MOST_ERRORS = 20;
/** How many of Ajv's are looked at: a body of thousands of unknown fields is not worth more of our time. */
const MOST_LOOKED_AT = 100;

/** Turns Ajv's errors into ours: where, which rule, and what would do. */
export function inputErrors(all: readonly SchemaError[]): InputError[] {
  const errors = all.slice(0, MOST_LOOKED_AT);
  const told = new Map<string, InputError>();
  for (const error of errors.filter((error) => !isConsequence(error, errors))) {
    const made = inputError(error);
    const key = `${made.pointer} ${made.detail}`;
    if (told.size < MOST_ERRORS && !told.has(key)) told.set(key, made);
  }
  return [...told.values()];
}

/**
 * A `oneOf` that fails brings an error of each branch with it. If one of them lies deeper, its branch was meant and its words are
 * the useful ones; otherwise the `oneOf` itself has the better words. An `anyOf` of ours says which properties would do.
 */
function isConsequence(error: SchemaError, errors: readonly SchemaError[]): boolean {
  if (error.keyword === 'oneOf') return errors.some((other) => isDeeper(other, error));
  const choice = errors.find(
    (other) => other.keyword === 'oneOf' && isAtOrUnder(error.instancePath, other.instancePath),
  );
  if (choice !== undefined) return !isDeeper(error, choice);
  return (
    error.keyword === 'required' &&
    !isRequiredHere(error) &&
    errors.some((other) => other.keyword === 'anyOf' && other.instancePath === error.instancePath)
  );
}

function isAtOrUnder(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function isDeeper(error: SchemaError, choice: SchemaError): boolean {
  if (error.instancePath.startsWith(`${choice.instancePath}/`)) return true;
  return (
    error.instancePath === choice.instancePath &&
    (error.keyword === 'required' || error.keyword === 'additionalProperties')
  );
}

function isRequiredHere(error: SchemaError): boolean {
  return (error.parentSchema as Schema | undefined)?.properties !== undefined;
}

function inputError(error: SchemaError): InputError {
  const schema = (error.parentSchema ?? {}) as Schema;
  switch (error.keyword) {
    case 'required': {
      const name = String(error.params['missingProperty']);
      return {
        pointer: pointer(error.instancePath, name),
        detail: isBody(error, name) ? 'a JSON body is required' : `is required${ruleOf(schema.properties?.[name])}`,
      };
    }
    case 'additionalProperties': {
      const name = String(error.params['additionalProperty']);
      return { pointer: pointer(error.instancePath, name), detail: unknownProperty(schema, name) };
    }
    case 'false schema':
      return { pointer: error.instancePath, detail: 'takes no body here; send what you mean as query parameters' };
    default:
      return { pointer: error.instancePath, detail: mustBe(error, schema) };
  }
}

function isBody(error: SchemaError, name: string): boolean {
  return error.instancePath === '' && name === 'body';
}

function pointer(path: string, name: string): string {
  return `${path}/${name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function unknownProperty(schema: Schema, name: string): string {
  const known = Object.keys(schema.properties ?? {});
  const rule = schema['x-rule'];
  const near = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (near !== undefined) return `unknown field; did you mean "${near}"?`;
  const list = known.length === 0 ? 'none' : known.join(', ');
  return `unknown field; allowed: ${list}${rule === undefined ? '' : ` (${rule})`}`;
}

function ruleOf(schema: Schema | undefined): string {
  return schema?.['x-rule'] === undefined ? '' : `: ${schema['x-rule']}`;
}

function mustBe(error: SchemaError, schema: Schema): string {
  const rule = schema['x-rule'];
  if (error.keyword === 'type') {
    const wanted = String(error.params['type']);
    const is = nameOfType(error.data);
    return `must be ${withArticle(wanted)}, got ${withArticle(is)}${rule === undefined ? '' : `: ${rule}`}`;
  }
  if (rule !== undefined) return `must be ${rule}`;
  if (error.keyword === 'enum') return `must be one of ${(schema.enum ?? []).map(String).join(', ')}`;
  return error.message ?? 'is not valid';
}

/** JSON's types as a sentence has them: "a string", "an array", "null". */
function withArticle(type: string): string {
  if (type === 'null') return type;
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function nameOfType(data: unknown): string {
  if (data === null) return 'null';
  if (Array.isArray(data)) return 'array';
  return typeof data;
}
