import type { OperationId } from './ids.ts';
import type { Pendable } from './pending.ts';
import { settled } from './pending.ts';
import type { Repository } from './repository.ts';
import type { Claim, ClaimKey, DepartmentState, Entity, Write } from './state.ts';

/** How long a name stays reserved to its department after it was let go. */
export const RESERVATION_DAYS = 90;

/** What becomes of a department when an operation ends. */
export interface Settlement {
  readonly department: DepartmentState['department'];
  /** The department itself is gone. */
  readonly deleted: boolean;
  readonly writes: readonly Write[];
  /** Claims that are let go, or (`undo`) put back to what they were. */
  readonly released: readonly { readonly key: ClaimKey; readonly how: 'let-go' | 'undo' }[];
}

/**
 * Ends an operation in the ledger's state: what it made stands, what it deleted goes; or, when AWS refused it, all is
 * as it was before. Pure; the same for every command, because each entity says what it waits for.
 */
export function settle(
  state: DepartmentState,
  repository: Repository | undefined,
  operation: OperationId,
  outcome: 'succeeded' | 'failed',
): Settlement {
  const waiting = entitiesOf(state, repository).filter(
    ({ value }) => (value as Pendable).pending?.operation === operation,
  );
  const own = waiting.find((entity) => entity.type === 'department');
  const deleted = own !== undefined && isGone(own.value.pending?.change, outcome);
  // A department that goes takes all that is its own with it.
  const concerned = deleted ? entitiesOf(state, undefined) : waiting;
  const how = outcome === 'succeeded' ? 'let-go' : 'undo';
  const settledOnes = concerned.map((entity) => (deleted ? gone(entity, how) : settleOne(entity, outcome)));
  return {
    department: own === undefined ? state.department : settleDepartment(own.value, outcome),
    deleted,
    writes: settledOnes.flatMap((one) => one.writes),
    released: settledOnes.flatMap((one) => one.released),
  };
}

function entitiesOf(state: DepartmentState, repository: Repository | undefined): readonly Entity[] {
  return [
    { type: 'department', value: state.department },
    ...state.organisations.map((value) => ({ type: 'organisation', value }) as const),
    { type: 'account-access', value: state.access },
    ...state.grants.map((value) => ({ type: 'grant', value }) as const),
    ...state.roles.map((value) => ({ type: 'push-role', value }) as const),
    ...(repository === undefined ? [] : [{ type: 'repository', value: repository } as const]),
  ];
}

/**
 * An entity as an operation sees it when its turn has come. Operations run in the order of their versions, so what waits
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

function settleDepartment(department: DepartmentState['department'], outcome: 'succeeded' | 'failed') {
  const previous = department.pending?.previous;
  return outcome === 'failed' && previous !== undefined ? previous : settled(department);
}

/** The state as a settlement leaves it, for whoever must know it before it is written. */
export function afterSettlement(
  state: DepartmentState,
  repository: Repository | undefined,
  { writes, department }: Settlement,
): { readonly state: DepartmentState; readonly repository: Repository | undefined } {
  const keep = <T extends object>(
    type: Entity['type'],
    values: readonly T[],
    isSame: (a: T, b: T) => boolean,
  ): readonly T[] => {
    const ours = writes.filter(({ entity }) => entity.type === type);
    const written = ours.filter(({ kind }) => kind === 'put').map(({ entity }) => entity.value as unknown as T);
    return [
      ...values.filter((value) => !ours.some(({ entity }) => isSame(entity.value as unknown as T, value))),
      ...written,
    ];
  };
  const [access = state.access] = keep('account-access', [state.access], () => true);
  const [restored] = keep('repository', repository === undefined ? [] : [repository], () => true);
  return {
    state: {
      ...state,
      department,
      access,
      organisations: keep('organisation', state.organisations, (a, b) => a.login === b.login),
      grants: keep('grant', state.grants, (a, b) => a.id === b.id),
      roles: keep('push-role', state.roles, (a, b) => a.name === b.name),
    },
    repository: restored,
  };
}

/** Whether an entity is no more: deleted, or never made. */
function isGone(change: 'create' | 'update' | 'delete' | undefined, outcome: 'succeeded' | 'failed'): boolean {
  return change === (outcome === 'succeeded' ? 'delete' : 'create');
}

function gone(entity: Entity, how: 'let-go' | 'undo'): Pick<Settlement, 'writes' | 'released'> {
  return { writes: [{ kind: 'delete', entity }], released: claimsOf(entity).map((key) => ({ key, how })) };
}

function settleOne(entity: Entity, outcome: 'succeeded' | 'failed'): Pick<Settlement, 'writes' | 'released'> {
  const pending = (entity.value as Pendable).pending;
  if (isGone(pending?.change, outcome)) return gone(entity, outcome === 'succeeded' ? 'let-go' : 'undo');
  const value = (outcome === 'failed' ? pending?.previous : undefined) ?? settled(entity.value);
  return { writes: [{ kind: 'put', entity: { type: entity.type, value } as Entity }], released: [] };
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

/** What a claim becomes when a department lets go of it: reserved for a time, or, for an owner, free of it at once. */
export function release(claim: Claim, department: string, how: 'let-go' | 'undo', now: string): Claim | undefined {
  if (claim.key.kind === 'owner') {
    const departments = claim.departments.filter((one) => one !== department);
    return departments.length === 0 ? undefined : { ...claim, departments };
  }
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
