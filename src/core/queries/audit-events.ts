import { beforeLife, positionsText, readFeed, readPositions, type Positions } from '../../audit/stream/feed.ts';
import { departmentInPath } from '../look-ups.ts';
import type { CoreParts } from '../parts.ts';
import type { Asker, Page, QueryResult } from '../core.ts';
import type { InputOf } from '../input.ts';
import { invalidInput } from '../errors.ts';
import { timeKeyOf, WHOLE_LOG, type AuditFacets, type AuditIndex } from '../../ledger/audit-items.ts';
import { auditSortKey, type Key } from '../../ledger/keys.ts';
import { readEvents, readIndex } from '../../ledger/read-audit.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { PresentLife } from '../../model/present-life.ts';
import { facetsOf, matches, periodOf } from './audit-filter.ts';
import { FEED, fitting, pageRequest, type PageRequest } from './cursor.ts';
import type { Poll } from './polls.ts';
import type { Query } from './query.ts';

/** How many entries of an index, or events of a feed, one page looks at; its cursor goes on from there. */
const MOST_LOOKED_AT = 1_000;
/** How often a waiting request looks for new events, in milliseconds. */
const LOOK_EVERY = 500;
/** After how many seconds to ask again, for who found no place to wait in. */
const ASK_AGAIN = 5;

/** A department's own events and the refusals that concern it, newest first unless asked otherwise. */
export const listDepartmentAuditEvents: Query<'listDepartmentAuditEvents'> = {
  name: 'listDepartmentAuditEvents',
  about: 'department',
  departmentOf: departmentInPath,
  answer: ({ parts, asker, input, state, life }) =>
    auditPage({ parts, input, department: state.department.id, life }, asker),
};

/** The events of all chains together, for the platform. */
export const listAuditEvents: Query<'listAuditEvents'> = {
  name: 'listAuditEvents',
  about: 'anything',
  answer: ({ parts, asker, input }) =>
    auditPage({ parts, input, department: input.query.department, life: undefined }, asker),
};

/** What is asked for, and from where on the caller may see it. */
interface Wanted {
  readonly parts: CoreParts;
  readonly input: InputOf<'listAuditEvents' | 'listDepartmentAuditEvents'>;
  /** One department's events, or all. */
  readonly department: string | undefined;
  readonly life: PresentLife | undefined;
}

/** Who wants to wait and finds no place to wait in is answered at once, and told when to ask again. */
async function auditPage(wanted: Wanted, { caller }: Asker): Promise<QueryResult> {
  const { parts, input } = wanted;
  const { wait } = input.query;
  if (wait === undefined) return { value: await indexPage(wanted) };
  const poll = wait === 0 ? undefined : parts.polls.take(caller.repositoryId);
  try {
    const value = await feedPage(wanted, poll);
    const isTurnedAway = wait !== 0 && poll === undefined && value.items.length === 0;
    return { value, ...(isTurnedAway ? { retryAfterSeconds: ASK_AGAIN } : {}) };
  } finally {
    poll?.leave();
  }
}

/** A page from the index that fits what is asked for, in the order of time. */
async function indexPage({ parts, input, department, life }: Wanted): Promise<Page<AuditEvent>> {
  const order = input.query.order ?? 'newest';
  const request = await pageRequest(parts, input, 'audit-events');
  const filters = facetsOf(input.query, department);
  const { index, value, answers } = indexFor(filters);
  const range = { index, value, filters, order, ...within(periodOf(input.query), life) } as const;
  // What the index answers alone is read exactly; where entries are filtered besides, it is read by the hundred.
  const limit = answers === Object.keys(filters).length ? request.first + 1 : MOST_LOOKED_AT / 4;
  const found: Awaited<ReturnType<typeof readIndex>>['found'][number][] = [];
  let after = request.after;
  for (let looked = 0; looked < MOST_LOOKED_AT && found.length <= request.first; looked += limit) {
    const page = await readIndex(parts.tables, { ...range, limit, ...(after === undefined ? {} : { after }) });
    found.push(...page.found.filter((key) => !isFromBefore(key, life)));
    after = page.more;
    if (after === undefined) break;
  }
  const shown = found.slice(0, request.first);
  const events = await readEvents(parts.tables, shown);
  const fits = fitting(events);
  const next = found.length > fits ? shown[fits - 1]?.at : after;
  return pageOfEvents(events.slice(0, fits), request, next);
}

