import type {
  CreateRepositoryRequest,
  CreateRepositoryResponse,
  DeleteRepositoryRequest,
  DeleteRepositoryResponse,
  DescribeRepositoriesRequest,
  DescribeRepositoriesResponse,
  EncryptionConfiguration,
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
  PutImageScanningConfigurationRequest,
  PutImageScanningConfigurationResponse,
  PutImageTagMutabilityRequest,
  PutImageTagMutabilityResponse,
  Repository as RepositoryAnswer,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import type { Repository } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { registryHost, repositoryArn } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import type { EntityChange } from '../store.ts';
import { findRepository, keepRepository } from './find-repository.ts';
import { dropUpload } from './layers.ts';
import { kmsKeyExists } from './kms-keys.ts';
import { checkedTags } from './repository-tags.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
export function createRepository({ account }: Call, input: CreateRepositoryRequest): CreateRepositoryResponse {
  const name = input.repositoryName ?? '';
  if (input.registryId !== undefined && input.registryId !== account.id) {
    throw invalidParameter('registryId', `The registry ${input.registryId} is not the caller's own`);
  }
  const tags = checkedTags({}, input.tags ?? []);
  const mutability = input.imageTagMutability ?? 'MUTABLE';
  const mutabilityExclusions = checkedExclusions(mutability, input.imageTagMutabilityExclusionFilters);
  const encryption = checkedEncryption(account, input.encryptionConfiguration);
  if (account.store.get('repository', name) !== undefined) {
    throw ecrFault(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${account.id}'`,
    );
  }
  if (account.store.count('repository') >= account.quotas.repositories) {
    throw ecrFault(
      'LimitExceededException',
      `The registry with id '${account.id}' has reached its quota of repositories`,
    );
  }
  const repository: Repository = {
    name,
    createdAt: account.now().toISOString(),
    mutability,
    mutabilityExclusions,
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
    encryption,
    tags,
  };
  keepRepository(account, repository);
  return { repository: answerOf(account, repository) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html */
export function describeRepositories(
  { account }: Call,
  input: DescribeRepositoriesRequest,
): DescribeRepositoriesResponse {
  if (input.repositoryNames !== undefined) {
    if (input.nextToken !== undefined || input.maxResults !== undefined) {
      throw invalidParameter(
        'repositoryNames',
        'repositoryNames cannot be given together with nextToken or maxResults',
      );
    }
    const { registryId } = input;
    const found = input.repositoryNames.map((repositoryName) =>
      findRepository(account, { registryId, repositoryName }),
    );
    return { repositories: found.map((repository) => answerOf(account, repository)) };
  }
  const after = readToken(input.nextToken, () => invalidParameter('nextToken', 'Invalid token'));
  const all = input.registryId === undefined || input.registryId === account.id ? account.store.list('repository') : [];
  const { items, next } = pageOf(all, ({ name }) => name, after, input.maxResults ?? 100);
  return { repositories: items.map((repository) => answerOf(account, repository)), nextToken: next };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html */
export function deleteRepository({ account }: Call, input: DeleteRepositoryRequest): DeleteRepositoryResponse {
  const repository = findRepository(account, input);
  const { name } = repository;
  const images = account.store.list('image', `${name}@`);
  if (images.length > 0 && input.force !== true) {
    throw ecrFault(
      'RepositoryNotEmptyException',
      `The repository with name '${name}' in registry with id '${account.id}' cannot be deleted because it still contains images`,
    );
  }
  const layers = account.store.list('layer', `${name}@`);
  const changes: EntityChange[] = [
    ...images.map(({ digest }): EntityChange => ({ kind: 'image', id: `${name}@${digest}`, value: null })),
    ...layers.map(({ digest }): EntityChange => ({ kind: 'layer', id: `${name}@${digest}`, value: null })),
    { kind: 'repository', id: name, value: null },
  ];
  account.store.change(...changes);
  for (const [id, upload] of account.uploads) if (upload.repository === name) dropUpload(account, id);
  return { repository: answerOf(account, repository) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html */
export function putImageTagMutability(
  { account }: Call,
  input: PutImageTagMutabilityRequest,
): PutImageTagMutabilityResponse {
  const repository = findRepository(account, input);
  const mutability = input.imageTagMutability ?? 'MUTABLE';
  const mutabilityExclusions = checkedExclusions(mutability, input.imageTagMutabilityExclusionFilters);
  keepRepository(account, { ...repository, mutability, mutabilityExclusions });
  return {
    registryId: account.id,
    repositoryName: repository.name,
    imageTagMutability: mutability,
    imageTagMutabilityExclusionFilters: shownExclusions(mutabilityExclusions),
  };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html */
export function putImageScanningConfiguration(
  { account }: Call,
  input: PutImageScanningConfigurationRequest,
): PutImageScanningConfigurationResponse {
  const repository = findRepository(account, input);
  const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
  keepRepository(account, { ...repository, scanOnPush });
  return { registryId: account.id, repositoryName: repository.name, imageScanningConfiguration: { scanOnPush } };
}

/** The filters for tags that a mutability takes, or ECR's refusal of them. @throws AwsFault */
export function checkedExclusions(
  mutability: ImageTagMutability,
  filters: readonly ImageTagMutabilityExclusionFilter[] | undefined,
): readonly ImageTagMutabilityExclusionFilter[] {
  const wanted = mutability.endsWith('_WITH_EXCLUSION');
  if (wanted !== (filters !== undefined)) {
    throw invalidParameter(
      'imageTagMutabilityExclusionFilters',
      wanted ? `${mutability} needs exclusion filters` : `${mutability} takes no exclusion filters`,
    );
  }
  for (const { filter = '' } of filters ?? []) {
    if (filter.split('*').length > 3) {
      throw invalidParameter(
        'imageTagMutabilityExclusionFilters',
        `The filter '${filter}' has more than two wildcards`,
      );
    }
  }
  return filters ?? [];
}

/** How a repository's images are encrypted. @throws AwsFault for a key that cannot be used */
export function checkedEncryption(
  account: Account,
  given: EncryptionConfiguration | undefined,
): Repository['encryption'] {
  const encryptionType = given?.encryptionType ?? 'AES256';
  if (encryptionType === 'AES256') {
    if (given?.kmsKey === undefined) return { encryptionType };
    throw invalidParameter('encryptionConfiguration', 'A KMS key can only be given with KMS encryption');
  }
  if (given?.kmsKey !== undefined && !kmsKeyExists(account, given.kmsKey))
    throw ecrFault(
      'KmsException',
      `The KMS key ${given.kmsKey} cannot be used: it does not exist in ${account.region}`,
    );
  const kmsKey = given?.kmsKey ?? `arn:${account.partition.id}:kms:${account.region}:${account.id}:key/aws-ecr`;
  return { encryptionType, kmsKey };
}

function answerOf(account: Account, repository: Repository): RepositoryAnswer {
  return {
    repositoryArn: repositoryArn(account, repository.name),
    registryId: account.id,
    repositoryName: repository.name,
    repositoryUri: `${registryHost(account)}/${repository.name}`,
    createdAt: new Date(repository.createdAt),
    imageTagMutability: repository.mutability,
    imageTagMutabilityExclusionFilters: shownExclusions(repository.mutabilityExclusions),
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  };
}

function shownExclusions(
  exclusions: readonly ImageTagMutabilityExclusionFilter[],
): ImageTagMutabilityExclusionFilter[] | undefined {
  return exclusions.length === 0 ? undefined : [...exclusions];
}
