import type { DepartmentId, GitHubId } from './ids.ts';
import type { RoleName } from './names.ts';
import type { Pending } from './pending.ts';

/**
 * A rule by which the platform makes a workflow a manager of a department: an exact GitHub repository, by its
 * immutable id, narrowed to a ref or an environment.
 */
export interface ManagerRule {
  readonly repositoryId: GitHubId;
  /** `owner/name`, for people; never used to authorise. */
  readonly repository?: string;
  /** An exact ref such as `refs/heads/main`, or a pattern with one trailing `*` that the platform acknowledged. */
  readonly ref?: string;
  /** An exact environment name. */
  readonly environment?: string;
}

/** The owner of repositories, account access and push roles. */
export interface Department {
  readonly id: DepartmentId;
  readonly displayName: string;
  /** When set, the names of the department's repositories start with `<namespace>/`. */
  readonly namespace?: string;
  /** Name of the department's first push role; never changes after it was made. */
  readonly roleName: RoleName;
  readonly managers: readonly ManagerRule[];
  /** Whether a workflow that is nobody's manager may create a repository and grant itself. */
  readonly selfService: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pending?: Pending<Department>;
}
