/** One page of a list, and the name that the next page begins after. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** The page of at most `size` items whose names come after `after`; the list is sorted by name. */
export function pageOf<T>(
  sorted: readonly T[],
  nameOf: (item: T) => string,
  after: string | undefined,
  size: number,
): Page<T> {
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return { items, next: rest.length > size && last !== undefined ? tokenOf(nameOf(last)) : undefined };
}

function tokenOf(name: string): string {
  return Buffer.from(JSON.stringify({ after: name })).toString('base64url');
}

/** The name in a page token; throws what `invalid` makes for a token that this server did not make. */
export function readToken(token: string | undefined, invalid: () => Error): string | undefined {
  if (token === undefined) return undefined;
  try {
    const { after } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { after?: unknown };
    if (typeof after === 'string') return after;
  } catch {
    // Falls through: a token of somebody else's making.
  }
  throw invalid();
}