/** The part of a period that belongs to the department's present life. */
function within(period: ReturnType<typeof periodOf>, life: PresentLife | undefined): ReturnType<typeof periodOf> {
  if (life === undefined || (period.from !== undefined && period.from > life.since)) return period;
  return { ...period, from: life.since };
}

/** The last event from before may have the same time as the first one since: numbers tell them apart. */
function isFromBefore({ pk, sk }: Key, life: PresentLife | undefined): boolean {
  return life !== undefined && sk <= auditSortKey(beforeLife(pk, life));
}

/** An index, the partition of it to read, and how many of the filters it answers by itself. */
interface Choice {
  readonly index: AuditIndex;
  readonly value: string;
  readonly answers: number;
}

/** The index whose entries are fewest, by what such values select as a rule. */
function indexFor({ department, action, outcome, actor, subject }: AuditFacets): Choice {
  if (department !== undefined) {
    // Within a department only indexes of its own: where a look into another one ends, tells of other departments.
    if (subject !== undefined)
      return { index: 'by-department-and-subject', value: `${department}#${subject}`, answers: 2 };
    if (actor !== undefined) return { index: 'by-department-and-actor', value: `${department}#${actor}`, answers: 2 };
  }
  if (subject !== undefined) return { index: 'by-subject', value: subject, answers: 1 };
  if (actor !== undefined) return { index: 'by-actor', value: actor, answers: 1 };
  const byAction = action !== undefined && (outcome === undefined || !isRare(outcome));
  if (department !== undefined) {
    if (byAction) return { index: 'by-department-and-action', value: `${department}#${action}`, answers: 2 };
    if (outcome !== undefined)
      return { index: 'by-department-and-outcome', value: `${department}#${outcome}`, answers: 2 };
    return { index: 'by-department', value: department, answers: 1 };
  }
  if (byAction) return { index: 'by-action', value: action, answers: 1 };
  if (outcome !== undefined) return { index: 'by-outcome', value: outcome, answers: 1 };
  return { index: 'by-time', value: WHOLE_LOG, answers: 0 };
}

function isRare(outcome: string): boolean {
  return outcome === 'failed' || outcome === 'progressed';
}

/** The feed: from where the reader is, oldest first; where it has a place to, it waits for events when there are none. */
async function feedPage({ parts, input, department, life }: Wanted, poll: Poll | undefined): Promise<Page<AuditEvent>> {
  const request = await pageRequest(parts, input, FEED);
  const deadline = parts.now().getTime() + (input.query.wait ?? 0) * 1_000;
  const isOver = (): boolean => poll === undefined || poll.isOver() || parts.now().getTime() >= deadline;
  const { from } = periodOf(input.query);
  let positions: Positions = positionsOf(request);
  for (;;) {
    const page = await readFeed({
      tables: parts.tables,
      department,
      life,
      positions,
      from,
      limit: Math.max(request.first, 100),
    });
    const wanted = page.events.filter(({ event }) => matches(event, input.query));
    const first = wanted.slice(0, request.first);
    const shown = first.slice(0, fitting(first.map(({ event }) => event)));
    positions = (shown.length < wanted.length ? shown.at(-1)?.positions : undefined) ?? page.positions;
    const nothing = shown.length === 0;
    if (!nothing || (page.events.length === 0 && isOver())) {
      const items = shown.map(({ event }) => event);
      const cursors = shown.map((one) => request.cursorOf(positionsText(one.positions)));
      return { items, cursors, nextCursor: request.cursorOf(positionsText(positions)) };
    }
    if (page.events.length === 0)
      await poll?.pause(Math.min(LOOK_EVERY, Math.max(0, deadline - parts.now().getTime())));
    else if (isOver()) return { items: [], cursors: [], nextCursor: request.cursorOf(positionsText(positions)) };
  }
}

function positionsOf({ after }: PageRequest): Positions {
  if (after === undefined) return new Map<string, number>();
  const positions = readPositions(after);
  if (positions !== undefined) return positions;
  throw invalidInput([
    { pointer: '/query/after', detail: 'Not a cursor of this feed. Use nextCursor of the answer before as it is.' },
  ]);
}

function pageOfEvents(
  items: readonly AuditEvent[],
  { cursorOf }: PageRequest,
  next: string | undefined,
): Page<AuditEvent> {
  const cursors = items.map((event) => cursorOf(timeKeyOf(event)));
  return { items, cursors, ...(next === undefined ? {} : { nextCursor: cursorOf(next) }) };
}
