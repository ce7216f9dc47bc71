import type { Call } from '../account.ts';

/** Quotas and usage; the map is written as entries. */
export function getAccountSummary({ account }: Call): { readonly SummaryMap: ReadonlyMap<string, number> } {
  const { quotas, store } = account;
  return {
    SummaryMap: new Map([
      ['Roles', store.list('role').length],
      ['RolesQuota', quotas.roles],
      ['Policies', store.list('policy').length],
      ['PolicySizeQuota', 6144],
      ['AssumeRolePolicySizeQuota', quotas.assumeRolePolicySize],
      ['RolePolicySizeQuota', quotas.rolePolicySize],
      ['Providers', store.list('provider').length],
    ]),
  };
}
