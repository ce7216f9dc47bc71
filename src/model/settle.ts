import type { AccountAccess } from './account-access.ts';
import type { OperationId } from './ids.ts';
import type { Pendable } from './pending.ts';
import { settled } from './pending.ts';
import type { Repository } from './repository.ts';
import {
  entitiesOf,
  RESERVATION_DAYS,
  type Claim,
  type ClaimKey,
  type DepartmentState,
  type Entity,
  type Write,
} from './state.ts';

/**
 * How an operation ended, as far as the state is concerned.
 * `done`: what it meant is the state.
 * `undone`: all is as it was before it.
 * `closed`: it failed, and going back would open what it has closed. What it takes away stays taken away.
 */
export type Ending = 'done' | 'undone' | 'closed';

/** What becomes of a name that an entity held: let go, kept for its department for a time, or put back to what it was. */
export type ReleaseKind = 'let-go' | 'reserve' | 'undo';

/** What becomes of a department when an operation ends. */
export interface Settlement {
  readonly department: DepartmentState['department'];
  /** The department itself is gone. */
  readonly deleted: boolean;
  readonly writes: readonly Write[];
  /** Claims that are let go. */
  readonly released: readonly { readonly key: ClaimKey; readonly how: ReleaseKind }[];
}

/**
 * Ends an operation in the ledger's state. Pure; the same for every command, because each entity says what it waits for.
 * @param leavesTraces AWS may still hold something that the state no longer has. Then the names of what goes stay
 *   reserved for the department, and the department itself stays, so that a replay can finish the work.
 */
export function settle(
  state: DepartmentState,
  repository: Repository | undefined,
  operation: OperationId,
  ending: Ending,
  leavesTraces = ending === 'closed',
): Settlement {
  const waiting = entitiesOf(state, repository).filter(
    ({ value }) => (value as Pendable).pending?.operation === operation,
  );
  const own = waiting.find((entity) => entity.type === 'department');
  const deleted = own !== undefined && !leavesTraces && isGone(own.value.pending?.change, ending);
  // A department that goes takes all that is its own with it.
  const concerned = deleted ? entitiesOf(state, undefined) : waiting;
  const how = leavesTraces ? 'reserve' : ending === 'undone' ? 'undo' : 'let-go';
  const settledOnes = concerned.map((entity) => (deleted ? gone(entity, how) : settleOne(entity, ending, how)));
  return {
    department: own === undefined ? state.department : leftOf(own.value, ending),
    deleted,
    writes: settledOnes.flatMap((one) => one.writes),
    released: settledOnes.flatMap((one) => one.released),
  };
}

/**
 * An entity as an operation sees it when its turn has come. Operations run one after the other, so what waits
 * for another one waits for a later one, which must not reach AWS before its own turn: it may still be refused.
 * @returns `undefined` for what a later operation is to make
 */
export function asOf<T extends Pendable & object>(entity: T, operation: OperationId): T | undefined {
  const { pending } = entity;
  if (pending === undefined || pending.operation === operation) return entity;
  switch (pending.change) {
    case 'create':
      return undefined;
    case 'update':
      return (pending.previous ?? settled(entity)) as T;
    case 'delete':
      return settled(entity) as T;
  }
}

/** A department as an operation sees it when its turn has come. */
export function stateAsOf(state: DepartmentState, operation: OperationId): DepartmentState {
  const seen = <T extends Pendable & object>(entities: readonly T[]): readonly T[] =>
    entities.flatMap((entity) => asOf(entity, operation) ?? []);
  return {
    ...state,
    department: asOf(state.department, operation) ?? state.department,
    access: asOf(state.access, operation) ?? state.access,
    organisations: seen(state.organisations),
    grants: seen(state.grants),
    roles: seen(state.roles),
  };
}

/** The state as a settlement leaves it, for whoever must know it before it is written. */
export function afterSettlement(
  state: DepartmentState,
  repository: Repository | undefined,
  { writes, department }: Settlement,
): { readonly state: DepartmentState; readonly repository: Repository | undefined } {
  const keep = <T>(
    read: (entity: Entity) => T | undefined,
    values: readonly T[],
    isSame: (a: T, b: T) => boolean,
  ): readonly T[] => {
    const ours = writes.flatMap(({ kind, entity }) => {
      const value = read(entity);
      return value === undefined ? [] : [{ kind, value }];
    });
    const written = ours.filter(({ kind }) => kind === 'put').map(({ value }) => value);
    return [...values.filter((value) => !ours.some((one) => isSame(one.value, value))), ...written];
  };
  const [access = state.access] = keep(
    (entity) => (entity.type === 'account-access' ? entity.value : undefined),
    [state.access],
    () => true,
  );
  const [restored] = keep(
    (entity) => (entity.type === 'repository' ? entity.value : undefined),
    repository === undefined ? [] : [repository],
    () => true,
  );
  return {
    state: {
      ...state,
      department,
      access,
      organisations: keep(
        (entity) => (entity.type === 'organisation' ? entity.value : undefined),
        state.organisations,
        (a, b) => a.login === b.login,
      ),
      grants: keep(
        (entity) => (entity.type === 'grant' ? entity.value : undefined),
        state.grants,
        (a, b) => a.id === b.id,
      ),
      roles: keep(
        (entity) => (entity.type === 'push-role' ? entity.value : undefined),
        state.roles,
        (a, b) => a.name === b.name,
      ),
    },
    repository: restored,
  };
}

