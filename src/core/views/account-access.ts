import type { AccessAccount, AccountAccess } from '../../model/account-access.ts';
import type { DepartmentId } from '../../model/ids.ts';

/** A department's account access as both APIs show it. */
export interface AccountAccessView {
  readonly department: DepartmentId;
  readonly accounts: readonly AccessAccount[];
  readonly organisationPull: boolean;
  readonly revision: number;
  readonly updatedAt: string;
  readonly pendingOperation: string | null;
}

export function accountAccessView(access: AccountAccess): AccountAccessView {
  const { department, accounts, organisationPull, revision, updatedAt, pending } = access;
  return { department, accounts, organisationPull, revision, updatedAt, pendingOperation: pending?.operation ?? null };
}
