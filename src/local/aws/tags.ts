import type { Tags } from './entities.ts';

/** Most tags that a resource may have. */
export const MAX_TAGS = 50;

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** What is wrong with one tag by the rules that all of AWS shares; `undefined` if nothing is. */
export function tagFault(key: string, value: string): string | undefined {
  if (key.length < 1 || key.length > 128) return 'A tag key has 1 to 128 characters';
  if (value.length > 256) return 'A tag value has at most 256 characters';
  if (/^aws:/i.test(key)) return 'Tag keys that begin with aws: are reserved for system use';
  if (!ALLOWED.test(key) || !ALLOWED.test(value)) {
    return 'Tags may contain letters, numbers, spaces and the characters _.:/=+-@';
  }
  return undefined;
}

/** Tags as the SDK lists them. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
