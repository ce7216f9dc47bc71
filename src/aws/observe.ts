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
import { readJson, readPolicyDocument, UnreadableDocument } from '../policy/read-document.ts';
import type { AwsClients } from './clients.ts';
import { AwsFault, nameOf } from './fault.ts';

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
  const text = answer?.policyText;
  return text === undefined ? undefined : readDocument(repositoryName, 'repository policy', text);
}

async function readLifecycle(ecr: ECRClient, repositoryName: string): Promise<string | undefined> {
  const answer = await orAbsent(
    ecr.send(new GetLifecyclePolicyCommand({ repositoryName })),
    'LifecyclePolicyNotFoundException',
  );
  const text = answer?.lifecyclePolicyText;
  return text === undefined
    ? undefined
    : readable(repositoryName, 'lifecycle policy', () => canonicalJson(readJson(text)));
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
    trustPolicy: readDocument(name, 'trust policy', role.AssumeRolePolicyDocument ?? ''),
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
      return [PolicyName, readDocument(name, `inline policy ${PolicyName}`, PolicyDocument ?? '')] as const;
    }),
  );
  return Object.fromEntries(documents);
}

function readDocument(resource: string, what: string, text: string): PolicyDocument {
  return readable(resource, what, () => readPolicyDocument(text));
}

/** What AWS holds and nobody can understand is told at once: reading it again makes it no clearer. */
function readable<T>(resource: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    const call = { action: 'look', resource, outcome: 'error', error: error.name, durationMs: 0 } as const;
    const detail = `The ${what} of ${resource} in AWS cannot be understood: ${error.message} Change or remove it there, then try again.`;
    throw new AwsFault('definitive', 'refused-by-aws', detail, call, { cause: error });
  }
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
