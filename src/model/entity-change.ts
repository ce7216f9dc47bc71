import { isSameJson } from './canonical-json.ts';
import type { AccountAccess } from './account-access.ts';
import type { Department } from './department.ts';
import type { Grant } from './grant.ts';
import type { OperationId } from './ids.ts';
import type { Organisation } from './organisation.ts';
import { isWanted, settled, type Pendable } from './pending.ts';
import type { PushRole } from './push-role.ts';
import type { AccessInPlace, Repository } from './repository.ts';
import { entitiesOf, type DepartmentState, type Entity, type Write } from './state.ts';

/** What an audit event tells of each kind of entity: the whole of it as it is wanted, without what it waits for. */
interface ToldValues {
  readonly department: Omit<Department, 'pending'>;
  readonly organisation: Omit<Organisation, 'pending'>;
  readonly 'account-access': Omit<AccountAccess, 'pending'>;
  readonly repository: Omit<Repository, 'pending' | 'accessInPlace'>;
  /** What a repository's policy has where that is not the department's account access; apart from the repository, which did not change. */
  readonly 'access-in-place': Readonly<AccessInPlace>;
  readonly grant: Omit<Grant, 'pending'>;
  readonly 'push-role': Omit<PushRole, 'pending'>;
}

/** An entity as audit events tell it; `id` is unique among those of its type in a department. */
export type ToldEntity = {
  readonly [Type in keyof ToldValues]: {
    readonly type: Type;
    readonly id: string;
    readonly value: ToldValues[Type];
  };
}[keyof ToldValues];

/** How an event moved one entity of the desired state: whole values, so that a reader needs no other event to understand it. */
export interface EntityChange {
  readonly type: ToldEntity['type'];
  /** Its name within the department: an id, a login, a repository's or a role's name. */
  readonly id: string;
  /** Absent when there was none. */
  readonly before?: ToldEntity['value'];
  /** Absent when there is none any more. */
  readonly after?: ToldEntity['value'];
  /** In a snapshot, of an entity that waits for AWS: the operation; `before` is then what is applied. */
  readonly operation?: OperationId;
}

/** What a transaction finds, as far as it may change it. */
export interface Found {
  /** Absent for a department that is being made. */
  readonly state: DepartmentState | undefined;
  readonly repositories: readonly Repository[];
}

/** What a transaction leaves: the department, absent when it goes, and what is written beside it. */
export interface Left {
  readonly department: Department | undefined;
  readonly writes: readonly Write[];
}

/**
 * How a transaction moves the desired state, for its audit event: each entity that is another one afterwards. What only begins or ceases
 * to wait for AWS is none of them. Folding these over a chain gives the state, see `rebuild.ts`.
 */
export function changesOf(found: Found, left: Left): readonly EntityChange[] {
  const before = entitiesIn(found).flatMap(wanted);
  const writes = withDepartment(found, left);
  const touched = new Set(writes.flatMap(({ entity }) => namesOf(entity)));
  const after = writes.flatMap(({ kind, entity }) => (kind === 'put' ? wanted(entity) : []));
  return compared(
    before.filter((told) => touched.has(nameOf(told))),
    after,
  );
}

/** A department's own item is written by every transaction, so that what becomes of it is not among the writes. */
function withDepartment({ state }: Found, { department, writes }: Left): readonly Write[] {
  const others = writes.filter(({ entity }) => entity.type !== 'department');
  if (department !== undefined) return [{ kind: 'put', entity: { type: 'department', value: department } }, ...others];
  return state === undefined
    ? others
    : [{ kind: 'delete', entity: { type: 'department', value: state.department } }, ...others];
}

function entitiesIn({ state, repositories }: Found): readonly Entity[] {
  const own = state === undefined ? [] : entitiesOf(state);
  return [...own, ...repositories.map((value) => ({ type: 'repository', value }) as const)];
}

/** Each entity that one list has and the other has not, or not so. */
function compared(before: readonly ToldEntity[], after: readonly ToldEntity[]): readonly EntityChange[] {
  const was = new Map(before.map((told) => [nameOf(told), told]));
  const is = new Map(after.map((told) => [nameOf(told), told]));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name): readonly EntityChange[] => {
    const [old, now] = [was.get(name), is.get(name)];
    const one = now ?? old;
    if (one === undefined || isSameJson(old?.value, now?.value)) return [];
    const sides = {
      ...(old === undefined ? {} : { before: old.value }),
      ...(now === undefined ? {} : { after: now.value }),
    };
    return [{ type: one.type, id: one.id, ...sides }];
  });
}

/** The name of an entity among all of a department. */
export function nameOf({ type, id }: Pick<EntityChange, 'type' | 'id'>): string {
  return `${type}/${id}`;
}

