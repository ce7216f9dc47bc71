import type { DepartmentId, GitHubId, GrantId } from './ids.ts';
import type { RepositoryName, RoleName } from './names.ts';
import type { Pending } from './pending.ts';

/** Words by which a caller says that a wide effect is meant. */
export type Acknowledgement =
  | 'organisation-wide'
  | 'unpinned-repository'
  | 'pull-requests'
  | 'deletes-images'
  | 'widens-grants'
  | 'wildcard-manager'
  | 'reused-id';

/** The right of a GitHub repository (or a pattern of them) to push to the department's repositories. */
export interface Grant {
  readonly id: GrantId;
  readonly department: DepartmentId;
  /** A registered login as GitHub spells it, or a pattern with `*` that is expanded over the department's own. */
  readonly organisation: string;
  /** A GitHub repository name without its owner, or a pattern with `*`. */
  readonly repository: string;
  /** The immutable id of an exact repository; absent for a pattern or an acknowledged unpinned grant. */
  readonly repositoryId?: GitHubId;
  /** The ECR repositories that may be pushed to; absent for all of the department's. */
  readonly repositories?: readonly RepositoryName[];
  /** Refs that may push: exact, or with one trailing `*`; absent for all branches and tags. */
  readonly refs?: readonly string[];
  /** The only GitHub environment that may push. */
  readonly environment?: string;
  /** Whether pull requests may push; an acknowledged option. */
  readonly pullRequests: boolean;
  /** The IAM role that the grant's workflows assume; a grant never moves to another. */
  readonly pushRole: RoleName;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pending?: Pending<Grant>;
}

/** Whether a name of a grant is a pattern. */
export function isPattern(text: string): boolean {
  return text.includes('*');
}

/** Whether a grant can be used by more than one GitHub repository. */
export function isWide(grant: Pick<Grant, 'organisation' | 'repository'>): boolean {
  return isPattern(grant.organisation) || isPattern(grant.repository);
}
