import type { AuditEvent } from './audit-event.ts';
import { isSameJson } from './canonical-json.ts';
import { nameOf, type EntityChange, type ToldEntity } from './entity-change.ts';

/** Entities by their names, such as `grant/grant-01jd…`. */
export type Entities = ReadonlyMap<string, RebuiltEntity>;

/** An entity as a chain tells it. */
export interface RebuiltEntity extends Pick<EntityChange, 'type' | 'id'> {
  readonly value: ToldEntity['value'];
}

/** What the events of a chain say that a department has. */
export interface Rebuilt {
  /** Whether all of it is told: the department's creation, or a snapshot to its last part, is among the events. */
  readonly isWhole: boolean;
  /** What is wanted: a change counts from its acceptance. */
  readonly wanted: Entities;
  /** What is applied in AWS: a change counts from its outcome, and one that is on its way does not. */
  readonly applied: Entities;
  /** Where an event says that something was otherwise before than the events before it say; empty in a chain that is whole. */
  readonly contradictions: readonly string[];
}

/** A department that is being rebuilt. */
interface Rebuilding {
  isWhole: boolean;
  readonly wanted: Map<string, RebuiltEntity>;
  readonly applied: Map<string, RebuiltEntity>;
  /** Names of the entities that operations are changing. */
  readonly underWay: Map<string, Set<string>>;
  readonly contradictions: string[];
}

/**
 * Rebuilds a department from the events of its chain, in their order; pure, and nothing else is read. Events of version 1 tell no changes:
 * a chain that has them is whole from its snapshot on.
 */
export function rebuild(events: Iterable<AuditEvent>): Rebuilt {
  const state: Rebuilding = {
    isWhole: false,
    wanted: new Map(),
    applied: new Map(),
    underWay: new Map(),
    contradictions: [],
  };
  for (const event of events) {
    if (event.snapshot === undefined) takeEvent(state, event);
    else takeSnapshot(state, event, event.snapshot);
  }
  return state;
}

function takeSnapshot(
  state: Rebuilding,
  { change = [] }: AuditEvent,
  { part, isLast }: NonNullable<AuditEvent['snapshot']>,
): void {
  if (part === 1) for (const told of [state.wanted, state.applied, state.underWay]) told.clear();
  for (const one of change) {
    put(state.wanted, one, one.after);
    put(state.applied, one, one.operation === undefined ? one.after : one.before);
    if (one.operation !== undefined) underWay(state, one.operation).add(nameOf(one));
  }
  state.isWhole = isLast;
}

function takeEvent(state: Rebuilding, event: AuditEvent): void {
  const { id, action, outcome, operation, change = [], reason } = event;
  // What is refused belongs to nobody's state; and a creation leaves nothing of a department of the same id before.
  if (outcome === 'denied') return;
  if (action === 'createDepartment' && outcome === 'accepted' && change.length > 0) state.isWhole = true;
  for (const one of change) {
    if (state.isWhole && !isSameJson(state.wanted.get(nameOf(one))?.value, one.before))
      state.contradictions.push(`${id}: ${nameOf(one)} was something else before`);
    put(state.wanted, one, one.after);
  }
  const names = change.map(nameOf);
  if (outcome === 'accepted' && operation !== undefined) {
    for (const name of names) underWay(state, operation).add(name);
    return;
  }
  const isOver = outcome === 'succeeded' || outcome === 'failed';
  const ended = isOver && operation !== undefined ? [...underWay(state, operation)] : [];
  if (isOver && operation !== undefined) state.underWay.delete(operation);
  // What a newer operation takes the place of was not applied, as a whole.
  const settled = reason?.code === 'superseded' ? names : [...ended, ...names];
  for (const name of settled) {
    const wanted = state.wanted.get(name);
    if (wanted === undefined) state.applied.delete(name);
    else state.applied.set(name, wanted);
  }
}

function underWay({ underWay: all }: Rebuilding, operation: string): Set<string> {
  const names = all.get(operation) ?? new Set();
  all.set(operation, names);
  return names;
}

function put(entities: Map<string, RebuiltEntity>, change: EntityChange, value: ToldEntity['value'] | undefined): void {
  if (value === undefined) entities.delete(nameOf(change));
  else entities.set(nameOf(change), { type: change.type, id: change.id, value });
}
