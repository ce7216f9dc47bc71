import type { CoreParts } from '../parts.ts';
import type { Page } from '../core.ts';
import { invalidInput, type ServiceError } from '../errors.ts';
import { canonicalJson } from '../../model/canonical-json.ts';

/** How many items a page holds where neither the caller nor the contract says. */
const DEFAULT_FIRST = 50;

/** The input of any list. */
export interface ListInput {
  readonly params: object;
  readonly query: { readonly first?: number; readonly after?: string };
}

/** The page that a caller asks for. */
export interface PageRequest {
  readonly first: number;
  /** The key after which the page begins; absent for the first page. */
  readonly after?: string;
  /** The cursor of a key in this list. */
  readonly cursorOf: (key: string) => string;
}

/** Parameters that may be other ones on the next page. */
const OF_THE_PAGE: readonly string[] = ['first', 'after', 'wait'];
/** Where a reader follows a log, also where it began. */
const OF_THE_FEED: readonly string[] = [...OF_THE_PAGE, 'from', 'order'];

/**
 * Reads `first` and `after`. A cursor is sealed, and bound to its list, the department and the filters, so that one from elsewhere is an
 * error and not a surprise.
 * @throws ServiceError `invalid-input`
 */
export async function pageRequest(
  { cursors }: Pick<CoreParts, 'cursors'>,
  { query, params }: ListInput,
  list: string,
): Promise<PageRequest> {
  const { first = DEFAULT_FIRST, after } = query;
  const changing = list === FEED ? OF_THE_FEED : OF_THE_PAGE;
  const filters = Object.entries(query).filter(([name, value]) => !changing.includes(name) && value !== undefined);
  const boundTo = canonicalJson({ list, params, filters: Object.fromEntries(filters) });
  const key = after === undefined ? undefined : await cursors.open(after, boundTo);
  if (after !== undefined && key === undefined) throw notOfThisList();
  const seal = await cursors.sealer();
  return { first, ...(key === undefined ? {} : { after: key }), cursorOf: (of) => seal(of, boundTo) };
}

/** The list of those that follow the audit log. */
export const FEED = 'audit-feed';

function notOfThisList(): ServiceError {
  return invalidInput([
    {
      pointer: '/query/after',
      detail:
        'Not a cursor of this list with these filters. Use nextCursor of the page before as it is, with the same parameters; or leave it out to begin.',
    },
  ]);
}

/** Most bytes of a page's items, as JSON: far below the 6 MB that a Lambda may answer, and within GraphQL's limit of an answer. */
export const PAGE_BYTES = 2_000_000;

/** How many items, from the first on, one page holds by their size; at least one, so that each page gets on. */
export function fitting(items: readonly unknown[]): number {
  let bytes = 0;
  const over = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return bytes > PAGE_BYTES;
  });
  return over === -1 ? items.length : Math.max(over, 1);
}

/** A page of items that were read one beyond what was asked for, to know whether there are more. */
export function pageOf<T, View>(
  items: readonly T[],
  { first, cursorOf }: PageRequest,
  key: (item: T) => string,
  view: (item: T) => View,
): Page<View> {
  const views = items.slice(0, first).map(view);
  const shown = items.slice(0, fitting(views));
  const cursors = shown.map((item) => cursorOf(key(item)));
  const last = cursors.at(-1);
  return {
    items: views.slice(0, shown.length),
    cursors,
    ...(items.length > shown.length && last !== undefined ? { nextCursor: last } : {}),
  };
}

/** A page of a list that is in memory whole. */
export function pageOfAll<T, View>(
  all: readonly T[],
  request: PageRequest,
  key: (item: T) => string,
  view: (item: T) => View,
): Page<View> {
  const byKey = [...all].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const { after } = request;
  const rest = after === undefined ? byKey : byKey.filter((item) => key(item) > after);
  return pageOf(rest, request, key, view);
}
