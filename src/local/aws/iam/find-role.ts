import type { Account } from '../account.ts';
import type { Role } from '../entities.ts';
import { iamFault } from '../fault.ts';

/** A role by name, or IAM's `NoSuchEntity`. Names are unique whatever their case, but are looked up as written. */
export function findRole(account: Account, name: string | undefined): Role {
  const role = account.store.get('role', (name ?? '').toLowerCase());
  if (role === undefined || role.name !== name) {
    throw iamFault('NoSuchEntityException', `The role with name ${name} cannot be found.`);
  }
  return role;
}

/** Keeps a changed role. */
export function keepRole(account: Account, role: Role): void {
  account.store.change({ kind: 'role', id: role.name.toLowerCase(), value: role });
}
