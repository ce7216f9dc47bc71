import { departmentInPath } from '../commands/command.ts';
import type { Input, Page } from '../core.ts';
import { readChain, readDay, timeKeyOf } from '../ledger/read-audit.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { cursorOf, pageRequest, type PageRequest } from './cursor.ts';
import type { Query } from './query.ts';

/** How many events one request looks at for those that a filter lets through; the cursor goes on from there. */
const MOST_LOOKED_AT = 1_000;
const BATCH = 100;
/** The first day that the service could have written an event. */
const FIRST_DAY = '2026-01-01';

/** A department's own chain, newest first unless asked otherwise. */
export const listDepartmentAuditEvents: Query = {
  name: 'listDepartmentAuditEvents',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const chain = state.department.id;
    const list = `audit-events/${chain}/${orderOf(input)}`;
    const request = pageRequest(input, list);
    const read = (after: string | undefined, limit: number) =>
      readChain(parts.tables, {
        chain,
        limit,
        order: orderOf(input),
        ...(after === undefined ? {} : { after: Number(after) }),
      });
    return { value: await filteredPage(request, list, filterOf(input), ({ seq }) => String(seq), read) };
  },
};

/** All chains together in the order of time, for the platform. */
export const listAuditEvents: Query = {
  name: 'listAuditEvents',
  about: 'anything',
  answer: async ({ parts, input }) => {
    const order = orderOf(input);
    const list = `audit-events/${order}`;
    const request = pageRequest(input, list);
    const read = (after: string | undefined, limit: number) =>
      readDays(input, parts.now(), after, limit, async (day, from, most) =>
        readDay(parts.tables, { day, limit: most, order, ...(from === undefined ? {} : { after: from }) }),
      );
    return { value: await filteredPage(request, list, filterOf(input), timeKeyOf, read) };
  },
};

/** Reads on over the ends of days, until there are enough events or no more days. */
async function readDays(
  input: Input,
  now: Date,
  after: string | undefined,
  limit: number,
  read: (day: string, after: string | undefined, limit: number) => Promise<readonly AuditEvent[]>,
): Promise<readonly AuditEvent[]> {
  const { from, to } = input.query;
  const oldest = typeof from === 'string' ? dayOf(from) : FIRST_DAY;
  const newest = typeof to === 'string' && dayOf(to) < dayOf(now.toISOString()) ? dayOf(to) : dayOf(now.toISOString());
  const newestFirst = orderOf(input) === 'newest';
  let day = after === undefined ? (newestFirst ? newest : oldest) : after.slice(0, 10);
  const events: AuditEvent[] = [];
  while (events.length < limit && day >= oldest && day <= newest) {
    events.push(...(await read(day, after?.startsWith(day) === true ? after : undefined, limit - events.length)));
    if (events.length < limit) day = neighbour(day, newestFirst ? -1 : 1);
  }
  return events;
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

function neighbour(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

function orderOf({ query }: Input): 'newest' | 'oldest' {
  return query['order'] === 'oldest' ? 'oldest' : 'newest';
}

/** Whether an event is one that the caller asks for. */
function filterOf({ query }: Input): (event: AuditEvent) => boolean {
  const { action, outcome, actorRepositoryId, subject, from, to } = query;
  return (event) =>
    (action === undefined || event.action === action) &&
    (outcome === undefined || event.outcome === outcome) &&
    (actorRepositoryId === undefined || event.caller?.repositoryId === actorRepositoryId) &&
    (subject === undefined || event.subject?.id === subject) &&
    (typeof from !== 'string' || event.time >= from) &&
    (typeof to !== 'string' || event.time < to);
}

/** A page of those events that a filter lets through; bounded in what it looks at, so that its cost does not grow. */
async function filteredPage(
  { first, after }: PageRequest,
  list: string,
  wanted: (event: AuditEvent) => boolean,
  key: (event: AuditEvent) => string,
  read: (after: string | undefined, limit: number) => Promise<readonly AuditEvent[]>,
): Promise<Page<AuditEvent>> {
  const items: AuditEvent[] = [];
  let position = after;
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += BATCH) {
    const batch = await read(position, BATCH);
    for (const event of batch) {
      if (items.length === first) return page(items, list, key, position);
      position = key(event);
      if (wanted(event)) items.push(event);
    }
    if (batch.length < BATCH) return page(items, list, key, undefined);
  }
  return page(items, list, key, position);
}

function page(
  items: readonly AuditEvent[],
  list: string,
  key: (event: AuditEvent) => string,
  next: string | undefined,
): Page<AuditEvent> {
  const cursors = items.map((event) => cursorOf(key(event), list));
  return { items, cursors, ...(next === undefined ? {} : { nextCursor: cursorOf(next, list) }) };
}
