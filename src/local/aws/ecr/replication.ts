import type {
  DescribeRegistryRequest,
  DescribeRegistryResponse,
  PutReplicationConfigurationRequest,
  PutReplicationConfigurationResponse,
} from '@aws-sdk/client-ecr';
import type { Call } from '../account.ts';
import { keepRegistry, ownRegistry } from './own-registry.ts';
import type { RegistryAddress } from './own-registry.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html */
export function describeRegistry(
  { account }: Call,
  input: DescribeRegistryRequest & RegistryAddress,
): DescribeRegistryResponse {
  const { replication = { rules: [] } } = ownRegistry(account, input);
  return { registryId: account.id, replicationConfiguration: replication };
}

/** Images are not replicated: there is no other registry. @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html */
export function putReplicationConfiguration(
  { account }: Call,
  input: PutReplicationConfigurationRequest & RegistryAddress,
): PutReplicationConfigurationResponse {
  const registry = ownRegistry(account, input);
  const replication = input.replicationConfiguration ?? { rules: [] };
  keepRegistry(account, { ...registry, replication });
  return { replicationConfiguration: replication };
}
