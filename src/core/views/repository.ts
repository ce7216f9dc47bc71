import type { DepartmentId, OperationId } from '../../model/ids.ts';
import type { RepositoryName } from '../../model/names.ts';
import type { Encryption, ImageTagMutability, Repository } from '../../model/repository.ts';
import { registryHost, repositoryArn, type AwsSettings } from '../../model/settings.ts';
import { pullersOf, pusherCounter, type RepositoryNeighbours } from './repository-access.ts';

/** A repository as both APIs show it. */
export interface RepositoryView {
  readonly name: RepositoryName;
  readonly department: DepartmentId;
  readonly arn: string;
  /** The image URI without a tag, as docker uses it. */
  readonly uri: string;
  readonly imageTagMutability: ImageTagMutability;
  readonly imageTagMutabilityExclusionFilters: readonly string[];
  readonly scanOnPush: boolean;
  readonly lifecyclePolicy: unknown;
  readonly encryption: Encryption;
  /** How many may push and how many may pull; who, is listed page by page at `links`: there may be thousands. */
  readonly pusherCount: number;
  readonly pullerCount: number;
  readonly links: { readonly pushers: string; readonly pullers: string };
  /** Why the department's account access is not applied to it; then those who push and pull are those of its policy. */
  readonly accountAccessRefusal: { readonly operation: OperationId; readonly detail: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pendingOperation: string | null;
}

/** One repository as both APIs show it. */
export function repositoryView(
  repository: Repository,
  neighbours: RepositoryNeighbours,
  settings: AwsSettings,
): RepositoryView {
  return repositoryViewer(neighbours, settings)(repository);
}

/** Shows repositories of one department, for which its grants are looked through once. */
export function repositoryViewer(
  neighbours: RepositoryNeighbours,
  settings: AwsSettings,
): (repository: Repository) => RepositoryView {
  const pusherCount = pusherCounter(neighbours);
  return (repository) => ({
    name: repository.name,
    department: repository.department,
    arn: repositoryArn(settings, repository.name),
    uri: `${registryHost(settings)}/${repository.name}`,
    imageTagMutability: repository.imageTagMutability,
    imageTagMutabilityExclusionFilters: repository.imageTagMutabilityExclusionFilters,
    scanOnPush: repository.scanOnPush,
    lifecyclePolicy: repository.lifecyclePolicy === undefined ? null : JSON.parse(repository.lifecyclePolicy),
    encryption: repository.encryption,
    pusherCount: pusherCount(repository),
    pullerCount: pullersOf(repository, neighbours, settings).length,
    links: linksOf(repository),
    accountAccessRefusal: refusalOf(repository),
    createdAt: repository.createdAt,
    updatedAt: repository.updatedAt,
    revision: repository.revision,
    pendingOperation: repository.pending?.operation ?? null,
  });
}

/** REST address of a repository. What belongs to it is behind `/-/`, because a name may have any other segments. */
export function repositoryAddress({ name }: Pick<Repository, 'name'>): string {
  return `/v1/repositories/${encodeURIComponent(name)}`;
}

function linksOf(repository: Repository): RepositoryView['links'] {
  const address = repositoryAddress(repository);
  return { pushers: `${address}/-/pushers`, pullers: `${address}/-/pullers` };
}

function refusalOf({ accessInPlace }: Repository): RepositoryView['accountAccessRefusal'] {
  if (accessInPlace === undefined) return null;
  const { operation, detail } = accessInPlace;
  return { operation, detail };
}
