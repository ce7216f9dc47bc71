import type { Answered, Documented } from './row.ts';

/** Where an answer is not what AWS documents; `undefined` where it is. */
export function disagreementOf(answered: Answered, documented: Documented): string | undefined {
  const { status, code, body } = answered;
  if ('code' in documented) {
    const agrees = status === documented.status && code === documented.code;
    return agrees ? undefined : `${status} ${code ?? 'success'}, not ${documented.status} ${documented.code}`;
  }
  if (status !== 200) return `${status} ${code}, not a success`;
  return differenceAt('', body, documented.shows);
}

/** The first member that is not as the pattern wants it: patterns are texts, regular expressions, types, or members that must be there. */
function differenceAt(path: string, actual: unknown, pattern: unknown): string | undefined {
  const wrong = `${path} is ${JSON.stringify(actual)}, not ${String(pattern)}`;
  if (pattern instanceof RegExp) return typeof actual === 'string' && pattern.test(actual) ? undefined : wrong;
  if (pattern === String) return typeof actual === 'string' ? undefined : wrong;
  if (pattern === Number) return typeof actual === 'number' ? undefined : wrong;
  if (pattern === Object) return typeof actual === 'object' && actual !== null ? undefined : wrong;
  if (typeof pattern !== 'object' || pattern === null) return actual === pattern ? undefined : wrong;
  if (typeof actual !== 'object' || actual === null) return Object.keys(pattern).length === 0 ? undefined : wrong;
  if (Array.isArray(pattern) && Array.isArray(actual) && actual.length !== pattern.length && pattern.length === 0)
    return wrong;
  const members: Readonly<Record<string, unknown>> = { ...actual };
  for (const [key, below] of Object.entries(pattern)) {
    const difference = differenceAt(`${path}/${key}`, members[key], below);
    if (difference !== undefined) return difference;
  }
  return undefined;
}
