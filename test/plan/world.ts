import type { Change, Json } from '../../src/model/plan.ts';
import type { RepositoryResource, Resources, RoleResource } from '../../src/plan/resources.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import { authorize } from '../../src/policy/evaluate.ts';
import { permissionsBoundary } from '../../src/policy/push-policy.ts';
import type { Claims } from '../policy/fixtures.ts';
import { imageRequest, mayAssume, settings } from '../policy/fixtures.ts';

/** What stands in AWS, and what a change makes of it: ECR and IAM as far as a plan goes. */
export type World = Resources;

export function world(roles: readonly RoleResource[], repositories: readonly RepositoryResource[]): World {
  return {
    roles: new Map(roles.map((each) => [each.name, each])),
    repositories: new Map(repositories.map((each) => [each.name, each])),
  };
}

interface Inline {
  readonly policyName: string;
  readonly document: PolicyDocument;
}

/** The world after one change; refuses what AWS would refuse. */
export function applied({ roles, repositories }: World, change: Change): World {
  if (change.action.startsWith('iam:')) {
    const next = new Map(roles);
    next.set(change.resource, roleAfter(roles.get(change.resource), change));
    return { roles: next, repositories };
  }
  const next = new Map(repositories);
  next.set(change.resource, repositoryAfter(repositories.get(change.resource), change));
  return { roles, repositories: next };
}

function roleAfter(role: RoleResource | undefined, { action, before, after }: Change): RoleResource | undefined {
  if (action === 'iam:CreateRole') {
    if (role !== undefined) throw new Error('EntityAlreadyExists');
    return { ...as<RoleResource>(after), inlinePolicies: {} };
  }
  if (role === undefined) throw new Error('NoSuchEntity');
  if (action === 'iam:DeleteRole') {
    if (Object.keys(role.inlinePolicies).length > 0) throw new Error('DeleteConflict');
    return undefined;
  }
  if (action === 'iam:UpdateAssumeRolePolicy') return { ...role, trustPolicy: as<PolicyDocument>(after) };
  const { policyName } = as<Inline>(after ?? before);
  const { [policyName]: _, ...others } = role.inlinePolicies;
  if (action === 'iam:DeleteRolePolicy') return { ...role, inlinePolicies: others };
  return { ...role, inlinePolicies: { ...others, [policyName]: as<Inline>(after).document } };
}

function repositoryAfter(
  repository: RepositoryResource | undefined,
  { action, after }: Change,
): RepositoryResource | undefined {
  if (action === 'ecr:CreateRepository') {
    if (repository !== undefined) throw new Error('RepositoryAlreadyExists');
    return as<RepositoryResource>(after);
  }
  if (repository === undefined) throw new Error('RepositoryNotFound');
  const { policy: _, lifecyclePolicy: __, ...bare } = repository;
  const lifecycle = repository.lifecyclePolicy === undefined ? {} : { lifecyclePolicy: repository.lifecyclePolicy };
  const policy = repository.policy === undefined ? {} : { policy: repository.policy };
  if (action === 'ecr:DeleteRepository') return undefined;
  if (action === 'ecr:SetRepositoryPolicy') return { ...bare, ...lifecycle, policy: as<PolicyDocument>(after) };
  if (action === 'ecr:DeleteRepositoryPolicy') return { ...bare, ...lifecycle };
  if (action === 'ecr:PutLifecyclePolicy') return { ...bare, ...policy, lifecyclePolicy: JSON.stringify(after) };
  if (action === 'ecr:DeleteLifecyclePolicy') return { ...bare, ...policy };
  return { ...repository, ...as<Partial<RepositoryResource>>(after) };
}

// What a plan carries as JSON is what the policies and resources are.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function as<T>(value: Json): T {
  return value as unknown as T;
}

/** Somebody who wants something: a job by a role, with a session of some age. */
export interface Wish {
  readonly claims: Claims;
  readonly role: string;
  readonly repository: string;
  readonly action: string;
  readonly issued: string;
}

/** Whether a job may assume the role and, as its session, do the action. */
export function grants({ roles, repositories }: World, wish: Wish): boolean {
  const role = roles.get(wish.role);
  const repository = repositories.get(wish.repository);
  if (role === undefined || repository === undefined || !mayAssume(role.trustPolicy, wish.claims)) return false;
  const target = { name: repository.name, department: repository.tags['ecp:department'] };
  const session = { roleName: role.name, department: role.tags['ecp:department'], issued: wish.issued };
  return authorize(
    {
      identity: Object.values(role.inlinePolicies),
      ...(role.boundaryArn === settings.boundaryArn ? { boundary: permissionsBoundary(settings) } : {}),
      ...(repository.policy === undefined ? {} : { resource: repository.policy }),
      resourceAccountId: settings.accountId,
    },
    imageRequest(wish.action, target, session),
  ).allowed;
}

/** Whether another account's role, which that account lets do anything, may do an action on a repository. */
export function grantsAccount(
  { repositories }: World,
  accountId: string,
  repositoryName: string,
  action: string,
): boolean {
  const policy = repositories.get(repositoryName)?.policy;
  if (policy === undefined) return false;
  const roleArn = `arn:aws:iam::${accountId}:role/node`;
  const request = imageRequest(action, { name: repositoryName }, { roleName: 'node' });
  return authorize(
    {
      identity: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
      resource: policy,
      resourceAccountId: settings.accountId,
    },
    { ...request, principal: { kind: 'assumed-role', accountId, roleArn, sessionArn: `${roleArn}/1` } },
  ).allowed;
}
