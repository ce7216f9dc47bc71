import type { Account } from './account.ts';

/**
 * Whether an `AWS` principal of a resource policy exists: `*`, an account, or a role or user of this account; of other accounts
 * only the account is known.
 */
export function principalExists(account: Account, name: string): boolean {
  if (name === '*') return true;
  if (/^\d{12}$/.test(name)) return account.accountExists(name);
  const [, partition, kind, accountId = '', resource = ''] =
    /^arn:([a-z-]+):(iam|sts)::(\d{12}):((?:root|role\/|user\/|assumed-role\/).*)$/.exec(name) ?? [];
  if (partition !== account.partition.id || !account.accountExists(accountId) || /[*?]/.test(name)) return false;
  if (resource === 'root' || accountId !== account.id) return true;
  const userName = kind === 'iam' ? /^user\/.*?([^/]+)$/.exec(resource)?.[1] : undefined;
  if (userName !== undefined) return account.store.get('user', userName.toLowerCase())?.name === userName;
  const roleName =
    kind === 'iam' ? /^role\/.*?([^/]+)$/.exec(resource)?.[1] : /^assumed-role\/([^/]+)\/[^/]+$/.exec(resource)?.[1];
  return roleName !== undefined && account.store.get('role', roleName.toLowerCase())?.name === roleName;
}
