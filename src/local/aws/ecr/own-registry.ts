import type { Account } from '../account.ts';
import type { Registry } from '../entities.ts';
import { invalidParameter } from '../fault.ts';

/** Where a request looks for settings of a registry: `registryId` is the caller's own account when it is left out. */
export interface RegistryAddress {
  readonly registryId?: string | undefined;
}

/**
 * The settings of the registry that a request is about.
 * @throws AwsFault for another account's registry, which is not kept here
 */
export function ownRegistry(account: Account, { registryId }: RegistryAddress): Registry {
  if (registryId !== undefined && registryId !== account.id)
    throw invalidParameter('registryId', `The registry ${registryId} is not there`);
  return account.store.get('registry', account.id) ?? {};
}

/** Keeps changed settings of the registry. */
export function keepRegistry(account: Account, registry: Registry): void {
  account.store.change({ kind: 'registry', id: account.id, value: registry });
}
