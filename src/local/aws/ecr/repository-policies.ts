import type {
  DeleteRepositoryPolicyRequest,
  DeleteRepositoryPolicyResponse,
  GetRepositoryPolicyRequest,
  GetRepositoryPolicyResponse,
  SetRepositoryPolicyRequest,
  SetRepositoryPolicyResponse,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import { wouldBeAllowed } from '../authorization.ts';
import type { Repository } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { iamArn } from '../identifiers.ts';
import { awsPrincipals, parsePolicy } from '../policy-syntax.ts';
import { principalExists } from '../principal-names.ts';
import { findRepository, keepRepository } from './find-repository.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html */
export function setRepositoryPolicy(call: Call, input: SetRepositoryPolicyRequest): SetRepositoryPolicyResponse {
  const { account } = call;
  const repository = findRepository(account, input);
  const { document, fault } = parsePolicy(input.policyText ?? '', 'repository');
  if (document === undefined) throw invalidParameter('PolicyText', `Invalid repository policy provided: ${fault}`);
  const unknown = awsPrincipals(document).find((name) => !principalExists(account, name));
  if (unknown !== undefined) throw invalidParameter('PolicyText', 'Principal not found');
  if (input.force !== true && !wouldBeAllowed(call, 'SetRepositoryPolicy', repository.name, document))
    throw invalidParameter(
      'PolicyText',
      'The policy would keep its author from setting another policy. Use the force parameter if that is meant.',
    );
  const policyText = asKept(account, input.policyText ?? '');
  keepRepository(account, { ...repository, policyText });
  return { registryId: account.id, repositoryName: repository.name, policyText };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html */
export function getRepositoryPolicy({ account }: Call, input: GetRepositoryPolicyRequest): GetRepositoryPolicyResponse {
  const repository = findRepository(account, input);
  return { registryId: account.id, repositoryName: repository.name, policyText: policyOf(account.id, repository) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryPolicy.html */
export function deleteRepositoryPolicy(
  { account }: Call,
  input: DeleteRepositoryPolicyRequest,
): DeleteRepositoryPolicyResponse {
  const repository = findRepository(account, input);
  const policyText = policyOf(account.id, repository);
  const { policyText: _, ...without } = repository;
  keepRepository(account, without);
  return { registryId: account.id, repositoryName: repository.name, policyText };
}

function policyOf(registryId: string, { name, policyText }: Repository): string {
  if (policyText === undefined) {
    throw ecrFault(
      'RepositoryPolicyNotFoundException',
      `Repository policy does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
    );
  }
  return policyText;
}

/** ECR gives a policy back in its own layout, and an account's number as the ARN of its root. */
function asKept(account: Account, policyText: string): string {
  const rewritten = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'AWS' in value
      ? { ...value, AWS: accountArns(account, value.AWS) }
      : value;
  return JSON.stringify(JSON.parse(policyText, rewritten), undefined, 2);
}

function accountArns(account: Account, names: unknown): unknown {
  if (Array.isArray(names)) return names.map((name) => accountArns(account, name));
  return typeof names === 'string' && /^\d{12}$/.test(names) ? iamArn(account, 'root', names) : names;
}
