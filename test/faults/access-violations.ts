import { setImmediate } from 'node:timers/promises';
import type { Resources } from '../../src/plan/resources.ts';
import { desiredInTurn } from './turns.ts';
import { accessIn, type SeenWrite, type Watch } from './watch.ts';

type Access = ReadonlySet<string>;

/** Access that one committed state gives: now, and after each of its pending operations in its turn. */
interface Meaning {
  readonly position: number;
  readonly pending: readonly string[];
  readonly turns: readonly Access[];
}

/** A write, and what could be done after it. */
type Seen = Pick<SeenWrite, 'what' | 'position' | 'intent'> & { readonly access: Access };

/** All that was meant and seen since the watch began, in order; what was seen begins with what was in AWS then. */
interface History {
  readonly meanings: readonly Meaning[];
  readonly seen: readonly Seen[];
}

/**
 * Access that somebody had, at any moment since the watch began, and was not to have. Each write to AWS is held against every
 * state that was committed by then.
 * @param mostLate writes that an operation may still make after a newer one took its place
 */
export async function accessViolations(watch: Watch, mostLate: number): Promise<readonly string[]> {
  const history = await historyOf(watch);
  return [...leaks(history), ...reopenings(history), ...lateWrites(history, mostLate)];
}

async function historyOf(watch: Watch): Promise<History> {
  const { world, place, begin, writes } = watch;
  const meanings: Meaning[] = [];
  const accessOf = remembering(watch);
  for (const { position, state, repositories } of await world.commits.since(place.department, begin.position)) {
    const turns = desiredInTurn(state, repositories, world.embedded.executor.settings).map(accessOf);
    meanings.push({ position, pending: state?.head.pendingOperations ?? [], turns });
    // Much to evaluate at once: what else is at work in this process is not kept waiting.
    await setImmediate();
  }
  const all = [{ ...begin, what: 'the beginning', intent: undefined }, ...writes];
  return { meanings, seen: all.map(({ stands, ...write }) => ({ ...write, access: accessOf(stands) })) };
}

/** Most states of a department give what the one before them gives. */
function remembering(watch: Watch): (resources: Resources) => Access {
  const known = new Map<string, Access>();
  return (resources) => {
    const text = JSON.stringify([[...resources.repositories], [...resources.roles]]);
    const access = known.get(text) ?? accessIn(watch, resources);
    known.set(text, access);
    return access;
  };
}

/** What was open after a write, and no state gives that was committed by then. Each is told once. */
function leaks({ meanings, seen }: History): readonly string[] {
  const allowed = new Set<string>();
  const told = new Map<string, string>();
  const left = [...meanings];
  for (const { access, what, position } of seen) {
    while (left[0] !== undefined && left[0].position <= position)
      for (const turn of left.shift()?.turns ?? []) for (const one of turn) allowed.add(one);
    for (const one of access) if (!allowed.has(one) && !told.has(one)) told.set(one, what);
  }
  return [...told].map(([access, what]) => `leaked: ${access}, after ${what}`);
}

/** What was closed may be opened again only by the operation under way, as it is when it is done: never by going back. */
function reopenings({ meanings, seen }: History): readonly string[] {
  const closed = new Map<string, string>();
  const found: string[] = [];
  let last: Access = new Set();
  for (const write of seen) {
    for (const one of last) if (!write.access.has(one)) closed.set(one, write.what);
    const again = [...write.access].filter((one) => !last.has(one) && closed.has(one));
    const allowed = again.length === 0 ? last : givenBy(write, meanings);
    for (const one of again)
      if (!allowed.has(one))
        found.push(`reopened: ${one}, closed by ${closed.get(one)}, open again after ${write.what}`);
    last = write.access;
  }
  return found;
}

/** What the operation gives that is the reason for a write, in each state that it was carried out in by then. */
function givenBy({ intent, position }: Seen, meanings: readonly Meaning[]): Access {
  const given = meanings.filter((one) => one.position <= position && one.pending[0] === intent?.underWay);
  return new Set(given.flatMap(({ turns }) => [...(turns[1] ?? [])]));
}

/** An operation whose place a newer one took ends with the page that it is at. */
function lateWrites({ meanings, seen }: History, mostLate: number): readonly string[] {
  const late = new Map<string, number>();
  for (const { intent } of seen) {
    if (intent?.underWay === undefined) continue;
    const then = meanings.findLast(({ position }) => position <= intent.position);
    if (then?.pending.includes(intent.underWay) === false)
      late.set(intent.underWay, (late.get(intent.underWay) ?? 0) + 1);
  }
  return [...late].flatMap(([operation, count]) =>
    count > mostLate ? [`late: ${operation} wrote ${count} times to AWS after it was over`] : [],
  );
}
