import { invalidInput } from '../errors.ts';
import type { Input, Page } from '../core.ts';

/** How many items a page holds where the caller does not say. */
const DEFAULT_FIRST = 50;

/** The page that a caller asks for. */
export interface PageRequest {
  readonly first: number;
  /** The key after which the page begins; absent for the first page. */
  readonly after?: string;
}

/**
 * Reads `first` and `after`. A cursor is bound to its list, so that one from elsewhere is an error and not a surprise.
 * @throws ServiceError `invalid-input`
 */
export function pageRequest({ query }: Input, list: string): PageRequest {
  const first = typeof query['first'] === 'number' ? query['first'] : DEFAULT_FIRST;
  const { after } = query;
  return typeof after === 'string' ? { first, after: keyOf(after, list) } : { first };
}

/** The opaque cursor of a key in a list. */
export function cursorOf(key: string, list: string): string {
  return Buffer.from(JSON.stringify([list, key])).toString('base64url');
}

function keyOf(cursor: string, list: string): string {
  const parts = parsed(cursor);
  const [of, key] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
  // What sorts a list is plain text; nothing else came from us, and DynamoDB would not take it.
  if (of === list && typeof key === 'string' && /^[\x20-\x7e]+$/.test(key)) return key;
  throw invalidInput([
    {
      pointer: '/query/after',
      detail: 'Not a cursor of this list. Use nextCursor of the page before as it is, or leave it out to begin.',
    },
  ]);
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A page of items that were read one beyond what was asked for, to know whether there are more. */
export function pageOf<T, View>(
  items: readonly T[],
  { first }: PageRequest,
  list: string,
  key: (item: T) => string,
  view: (item: T) => View,
): Page<View> {
  const shown = items.slice(0, first);
  const cursors = shown.map((item) => cursorOf(key(item), list));
  const last = cursors.at(-1);
  return {
    items: shown.map(view),
    cursors,
    ...(items.length > first && last !== undefined ? { nextCursor: last } : {}),
  };
}

/** A page of a list that is in memory whole. */
export function pageOfAll<T, View>(
  all: readonly T[],
  request: PageRequest,
  list: string,
  key: (item: T) => string,
  view: (item: T) => View,
): Page<View> {
  const byKey = [...all].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const { after } = request;
  const rest = after === undefined ? byKey : byKey.filter((item) => key(item) > after);
  return pageOf(rest, request, list, key, view);
}
