import type {
  DeleteRegistryPolicyRequest,
  DeleteRegistryPolicyResponse,
  GetRegistryPolicyRequest,
  GetRegistryPolicyResponse,
  PutRegistryPolicyRequest,
  PutRegistryPolicyResponse,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import type { Registry } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { awsPrincipals, parsePolicy } from '../policy-syntax.ts';
import { principalExists } from '../principal-names.ts';
import { keepRegistry, ownRegistry } from './own-registry.ts';
import type { RegistryAddress } from './own-registry.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryPolicy.html */
export function putRegistryPolicy(
  { account }: Call,
  input: PutRegistryPolicyRequest & RegistryAddress,
): PutRegistryPolicyResponse {
  const registry = ownRegistry(account, input);
  const policyText = input.policyText ?? '';
  const { document, fault } = parsePolicy(policyText, 'registry');
  if (document === undefined) throw invalidParameter('PolicyText', `Invalid registry policy provided: ${fault}`);
  if (awsPrincipals(document).some((name) => !principalExists(account, name)))
    throw invalidParameter('PolicyText', 'Principal not found');
  keepRegistry(account, { ...registry, policyText });
  return { registryId: account.id, policyText };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryPolicy.html */
export function getRegistryPolicy(
  { account }: Call,
  input: GetRegistryPolicyRequest & RegistryAddress,
): GetRegistryPolicyResponse {
  return { registryId: account.id, policyText: policyOf(account, ownRegistry(account, input)) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRegistryPolicy.html */
export function deleteRegistryPolicy(
  { account }: Call,
  input: DeleteRegistryPolicyRequest & RegistryAddress,
): DeleteRegistryPolicyResponse {
  const registry = ownRegistry(account, input);
  const policyText = policyOf(account, registry);
  const { policyText: _, ...without } = registry;
  keepRegistry(account, without);
  return { registryId: account.id, policyText };
}

function policyOf({ id }: Account, { policyText }: Registry): string {
  if (policyText === undefined)
    throw ecrFault('RegistryPolicyNotFoundException', `Registry policy does not exist in the registry with id '${id}'`);
  return policyText;
}
