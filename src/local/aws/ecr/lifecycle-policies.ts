import type {
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse,
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
  PutLifecyclePolicyRequest,
  PutLifecyclePolicyResponse,
} from '@aws-sdk/client-ecr';
import type { Call } from '../account.ts';
import type { Repository } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { lifecycleFault } from './lifecycle-syntax.ts';
import { findRepository, keepRepository } from './find-repository.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html */
export function putLifecyclePolicy({ account }: Call, input: PutLifecyclePolicyRequest): PutLifecyclePolicyResponse {
  const repository = findRepository(account, input);
  const lifecyclePolicyText = input.lifecyclePolicyText ?? '';
  const fault = lifecycleFault(lifecyclePolicyText);
  if (fault !== undefined) {
    throw invalidParameter('LifecyclePolicyText', `Lifecycle policy validation failure: ${fault}`);
  }
  keepRepository(account, { ...repository, lifecyclePolicyText });
  return { registryId: account.id, repositoryName: repository.name, lifecyclePolicyText };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html */
export function getLifecyclePolicy({ account }: Call, input: GetLifecyclePolicyRequest): GetLifecyclePolicyResponse {
  const repository = findRepository(account, input);
  const lifecyclePolicyText = lifecycleOf(account.id, repository);
  return { registryId: account.id, repositoryName: repository.name, lifecyclePolicyText };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html */
export function deleteLifecyclePolicy(
  { account }: Call,
  input: DeleteLifecyclePolicyRequest,
): DeleteLifecyclePolicyResponse {
  const repository = findRepository(account, input);
  const lifecyclePolicyText = lifecycleOf(account.id, repository);
  const { lifecyclePolicyText: _, ...without } = repository;
  keepRepository(account, without);
  return { registryId: account.id, repositoryName: repository.name, lifecyclePolicyText };
}

function lifecycleOf(registryId: string, { name, lifecyclePolicyText }: Repository): string {
  if (lifecyclePolicyText === undefined) {
    throw ecrFault(
      'LifecyclePolicyNotFoundException',
      `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
    );
  }
  return lifecyclePolicyText;
}
