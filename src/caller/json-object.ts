/**
 * The members of a JSON object, or undefined for anything else. Stricter than `JSON.parse` where two readers could
 * see different things in the same bytes: the UTF-8 must be valid, there is no byte order mark, and no member name
 * occurs twice. A map, so that a member called `__proto__` is a member like any other.
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4
 */
export function parseJsonObject(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  return countMembers(text) === members.size ? members : undefined;
}

/** How many members the outermost object of a valid JSON text writes down, repeated names included. */
function countMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1) members += 1;
  }
  return members;
}
