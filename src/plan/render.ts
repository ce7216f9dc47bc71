import type { Department } from '../model/department.ts';
import type { Grant } from '../model/grant.ts';
import type { Organisation } from '../model/organisation.ts';
import { MAX_SESSION_SECONDS, type PushRole } from '../model/push-role.ts';
import type { Repository } from '../model/repository.ts';
import type { AwsSettings } from '../model/settings.ts';
import type { PolicyDocument } from '../policy/document.ts';
import { pushPolicy, revokeSessionsPolicy } from '../policy/push-policy.ts';
import type { PullAccess } from '../policy/repository-policy.ts';
import { repositoryPolicy } from '../policy/repository-policy.ts';
import { grantsOfRole } from '../policy/role-assignment.ts';
import { ownershipTags } from '../policy/tags.ts';
import { trustPolicy } from '../policy/trust-policy.ts';
import type { RepositoryResource, RoleResource } from './resources.ts';
import { INLINE_POLICY_NAMES } from './resources.ts';

/** What a render knows beyond the state. */
export interface RenderOptions {
  /** Id of the operation, which a create carries as a tag. */
  readonly operation?: string;
}

/**
 * A push role as it is to stand in IAM.
 * @param grants the department's grants; those of other roles and those on their way out are left out here.
 */
export function desiredRole(
  role: PushRole,
  grants: readonly Grant[],
  organisations: readonly Organisation[],
  department: Pick<Department, 'id'>,
  settings: AwsSettings,
  options: RenderOptions = {},
): RoleResource {
  return {
    name: role.name,
    path: role.path,
    tags: ownershipTags(department.id, options.operation),
    boundaryArn: settings.boundaryArn,
    maxSessionSeconds: MAX_SESSION_SECONDS,
    trustPolicy: trustPolicy(grantsOfRole(role.name, grants), organisations, settings),
    inlinePolicies: inlinePolicies(role, settings),
  };
}

function inlinePolicies(role: PushRole, settings: AwsSettings): Readonly<Record<string, PolicyDocument>> {
  const push = { [INLINE_POLICY_NAMES.push]: pushPolicy(role, settings) };
  if (role.sessionsRevokedBefore === undefined) return push;
  return { ...push, [INLINE_POLICY_NAMES.revoke]: revokeSessionsPolicy(role.sessionsRevokedBefore) };
}

/**
 * A repository as it is to stand in ECR. Foreign statements of its policy are the observed policy's business: the plan
 * keeps them.
 */
export function desiredRepository(
  repository: Repository,
  access: PullAccess,
  settings: AwsSettings,
  options: RenderOptions = {},
): RepositoryResource {
  const policy = repositoryPolicy(access, settings);
  return {
    name: repository.name,
    tags: ownershipTags(repository.department, options.operation),
    imageTagMutability: repository.imageTagMutability,
    imageTagMutabilityExclusionFilters: repository.imageTagMutabilityExclusionFilters,
    scanOnPush: repository.scanOnPush,
    encryption: repository.encryption,
    ...(policy === undefined ? {} : { policy }),
    ...(repository.lifecyclePolicy === undefined ? {} : { lifecyclePolicy: repository.lifecyclePolicy }),
  };
}