function namesOf(entity: Entity): readonly string[] {
  const id = idOf(entity);
  const own = nameOf({ type: entity.type, id });
  return entity.type === 'repository' ? [own, nameOf({ type: 'access-in-place', id })] : [own];
}

/** What is wanted of an entity: nothing of one that is to go. What its policy has in place is seen and not wanted, so it stays until it goes. */
export function wanted(entity: Entity): readonly ToldEntity[] {
  return isWanted(entity.value) ? told(entity) : told(entity).filter(({ type }) => type === 'access-in-place');
}

/** What AWS is known to have of an entity: where it waits for an operation, what that one found. */
export function applied(entity: Entity): readonly ToldEntity[] {
  const { pending } = entity.value as Pendable;
  switch (pending?.change) {
    case undefined:
    case 'delete':
      return told(entity);
    case 'create':
      return [];
    case 'update':
      return told(asBefore(entity));
  }
}

/** A repository's policy is what was last seen of it, whatever the repository waits for. */
function asBefore(entity: Entity): Entity {
  switch (entity.type) {
    case 'department':
      return { type: entity.type, value: entity.value.pending?.previous ?? entity.value };
    case 'organisation':
      return { type: entity.type, value: entity.value.pending?.previous ?? entity.value };
    case 'account-access':
      return { type: entity.type, value: entity.value.pending?.previous ?? entity.value };
    case 'repository': {
      const { accessInPlace } = entity.value;
      const { accessInPlace: _seenThen, ...previous } = entity.value.pending?.previous ?? entity.value;
      return { type: entity.type, value: { ...previous, ...(accessInPlace === undefined ? {} : { accessInPlace }) } };
    }
    case 'grant':
      return { type: entity.type, value: entity.value.pending?.previous ?? entity.value };
    case 'push-role':
      return { type: entity.type, value: entity.value.pending?.previous ?? entity.value };
  }
}

function told(entity: Entity): readonly ToldEntity[] {
  const id = idOf(entity);
  switch (entity.type) {
    case 'department':
      return [{ type: entity.type, id, value: settled(entity.value) }];
    case 'organisation':
      return [{ type: entity.type, id, value: settled(entity.value) }];
    case 'account-access':
      // What nobody has set is not stored either.
      return entity.value.revision === 0 ? [] : [{ type: entity.type, id, value: settled(entity.value) }];
    case 'repository': {
      const { accessInPlace, ...value } = settled(entity.value);
      const inPlace =
        accessInPlace === undefined ? [] : [{ type: 'access-in-place', id, value: accessInPlace } as const];
      return [{ type: entity.type, id, value }, ...inPlace];
    }
    case 'grant':
      return [{ type: entity.type, id, value: settled(entity.value) }];
    case 'push-role':
      return [{ type: entity.type, id, value: settled(entity.value) }];
  }
}

function idOf(entity: Entity): string {
  switch (entity.type) {
    case 'department':
    case 'grant':
      return entity.value.id;
    case 'organisation':
      return entity.value.login;
    case 'account-access':
      return entity.value.department;
    case 'repository':
    case 'push-role':
      return entity.value.name;
  }
}

/** An entity as a snapshot tells it: as it is wanted, and where it waits for AWS, what is applied and for which operation it waits. */
export function snapshotOf(entity: Entity): readonly EntityChange[] {
  const operation = (entity.value as Pendable).pending?.operation;
  const isWantedNow = wanted(entity);
  if (operation === undefined) return isWantedNow.map(({ type, id, value }) => ({ type, id, after: value }));
  const isApplied = applied(entity);
  return namesIn([...isApplied, ...isWantedNow]).map(({ type, id }) => {
    const is = (one: ToldEntity): boolean => one.type === type && one.id === id;
    const [before, after] = [isApplied.find(is), isWantedNow.find(is)];
    return {
      type,
      id,
      operation,
      ...(before === undefined ? {} : { before: before.value }),
      ...(after === undefined ? {} : { after: after.value }),
    };
  });
}

function namesIn(entities: readonly ToldEntity[]): readonly ToldEntity[] {
  return [...new Map(entities.map((one) => [nameOf(one), one])).values()];
}

/** What an event's record says of changes: nothing where there are none. */
export function changing(change: readonly EntityChange[] = []): { readonly change?: readonly EntityChange[] } {
  return change.length === 0 ? {} : { change };
}

/** Bytes of changes that one event of several holds, so that what else it holds has room. */
const BYTES_PER_EVENT = 200_000;

/** Changes in the order that they have, as many together as one event can hold; one that is longer alone. */
export function inEvents(changes: readonly EntityChange[]): readonly (readonly EntityChange[])[] {
  const events: EntityChange[][] = [];
  let left = 0;
  for (const change of changes) {
    const bytes = bytesOf(change);
    if (bytes > left) {
      events.push([]);
      left = BYTES_PER_EVENT;
    }
    events.at(-1)?.push(change);
    left -= bytes;
  }
  return events;
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
