import { jsonFault, strictUtf8 } from '../lib/strict-json.ts';

/**
 * The members of a JSON object, or undefined for anything else. Stricter than `JSON.parse` where two readers could
 * see different things in the same bytes: the UTF-8 must be valid, there is no byte order mark, and no member name
 * occurs twice, at any depth. A map, so that a member called `__proto__` is a member like any other.
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4
 */
export function parseJsonObject(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  const text = strictUtf8(bytes, 'keep');
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return jsonFault(text) === undefined ? new Map<string, unknown>(Object.entries(value)) : undefined;
}
