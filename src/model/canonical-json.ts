import canonicalizeModule from 'canonicalize';

// The package is CommonJS with an ESM type: under Node its default import is the function itself.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/**
 * The canonical JSON text of a value: the same text for the same value, whatever the order of its members.
 * @throws TypeError for a value that JSON can't hold
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no canonical JSON form.');
  return text;
}

/** Whether two values are the same JSON, whatever the order of their members; `undefined` is the same as nothing else. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}
