import type { Account } from '../account.ts';
import type { Repository } from '../entities.ts';
import { ecrFault } from '../fault.ts';

/** Where a request looks for a repository: `registryId` is the caller's own account when it is left out. */
export interface RepositoryAddress {
  readonly registryId?: string | undefined;
  readonly repositoryName?: string | undefined;
}

/** The repository of a request, or ECR's `RepositoryNotFoundException`. */
export function findRepository(account: Account, { registryId, repositoryName = '' }: RepositoryAddress): Repository {
  const found =
    registryId === undefined || registryId === account.id ? account.store.get('repository', repositoryName) : undefined;
  if (found === undefined) {
    throw ecrFault(
      'RepositoryNotFoundException',
      `The repository with name '${repositoryName}' does not exist in the registry with id '${registryId ?? account.id}'`,
    );
  }
  return found;
}

/** Keeps a changed repository. */
export function keepRepository(account: Account, repository: Repository): void {
  account.store.change({ kind: 'repository', id: repository.name, value: repository });
}
