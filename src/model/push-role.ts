import type { DepartmentId } from './ids.ts';
import type { RepositoryName, RoleName } from './names.ts';
import type { Pending } from './pending.ts';

/** How long a session of a push role lasts at most, in seconds. */
export const MAX_SESSION_SECONDS = 3600;

/**
 * The IAM role that workflows assume. The department's own role and its numbered overflow roles serve grants for all
 * of the department's repositories; each grant for named repositories has a role of its own.
 */
export interface PushRole {
  readonly name: RoleName;
  readonly department: DepartmentId;
  /** IAM path with both slashes, such as `/ecr-access/`; an adopted role keeps its own. */
  readonly path: string;
  readonly scope: 'department' | 'named';
  /** The repositories of a `named` role; absent for `department`. */
  readonly repositories?: readonly RepositoryName[];
  /** Sessions issued before this time are denied; set by a revocation with `revokeSessions`. */
  readonly sessionsRevokedBefore?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pending?: Pending<PushRole>;
}
