import type { Account } from '../account.ts';
import type { User } from '../entities.ts';
import { iamFault } from '../fault.ts';

/** A user by name, or IAM's `NoSuchEntity`. Names are unique whatever their case, but are looked up as written. */
export function findUser(account: Account, name = ''): User {
  const user = account.store.get('user', name.toLowerCase());
  if (user === undefined || user.name !== name)
    throw iamFault('NoSuchEntityException', `The user with name ${name} cannot be found.`);
  return user;
}

/** Keeps a changed user. */
export function keepUser(account: Account, user: User): void {
  account.store.change({ kind: 'user', id: user.name.toLowerCase(), value: user });
}
