import type { DepartmentId, GitHubId, GrantId } from '../../src/model/ids.ts';
import type { Grant } from '../../src/model/grant.ts';
import type { OrganisationLogin, RepositoryName, RoleName } from '../../src/model/names.ts';
import type { Organisation } from '../../src/model/organisation.ts';
import type { PushRole } from '../../src/model/push-role.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import { oidcProviderArn, repositoryArn, roleArn } from '../../src/model/settings.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import type { AuthorizationRequest, RequestPrincipal } from '../../src/policy/evaluate.ts';
import { evaluateDocument } from '../../src/policy/evaluate.ts';

const time = '2026-11-24T10:00:00.000Z';

export const settings: AwsSettings = {
  accountId: '354918371398' as AwsSettings['accountId'],
  region: 'eu-west-1',
  partition: 'aws',
  rolePath: '/ecr-access/',
  boundaryArn: 'arn:aws:iam::354918371398:policy/ecr-access-boundary',
  oidcProvider: 'token.actions.githubusercontent.com',
  stsAudience: 'sts.amazonaws.com',
  organisationId: 'o-jppol12345',
  stsKeys: { repositoryId: true, ref: true },
  trustPolicySize: 2048,
};

export function withKeys(repositoryId: boolean, ref: boolean): AwsSettings {
  return { ...settings, stsKeys: { repositoryId, ref } };
}

export function organisation(login: string, ownerId: string, more: Partial<Organisation> = {}): Organisation {
  return {
    department: 'koa' as DepartmentId,
    login: login as OrganisationLogin,
    ownerId: ownerId as GitHubId,
    shared: false,
    createdAt: time,
    updatedAt: time,
    revision: 1,
    ...more,
  };
}

export const koa = organisation('JPPOL-KOA', '1001');

export function grant(parts: { readonly [K in keyof Grant]?: unknown } = {}): Grant {
  const whole = {
    id: 'grant-01jdf00000000000000000000a' as GrantId,
    department: 'koa',
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositoryId: '5001',
    pullRequests: false,
    pushRole: 'koa-github-ecr-access' as RoleName,
    createdAt: time,
    createdBy: '5001',
    updatedAt: time,
    revision: 1,
    ...parts,
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as unknown as Grant;
}

export function role(parts: Partial<PushRole> = {}): PushRole {
  return {
    name: 'koa-github-ecr-access' as RoleName,
    department: 'koa' as DepartmentId,
    path: '/ecr-access/',
    scope: 'department',
    createdAt: time,
    updatedAt: time,
    revision: 1,
    ...parts,
  };
}

export function repositoryNames(...names: string[]): readonly RepositoryName[] {
  return names as RepositoryName[];
}

// ---- GitHub's tokens ------------------------------------------------------------------------------------------------

/** A job of a workflow, as far as its token says. */
export interface Job {
  readonly login: string;
  readonly ownerId: string;
  readonly repository: string;
  readonly repositoryId: string;
  readonly ref: string;
  readonly environment?: string | undefined;
  readonly event: 'push' | 'pull_request';
  /** Whether GitHub writes the repository's `sub` with ids. */
  readonly form: 'classic' | 'immutable';
}

export const giftCardJob: Job = {
  login: 'JPPOL-KOA',
  ownerId: '1001',
  repository: 'GiftCardService',
  repositoryId: '5001',
  ref: 'refs/heads/main',
  event: 'push',
  form: 'immutable',
};

/** The claims of a token that STS looks at. */
export type Claims = Readonly<Record<string, string>>;

/** GitHub writes a `:` inside of a value as `%3A`. */
function escaped(value: string): string {
  return value.replaceAll(':', '%3A');
}

/** First parts of a `sub`: owner and repository in the form of the job. */
export function subRepository(job: Job): string {
  return job.form === 'classic'
    ? `repo:${job.login}/${job.repository}`
    : `repo:${job.login}@${job.ownerId}/${job.repository}@${job.repositoryId}`;
}

function subContext(job: Job): string {
  if (job.environment !== undefined) return `environment:${escaped(job.environment)}`;
  return job.event === 'pull_request' ? 'pull_request' : `ref:${escaped(job.ref)}`;
}

/** The claims of a job's token; `claims` replaces some, as a crafted token would. */
export function tokenOf(job: Partial<Job> = {}, claims: Claims = {}): Claims {
  const whole = { ...giftCardJob, ...job };
  return {
    sub: `${subRepository(whole)}:${subContext(whole)}`,
    aud: settings.stsAudience,
    repository: `${whole.login}/${whole.repository}`,
    repository_id: whole.repositoryId,
    ref: whole.ref,
    actor: 'octocat',
    ...(whole.environment === undefined ? {} : { environment: whole.environment }),
    ...claims,
  };
}

/** Whether STS lets a token assume a role with this trust policy. */
export function mayAssume(trust: PolicyDocument, claims: Claims, provider: string = settings.oidcProvider): boolean {
  const context = Object.fromEntries(Object.entries(claims).map(([name, value]) => [`${provider}:${name}`, value]));
  const request: AuthorizationRequest = {
    principal: { kind: 'federated', provider: oidcProviderArn({ ...settings, oidcProvider: provider }) },
    action: 'sts:AssumeRoleWithWebIdentity',
    resource: '*',
    context,
  };
  return evaluateDocument(trust, request, 'resource') === 'allow';
}

// ---- ECR's side -----------------------------------------------------------------------------------------------------

/** An ECR repository as far as authorisation sees it. */
export interface Target {
  readonly name: string;
  /** Value of its tag `ecp:department`; `undefined` without the tag. */
  readonly department?: string | undefined;
}

export function sessionOf(roleName: string): RequestPrincipal {
  return {
    kind: 'assumed-role',
    accountId: settings.accountId,
    roleArn: roleArn(settings, settings.rolePath, roleName),
    sessionArn: `arn:aws:sts::${settings.accountId}:assumed-role/${roleName}/1`,
  };
}

/** A session's request for an image action. */
export function imageRequest(
  action: string,
  target: Target,
  session: { readonly roleName: string; readonly department?: string | undefined; readonly issued?: string },
): AuthorizationRequest {
  return {
    principal: sessionOf(session.roleName),
    action,
    resource: repositoryArn(settings, target.name),
    context: {
      'aws:PrincipalOrgID': settings.organisationId ?? '',
      ...(session.issued === undefined ? {} : { 'aws:TokenIssueTime': session.issued }),
      ...(session.department === undefined ? {} : { 'aws:PrincipalTag/ecp:department': session.department }),
      ...(target.department === undefined ? {} : { 'aws:ResourceTag/ecp:department': target.department }),
    },
  };
}
