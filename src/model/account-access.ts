import type { AccountId, DepartmentId } from './ids.ts';
import type { Pending } from './pending.ts';

/** One AWS account that may pull (and, with `canWrite`, push) every repository of a department. */
export interface AccessAccount {
  readonly description: string;
  readonly accountId: AccountId;
  readonly canWrite: boolean;
}

/** Who may pull a department's repositories: accounts, or the whole AWS organisation. Department-wide. */
export interface AccountAccess {
  readonly department: DepartmentId;
  readonly accounts: readonly AccessAccount[];
  /** Pull for every principal of the AWS organisation, for images that everyone uses. */
  readonly organisationPull: boolean;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pending?: Pending<AccountAccess>;
}
