import type { Grant } from '../../src/model/grant.ts';
import type { AccountId, DepartmentId, GitHubId, GrantId } from '../../src/model/ids.ts';
import type { RepositoryName, RoleName } from '../../src/model/names.ts';
import type { PushRole } from '../../src/model/push-role.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import { generateWorkflow, type Workflow, type WorkflowInput } from '../../src/workflow/workflow.ts';

export const koa = 'koa' as DepartmentId;
export const THEN = '2026-11-24T12:00:00.000Z';

export const settings: AwsSettings = {
  accountId: '354918371398' as AccountId,
  region: 'eu-west-1',
  partition: 'aws',
  rolePath: '/',
  boundaryArn: 'arn:aws:iam::354918371398:policy/ecr-push-boundary',
  oidcProvider: 'token.actions.githubusercontent.com',
  stsAudience: 'sts.amazonaws.com',
  stsKeys: { repositoryId: true, ref: true },
  trustPolicySize: 2048,
};

export const role: PushRole = {
  name: 'koa-github-ecr-access' as RoleName,
  department: koa,
  path: '/',
  scope: 'department',
  createdAt: THEN,
  updatedAt: THEN,
  revision: 1,
};

export function grantOf(parts: Partial<Grant> = {}): Grant {
  return {
    id: 'grant-01jdk3v6y8q2m4n6p8r0t2w4x6' as GrantId,
    department: koa,
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    pullRequests: false,
    pushRole: role.name,
    createdAt: THEN,
    createdBy: 'JPPOL-KOA/GiftCardService',
    updatedAt: THEN,
    revision: 1,
    ...parts,
  };
}

export function repositoryOf(name: string, parts: Partial<Repository> = {}): Repository {
  return {
    name: name as RepositoryName,
    department: koa,
    imageTagMutability: 'IMMUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: true,
    encryption: { encryptionType: 'AES256' },
    createdBy: { repositoryId: '42' as GitHubId, repository: 'JPPOL-KOA/GiftCardService' },
    createdAt: THEN,
    updatedAt: THEN,
    revision: 1,
    ...parts,
  };
}

export function workflowOf(grant: Partial<Grant> = {}, parts: Partial<WorkflowInput> = {}): Workflow {
  const result = generateWorkflow({
    grant: grantOf(grant),
    role,
    repositories: [repositoryOf('giftcard-service')],
    settings,
    ...parts,
  });
  if (result.kind === 'problem') throw new Error(result.detail);
  return result;
}

/** A generated file of each kind. */
export const variants: Readonly<Record<string, Workflow>> = {
  plain: workflowOf(),
  'a narrowed branch': workflowOf({ refs: ['refs/heads/main'] }),
  'refs of both kinds': workflowOf({ refs: ['refs/heads/release/*', 'refs/tags/v*'] }),
  'an environment': workflowOf({ environment: 'production' }),
  'an environment and a ref': workflowOf({ environment: 'production', refs: ['refs/tags/v*'] }),
  'pull requests': workflowOf({ pullRequests: true }),
  'a pattern': workflowOf({ repository: 'Gift*' }),
  'an organisation-wide grant': workflowOf({ organisation: 'JPPOL-*', repository: '*' }),
  'some tags may move': workflowOf(
    {},
    {
      repositories: [
        repositoryOf('a/b', {
          imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
          imageTagMutabilityExclusionFilters: ['latest', 'dev-*'],
        }),
      ],
    },
  ),
  'some tags must not move': workflowOf(
    {},
    {
      repositories: [
        repositoryOf('a/b', {
          imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
          imageTagMutabilityExclusionFilters: ['v*'],
        }),
      ],
    },
  ),
  mutable: workflowOf({}, { repositories: [repositoryOf('a/b', { imageTagMutability: 'MUTABLE' })] }),
  'another audience, contact and page': workflowOf(
    {},
    {
      settings: { ...settings, stsAudience: 'sts.amazonaws.com.cn', partition: 'aws-cn' },
      contact: '#edp on Slack: ask "us"',
      documentationUrl: 'https://docs.example/ecr#push',
    },
  ),
};
