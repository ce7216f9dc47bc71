import {
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  type ECRClient,
  type Repository,
} from '@aws-sdk/client-ecr';
import { GetRoleCommand, GetRolePolicyCommand, paginateListRolePolicies, type IAMClient } from '@aws-sdk/client-iam';
import { canonicalJson } from '../model/canonical-json.ts';
import type { RepositoryResource, RoleResource } from '../plan/resources.ts';
import type { PolicyDocument } from '../policy/document.ts';
import type { AwsClients } from './clients.ts';
import { nameOf } from './fault.ts';

/** A repository as it stands in ECR; `undefined` when there is none. */
export async function observeRepository({ ecr }: AwsClients, name: string): Promise<RepositoryResource | undefined> {
  const described = await orAbsent(
    ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] })),
    'RepositoryNotFoundException',
  );
  const repository = described?.repositories?.[0];
  if (repository?.repositoryArn === undefined) return undefined;
  const [policy, lifecyclePolicy, tags] = await Promise.all([
    readPolicy(ecr, name),
    readLifecycle(ecr, name),
    ecr.send(new ListTagsForResourceCommand({ resourceArn: repository.repositoryArn })),
  ]);
  return {
    name,
    tags: tagRecord(tags.tags ?? []),
    ...settingsOf(repository),
    ...(policy === undefined ? {} : { policy }),
    ...(lifecyclePolicy === undefined ? {} : { lifecyclePolicy }),
  };
}

function settingsOf(repository: Repository) {
  const { encryptionConfiguration, imageScanningConfiguration } = repository;
  const filters = repository.imageTagMutabilityExclusionFilters ?? [];
  return {
    imageTagMutability: repository.imageTagMutability ?? 'MUTABLE',
    imageTagMutabilityExclusionFilters: filters.flatMap(({ filter }) => (filter === undefined ? [] : [filter])),
    scanOnPush: imageScanningConfiguration?.scanOnPush ?? false,
    encryption: {
      encryptionType: encryptionConfiguration?.encryptionType ?? 'AES256',
      ...(encryptionConfiguration?.kmsKey === undefined ? {} : { kmsKey: encryptionConfiguration.kmsKey }),
    },
  };
}

/** A repository without a policy answers with an exception; that is not an error. */
async function readPolicy(ecr: ECRClient, repositoryName: string): Promise<PolicyDocument | undefined> {
  const answer = await orAbsent(
    ecr.send(new GetRepositoryPolicyCommand({ repositoryName })),
    'RepositoryPolicyNotFoundException',
  );
  return answer?.policyText === undefined ? undefined : (JSON.parse(answer.policyText) as PolicyDocument);
}

async function readLifecycle(ecr: ECRClient, repositoryName: string): Promise<string | undefined> {
  const answer = await orAbsent(
    ecr.send(new GetLifecyclePolicyCommand({ repositoryName })),
    'LifecyclePolicyNotFoundException',
  );
  return answer?.lifecyclePolicyText === undefined ? undefined : canonicalJson(JSON.parse(answer.lifecyclePolicyText));
}

/** A role as it stands in IAM; `undefined` when there is none. */
export async function observeRole({ iam }: AwsClients, name: string): Promise<RoleResource | undefined> {
  const answer = await orAbsent(
    iam.send(new GetRoleCommand({ RoleName: name })),
    'NoSuchEntityException',
    'NoSuchEntity',
  );
  const role = answer?.Role;
  if (role === undefined) return undefined;
  return {
    name: role.RoleName ?? name,
    path: role.Path ?? '/',
    tags: tagRecord(role.Tags ?? []),
    boundaryArn: role.PermissionsBoundary?.PermissionsBoundaryArn ?? '',
    maxSessionSeconds: role.MaxSessionDuration ?? 3600,
    trustPolicy: decoded(role.AssumeRolePolicyDocument),
    inlinePolicies: await readInlinePolicies(iam, name),
  };
}

async function readInlinePolicies(iam: IAMClient, name: string): Promise<Readonly<Record<string, PolicyDocument>>> {
  const names: string[] = [];
  for await (const page of paginateListRolePolicies({ client: iam }, { RoleName: name })) {
    names.push(...(page.PolicyNames ?? []));
  }
  const documents = await Promise.all(
    names.map(async (PolicyName) => {
      const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName }));
      return [PolicyName, decoded(PolicyDocument)] as const;
    }),
  );
  return Object.fromEntries(documents);
}

/** IAM gives documents URL-encoded. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
function decoded(text: string | undefined): PolicyDocument {
  return JSON.parse(decodeURIComponent(text ?? '%7B%7D')) as PolicyDocument;
}

function tagRecord(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

async function orAbsent<T>(request: Promise<T>, ...absent: readonly string[]): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (absent.includes(nameOf(error))) return undefined;
    throw error;
  }
}
