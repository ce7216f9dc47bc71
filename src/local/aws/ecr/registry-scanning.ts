import type {
  BatchGetRepositoryScanningConfigurationRequest,
  BatchGetRepositoryScanningConfigurationResponse,
  GetRegistryScanningConfigurationRequest,
  GetRegistryScanningConfigurationResponse,
  PutRegistryScanningConfigurationRequest,
  PutRegistryScanningConfigurationResponse,
  RegistryScanningConfiguration,
  RepositoryScanningConfiguration,
  ScanFrequency,
  ScanType,
} from '@aws-sdk/client-ecr';
import { globMatches } from '../../../policy/evaluate.ts';
import type { Account, Call } from '../account.ts';
import type { Repository } from '../entities.ts';
import { invalidParameter } from '../fault.ts';
import { repositoryArn } from '../identifiers.ts';
import { keepRegistry, ownRegistry } from './own-registry.ts';
import type { RegistryAddress } from './own-registry.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegistryScanningRule.html */
const FREQUENCIES: Readonly<Record<ScanType, readonly ScanFrequency[]>> = {
  BASIC: ['SCAN_ON_PUSH', 'MANUAL'],
  ENHANCED: ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN'],
};

/** Of one filter: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html */
const MAX_WILDCARDS = 4;

const UNSET: RegistryScanningConfiguration = { scanType: 'BASIC', rules: [] };

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryScanningConfiguration.html */
export function getRegistryScanningConfiguration(
  { account }: Call,
  input: GetRegistryScanningConfigurationRequest & RegistryAddress,
): GetRegistryScanningConfigurationResponse {
  const { scanning = UNSET } = ownRegistry(account, input);
  return { registryId: account.id, scanningConfiguration: scanning };
}

/** Images are not scanned. @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html */
export function putRegistryScanningConfiguration(
  { account }: Call,
  input: PutRegistryScanningConfigurationRequest & RegistryAddress,
): PutRegistryScanningConfigurationResponse {
  const registry = ownRegistry(account, input);
  const { scanType = 'BASIC', rules = [] } = input;
  for (const { scanFrequency = 'MANUAL', repositoryFilters = [] } of rules) {
    if (!FREQUENCIES[scanType].includes(scanFrequency))
      throw invalidParameter('rules', `The scan type ${scanType} does not have the frequency ${scanFrequency}`);
    const crowded = repositoryFilters.find(({ filter = '' }) => filter.split('*').length > MAX_WILDCARDS + 1);
    if (crowded !== undefined)
      throw invalidParameter('rules', `The filter '${crowded.filter}' has more than ${MAX_WILDCARDS} wildcards`);
  }
  const scanning = { scanType, rules };
  keepRegistry(account, { ...registry, scanning });
  return { registryScanningConfiguration: scanning };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetRepositoryScanningConfiguration.html */
export function batchGetRepositoryScanningConfiguration(
  { account }: Call,
  input: BatchGetRepositoryScanningConfigurationRequest & RegistryAddress,
): BatchGetRepositoryScanningConfigurationResponse {
  const { scanning = UNSET } = ownRegistry(account, input);
  const asked = (input.repositoryNames ?? []).map((name) => ({ name, found: account.store.get('repository', name) }));
  return {
    scanningConfigurations: asked.flatMap(({ found }) =>
      found === undefined ? [] : [configurationOf(account, found, scanning)],
    ),
    failures: asked
      .filter(({ found }) => found === undefined)
      .map(({ name }) => ({
        repositoryName: name,
        failureCode: 'REPOSITORY_NOT_FOUND',
        failureReason: `The repository with name '${name}' does not exist in the registry with id '${account.id}'`,
      })),
  };
}

/** The registry's rules for a repository, or else what the repository says itself. */
function configurationOf(
  account: Account,
  { name, scanOnPush }: Repository,
  { rules = [] }: RegistryScanningConfiguration,
): RepositoryScanningConfiguration {
  const applied = rules.flatMap(({ scanFrequency, repositoryFilters = [] }) => {
    const filters = repositoryFilters.filter(({ filter = '' }) => takesIn(filter, name));
    return filters.length === 0 ? [] : [{ scanFrequency, filters }];
  });
  const continuous = applied.find(({ scanFrequency }) => scanFrequency === 'CONTINUOUS_SCAN');
  const frequency = (continuous ?? applied[0])?.scanFrequency ?? (scanOnPush ? 'SCAN_ON_PUSH' : 'MANUAL');
  return {
    repositoryArn: repositoryArn(account, name),
    repositoryName: name,
    scanOnPush: frequency !== 'MANUAL',
    scanFrequency: frequency,
    appliedScanFilters: applied.flatMap(({ filters }) => filters),
  };
}

/** A filter without a wildcard takes in every name that it is part of. */
function takesIn(filter: string, name: string): boolean {
  return filter.includes('*') ? globMatches(filter, name) : name.includes(filter);
}
