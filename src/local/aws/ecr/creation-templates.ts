import type {
  CreateRepositoryCreationTemplateRequest,
  CreateRepositoryCreationTemplateResponse,
  DeleteRepositoryCreationTemplateRequest,
  DeleteRepositoryCreationTemplateResponse,
  DescribeRepositoryCreationTemplatesRequest,
  DescribeRepositoryCreationTemplatesResponse,
  RepositoryCreationTemplate,
  UpdateRepositoryCreationTemplateRequest,
  UpdateRepositoryCreationTemplateResponse,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import type { CreationTemplate } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { parsePolicy } from '../policy-syntax.ts';
import { lifecycleFault } from './lifecycle-syntax.ts';
import { ownRegistry } from './own-registry.ts';
import type { RegistryAddress } from './own-registry.ts';
import { checkedEncryption, checkedExclusions } from './repositories.ts';
import { checkedTags } from './repository-tags.ts';

/** No repository is made by it: that happens with replication, caches and pushes, which do not make any here. @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepositoryCreationTemplate.html */
export function createRepositoryCreationTemplate(
  { account }: Call,
  input: CreateRepositoryCreationTemplateRequest & RegistryAddress,
): CreateRepositoryCreationTemplateResponse {
  ownRegistry(account, input);
  const { prefix = '' } = input;
  if (account.store.get('creationTemplate', prefix) !== undefined)
    throw ecrFault('TemplateAlreadyExistsException', `A template with the prefix '${prefix}' already exists`);
  const createdAt = account.now().toISOString();
  const template = { prefix, settings: checkedSettings(account, input), createdAt, updatedAt: createdAt };
  account.store.change({ kind: 'creationTemplate', id: prefix, value: template });
  return { registryId: account.id, repositoryCreationTemplate: answerOf(template) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositoryCreationTemplates.html */
export function describeRepositoryCreationTemplates(
  { account }: Call,
  input: DescribeRepositoryCreationTemplatesRequest & RegistryAddress,
): DescribeRepositoryCreationTemplatesResponse {
  ownRegistry(account, input);
  const after = readToken(input.nextToken, () => invalidParameter('nextToken', 'Invalid token'));
  const templates = account.store
    .list('creationTemplate')
    .filter(({ prefix }) => input.prefixes?.includes(prefix) ?? true);
  const { items, next } = pageOf(templates, ({ prefix }) => prefix, after, input.maxResults ?? 100);
  return { registryId: account.id, repositoryCreationTemplates: items.map(answerOf), nextToken: next };
}

/** What a request leaves out stays as it is. @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateRepositoryCreationTemplate.html */
export function updateRepositoryCreationTemplate(
  { account }: Call,
  input: UpdateRepositoryCreationTemplateRequest & RegistryAddress,
): UpdateRepositoryCreationTemplateResponse {
  ownRegistry(account, input);
  const before = findTemplate(account, input.prefix);
  const settings = checkedSettings(account, { ...before.settings, ...input });
  const template = { ...before, settings, updatedAt: account.now().toISOString() };
  account.store.change({ kind: 'creationTemplate', id: template.prefix, value: template });
  return { registryId: account.id, repositoryCreationTemplate: answerOf(template) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryCreationTemplate.html */
export function deleteRepositoryCreationTemplate(
  { account }: Call,
  input: DeleteRepositoryCreationTemplateRequest & RegistryAddress,
): DeleteRepositoryCreationTemplateResponse {
  ownRegistry(account, input);
  const template = findTemplate(account, input.prefix);
  account.store.change({ kind: 'creationTemplate', id: template.prefix, value: null });
  return { registryId: account.id, repositoryCreationTemplate: answerOf(template) };
}

function findTemplate(account: Account, prefix = ''): CreationTemplate {
  const template = account.store.get('creationTemplate', prefix);
  if (template === undefined)
    throw ecrFault('TemplateNotFoundException', `A template with the prefix '${prefix}' does not exist`);
  return template;
}

/** Settings that a repository could have, as `CreateRepository` would take them. */
function checkedSettings(
  account: Account,
  input: Partial<CreateRepositoryCreationTemplateRequest>,
): CreationTemplate['settings'] {
  const { repositoryPolicy, lifecyclePolicy, description, appliedFor = [], customRoleArn } = input;
  const { encryptionType, kmsKey } = input.encryptionConfiguration ?? { encryptionType: 'AES256' };
  const encryptionConfiguration = checkedEncryption(account, { encryptionType, ...(kmsKey ? { kmsKey } : {}) });
  const imageTagMutability = input.imageTagMutability ?? 'MUTABLE';
  const exclusions = checkedExclusions(imageTagMutability, input.imageTagMutabilityExclusionFilters);
  checkedTags({}, input.resourceTags ?? []);
  const policyFault = repositoryPolicy && parsePolicy(repositoryPolicy, 'repository').fault;
  if (policyFault) throw invalidParameter('repositoryPolicy', `Invalid repository policy provided: ${policyFault}`);
  const fault = lifecyclePolicy && lifecycleFault(lifecyclePolicy);
  if (fault) throw invalidParameter('lifecyclePolicy', `Lifecycle policy validation failure: ${fault}`);
  return {
    appliedFor,
    encryptionConfiguration,
    imageTagMutability,
    ...(exclusions.length === 0 ? {} : { imageTagMutabilityExclusionFilters: [...exclusions] }),
    ...(input.resourceTags === undefined ? {} : { resourceTags: input.resourceTags }),
    ...(description === undefined ? {} : { description }),
    ...(repositoryPolicy === undefined ? {} : { repositoryPolicy }),
    ...(lifecyclePolicy === undefined ? {} : { lifecyclePolicy }),
    ...(customRoleArn === undefined ? {} : { customRoleArn }),
  };
}

function answerOf({ prefix, settings, createdAt, updatedAt }: CreationTemplate): RepositoryCreationTemplate {
  return { prefix, ...settings, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
}