/** Whether an entity is no more: deleted, or never made. */
function isGone(change: 'create' | 'update' | 'delete' | undefined, ending: Ending): boolean {
  return change === (ending === 'undone' ? 'create' : 'delete');
}

function gone(entity: Entity, how: ReleaseKind): Pick<Settlement, 'writes' | 'released'> {
  return { writes: [{ kind: 'delete', entity }], released: claimsOf(entity).map((key) => ({ key, how })) };
}

function settleOne(entity: Entity, ending: Ending, how: ReleaseKind): Pick<Settlement, 'writes' | 'released'> {
  const { pending } = entity.value as Pendable;
  // Whether a department goes was decided before; one that is here stays.
  if (entity.type !== 'department' && isGone(pending?.change, ending)) return gone(entity, how);
  return { writes: [{ kind: 'put', entity: leftEntity(entity, ending) }], released: [] };
}

function leftEntity(entity: Entity, ending: Ending): Entity {
  switch (entity.type) {
    case 'account-access': {
      const access = ending === 'closed' ? closedAccess(entity.value) : undefined;
      return { type: entity.type, value: access ?? leftOf(entity.value, ending) };
    }
    case 'repository': {
      // Whoever changed a repository has applied the account access to it, too; a fan-out in between may not have been able to.
      const { accessInPlace: _before, ...left } = leftOf(entity.value, ending);
      const { accessInPlace } = entity.value;
      return {
        type: entity.type,
        value: ending === 'done' || accessInPlace === undefined ? left : { ...left, accessInPlace },
      };
    }
    case 'department':
      return { type: entity.type, value: leftOf(entity.value, ending) };
    case 'organisation':
      return { type: entity.type, value: leftOf(entity.value, ending) };
    case 'grant':
      return { type: entity.type, value: leftOf(entity.value, ending) };
    case 'push-role':
      return { type: entity.type, value: leftOf(entity.value, ending) };
  }
}

/**
 * What is left of an entity that stays. One that goes back to what it was gets a revision of its own: whoever has seen the
 * refused one must not find its entity tag again on a later change.
 */
function leftOf<T extends Pendable & { readonly revision: number }>(entity: T, ending: Ending): T {
  const previous = entity.pending?.previous as T | undefined;
  if (ending !== 'undone' || previous === undefined) return settled(entity) as T;
  return { ...previous, revision: entity.revision + 1 };
}

/** The account access of which a part may be in AWS and the other can't be: what both the list before and the new one allow. */
function closedAccess(access: AccountAccess): AccountAccess | undefined {
  const { pending, ...next } = access;
  if (pending?.previous === undefined) return undefined;
  const before = new Map(pending.previous.accounts.map((account) => [account.accountId, account]));
  return {
    ...next,
    accounts: next.accounts.flatMap((account) => {
      const was = before.get(account.accountId);
      return was === undefined ? [] : [{ ...account, canWrite: account.canWrite && was.canWrite }];
    }),
    organisationPull: next.organisationPull && pending.previous.organisationPull,
    revision: next.revision + 1,
  };
}

/** The names that an entity holds in the whole account. */
export function claimsOf(entity: Entity): readonly ClaimKey[] {
  switch (entity.type) {
    case 'repository':
      return [{ kind: 'repository-name', name: entity.value.name }];
    case 'push-role':
      return [{ kind: 'role-name', name: entity.value.name }];
    case 'organisation':
      return [{ kind: 'owner', name: entity.value.ownerId }];
    case 'department':
      return entity.value.namespace === undefined ? [] : [{ kind: 'namespace', name: entity.value.namespace }];
    case 'account-access':
    case 'grant':
      return [];
  }
}

/** What a claim becomes when a department no longer has what it claimed; `undefined` for none. */
export function release(claim: Claim, department: string, how: ReleaseKind, now: string): Claim | undefined {
  const others = claim.departments.filter((one) => one !== department);
  // An owner is free at once, unless AWS may still let it in for this department alone.
  if (claim.key.kind === 'owner' && (how !== 'reserve' || others.length > 0))
    return others.length === 0 ? undefined : { ...claim, departments: others };
  const { reservedBefore, ...rest } = claim;
  if (how === 'undo') return reservedBefore === undefined ? undefined : { ...rest, reservedUntil: reservedBefore };
  return { ...rest, reservedUntil: new Date(Date.parse(now) + RESERVATION_DAYS * 86_400_000).toISOString() };
}

/** What a claim becomes when a department takes it. */
export function take(
  claim: Claim | undefined,
  key: ClaimKey,
  department: Claim['departments'][number],
  shared = false,
): Claim {
  const others = shared && claim?.shared === true ? claim.departments.filter((one) => one !== department) : [];
  const reservedBefore = claim?.reservedUntil;
  return {
    key,
    departments: [...others, department],
    shared,
    ...(reservedBefore === undefined ? {} : { reservedBefore }),
  };
}
