import type { Account } from '../account.ts';
import type { InstanceProfile } from '../entities.ts';
import { iamFault } from '../fault.ts';

/** An instance profile by name, or IAM's `NoSuchEntity`. Names are unique whatever their case, but are looked up as written. */
export function findInstanceProfile(account: Account, name = ''): InstanceProfile {
  const profile = account.store.get('instanceProfile', name.toLowerCase());
  if (profile === undefined || profile.name !== name)
    throw iamFault('NoSuchEntityException', `Instance Profile ${name} cannot be found.`);
  return profile;
}

/** The instance profiles that a role is in. */
export function instanceProfilesOf(account: Account, roleName: string): readonly InstanceProfile[] {
  return account.store.list('instanceProfile').filter((profile) => profile.roleName === roleName);
}

/** Keeps a changed instance profile. */
export function keepInstanceProfile(account: Account, profile: InstanceProfile): void {
  account.store.change({ kind: 'instanceProfile', id: profile.name.toLowerCase(), value: profile });
}
