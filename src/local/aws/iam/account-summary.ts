import type { Call } from '../account.ts';

/** Quotas and usage; the map is written as entries. */
export function getAccountSummary({ account }: Call): { readonly SummaryMap: ReadonlyMap<string, number> } {
  const { quotas, store } = account;
  return {
    SummaryMap: new Map([
      ['Users', store.count('user')],
      ['Roles', store.count('role')],
      ['RolesQuota', quotas.roles],
      ['Policies', store.count('policy')],
      ['PolicySizeQuota', 6144],
      ['AssumeRolePolicySizeQuota', quotas.assumeRolePolicySize],
      ['RolePolicySizeQuota', quotas.rolePolicySize],
      ['Providers', store.count('provider')],
    ]),
  };
}
