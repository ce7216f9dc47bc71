import type { DepartmentId, GitHubId } from './ids.ts';
import type { OrganisationLogin } from './names.ts';
import type { Pending } from './pending.ts';

/** A GitHub organisation that the platform registered for a department. */
export interface Organisation {
  readonly department: DepartmentId;
  /** As GitHub spells it. */
  readonly login: OrganisationLogin;
  /** The immutable numeric id; what callers and trust policies are matched by. */
  readonly ownerId: GitHubId;
  /** Registered for several departments: then only manager rules count, and organisation-wide grants are refused. */
  readonly shared: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pending?: Pending<Organisation>;
}
