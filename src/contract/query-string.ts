import { resolve, type Schema, type Schemas } from './schema.ts';

/**
 * Reads query-string values as their schemas mean them: numbers, booleans and lists arrive as text. What can't be read is
 * left as it is, for the validator to refuse.
 */
export function readQueryValue(value: unknown, schema: Schema, schemas: Schemas): unknown {
  const resolved = resolve(schema, schemas);
  if (resolved.type === 'array' && typeof value === 'string') return [value];
  if (typeof value !== 'string') return value;
  if (resolved.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if (resolved.type === 'integer' && /^-?[0-9]{1,9}$/.test(value)) return Number(value);
  return value;
}
