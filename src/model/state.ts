import type { AccountAccess } from './account-access.ts';
import type { Department } from './department.ts';
import type { Grant } from './grant.ts';
import type { DepartmentId, GitHubId, OperationId } from './ids.ts';
import type { Organisation } from './organisation.ts';
import type { PresentLife } from './present-life.ts';
import type { PushRole } from './push-role.ts';
import type { Repository } from './repository.ts';

/** The counters of a department, each guarded by a condition of the transaction that moves it. */
export interface DepartmentHead {
  /** Bumped by each accepted mutation, and by each undo. */
  readonly version: number;
  /** Sequence number of the last event of the department's audit chain; 0 before the first. */
  readonly auditSeq: number;
  /** Hash of that event. */
  readonly auditHash: string;
  /** Time of that event: the next is not older, whatever another writer's clock says. */
  readonly auditTime?: string;
  /** Operations that are not finished, in the order of their versions; but one that supersedes another has the other's place. */
  readonly pendingOperations: readonly OperationId[];
  /** The department was deleted: only its counters remain, so that its chain can go on. */
  readonly deleted: boolean;
  /** Set while, or after, the id was given out again. */
  readonly life?: PresentLife;
  /** Its creation failed, and there was no department of this id before: the id is as free as any. */
  readonly neverLived?: boolean;
  /** Number of the event from which on the chain alone tells the state; absent where a snapshot has yet to be written. */
  readonly toldFrom?: number;
}

/** A department with all that belongs to it, except its repositories, of which there may be thousands. */
export interface DepartmentState {
  readonly head: DepartmentHead;
  readonly department: Department;
  readonly organisations: readonly Organisation[];
  readonly access: AccountAccess;
  readonly grants: readonly Grant[];
  readonly roles: readonly PushRole[];
}

/** An entity with its noun, as it is written to the ledger. */
export type Entity =
  | { readonly type: 'department'; readonly value: Department }
  | { readonly type: 'organisation'; readonly value: Organisation }
  | { readonly type: 'account-access'; readonly value: AccountAccess }
  | { readonly type: 'repository'; readonly value: Repository }
  | { readonly type: 'grant'; readonly value: Grant }
  | { readonly type: 'push-role'; readonly value: PushRole };

/** All that belongs to a department, with the one repository that is in question. */
export function entitiesOf(state: DepartmentState, repository?: Repository): readonly Entity[] {
  return [
    { type: 'department', value: state.department },
    ...state.organisations.map((value) => ({ type: 'organisation', value }) as const),
    { type: 'account-access', value: state.access },
    ...state.grants.map((value) => ({ type: 'grant', value }) as const),
    ...state.roles.map((value) => ({ type: 'push-role', value }) as const),
    ...(repository === undefined ? [] : [{ type: 'repository', value: repository } as const]),
  ];
}

/** A change of the ledger's state, as a value. */
export type Write = { readonly kind: 'put' | 'delete'; readonly entity: Entity };

/** A name that is unique in the whole account (or service), held by one department. */
export type ClaimKey =
  | { readonly kind: 'repository-name'; readonly name: string }
  | { readonly kind: 'role-name'; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'owner'; readonly name: GitHubId };

/** Who holds a claim. */
export interface Claim {
  readonly key: ClaimKey;
  /** The one holder; for a shared owner, each of them. */
  readonly departments: readonly DepartmentId[];
  readonly shared: boolean;
  /** Set when the holder let go of it: until then nobody else may take it. */
  readonly reservedUntil?: string;
  /** What `reservedUntil` was when its former holder took it up again, should that have to be undone. */
  readonly reservedBefore?: string;
}

/** A change of a claim: what was read (absent for none) and what is to stand (absent for none). */
export interface ClaimWrite {
  readonly key: ClaimKey;
  readonly was?: Claim;
  readonly becomes?: Claim;
}

/** How long a name stays reserved to its department after it was let go. */
export const RESERVATION_DAYS = 90;

/**
 * Whether somebody other than the department holds the claim, or it is still reserved to somebody else.
 * @param life what was let go before it is reserved to the department that had the id then, which is another one
 */
export function isHeldByAnother(
  claim: Claim | undefined,
  department: DepartmentId,
  now: string,
  life?: PresentLife,
): boolean {
  if (claim === undefined || (claim.departments.includes(department) && !isLetGoBefore(claim, life))) return false;
  return claim.reservedUntil === undefined || claim.reservedUntil > now;
}

function isLetGoBefore({ reservedUntil }: Claim, life: PresentLife | undefined): boolean {
  if (reservedUntil === undefined || life === undefined) return false;
  return Date.parse(reservedUntil) <= Date.parse(life.since) + RESERVATION_DAYS * 86_400_000;
}

/** Whether the claim is active: held and not merely reserved after its holder let go. */
export function isActive(claim: Claim | undefined): claim is Claim {
  return claim !== undefined && claim.reservedUntil === undefined;
}
