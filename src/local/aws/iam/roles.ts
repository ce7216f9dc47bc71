import type {
  CreateRoleRequest,
  CreateRoleResponse,
  DeleteRolePermissionsBoundaryRequest,
  DeleteRoleRequest,
  GetRoleRequest,
  GetRoleResponse,
  ListRolesRequest,
  ListRolesResponse,
  PutRolePermissionsBoundaryRequest,
  Role as RoleAnswer,
  UpdateAssumeRolePolicyRequest,
  UpdateRoleDescriptionRequest,
  UpdateRoleDescriptionResponse,
  UpdateRoleRequest,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { Role } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { roleArn, uniqueId } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import { awsPrincipals, parsePolicy } from '../policy-syntax.ts';
import { principalExists } from '../principal-names.ts';
import { tagList } from '../tags.ts';
import { trustGuardFault } from '../trust-guard.ts';
import { instanceProfilesOf } from './find-instance-profile.ts';
import { policyWithArn } from './find-policy.ts';
import { findRole, keepRole } from './find-role.ts';
import { checkedIamTags } from './iam-tags.ts';

const DEFAULT_SESSION_SECONDS = 3600;

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export function createRole({ account }: Call, input: CreateRoleRequest): CreateRoleResponse {
  const { RoleName: name = '', AssumeRolePolicyDocument: trustPolicy = '', Path: path = '/' } = input;
  if (account.store.get('role', name.toLowerCase()) !== undefined) {
    throw iamFault('EntityAlreadyExistsException', `Role with name ${name} already exists.`);
  }
  checkTrustPolicy(account, trustPolicy);
  const tags = checkedIamTags({}, input.Tags ?? []);
  const boundaryArn = input.PermissionsBoundary;
  if (boundaryArn !== undefined) checkBoundary(account, boundaryArn);
  if (account.store.count('role') >= account.quotas.roles) {
    throw iamFault('LimitExceededException', `Cannot exceed quota for RolesPerAccount: ${account.quotas.roles}`);
  }
  const role: Role = {
    id: uniqueId('AROA'),
    name,
    path,
    arn: roleArn(account, path, name),
    createdAt: account.now().toISOString(),
    ...(input.Description === undefined ? {} : { description: input.Description }),
    maxSessionDuration: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
    trustPolicy,
    ...(boundaryArn === undefined ? {} : { boundaryArn }),
    tags,
    policies: {},
  };
  keepRole(account, role);
  return { Role: fullAnswer(role) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export function getRole({ account }: Call, input: GetRoleRequest): GetRoleResponse {
  return { Role: { ...fullAnswer(findRole(account, input.RoleName)), RoleLastUsed: {} } };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export function listRoles({ account }: Call, input: ListRolesRequest): ListRolesResponse {
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const prefix = input.PathPrefix ?? '/';
  const roles = account.store.list('role').filter(({ path }) => path.startsWith(prefix));
  const { items, next } = pageOf(roles, ({ name }) => name.toLowerCase(), after, input.MaxItems ?? 100);
  return { Roles: items.map(listAnswer), IsTruncated: next !== undefined, Marker: next };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export function deleteRole({ account }: Call, input: DeleteRoleRequest): object {
  const role = findRole(account, input.RoleName);
  if (Object.keys(role.policies).length > 0) {
    throw iamFault('DeleteConflictException', 'Cannot delete entity, must delete policies first.');
  }
  if ((role.attached ?? []).length > 0) {
    throw iamFault('DeleteConflictException', 'Cannot delete entity, must detach all policies first.');
  }
  if (instanceProfilesOf(account, role.name).length > 0)
    throw iamFault('DeleteConflictException', 'Cannot delete entity, must remove roles from instance profile first.');
  account.store.change({ kind: 'role', id: role.name.toLowerCase(), value: null });
  return {};
}

/**
 * A duration that is not given becomes the default; a description that is not given stays.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
 */
export function updateRole({ account }: Call, input: UpdateRoleRequest): object {
  const role = findRole(account, input.RoleName);
  const { Description: description, MaxSessionDuration: maxSessionDuration = DEFAULT_SESSION_SECONDS } = input;
  keepRole(account, { ...role, maxSessionDuration, ...(description === undefined ? {} : { description }) });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html */
export function updateRoleDescription(
  { account }: Call,
  input: UpdateRoleDescriptionRequest,
): UpdateRoleDescriptionResponse {
  const role: Role = { ...findRole(account, input.RoleName), description: input.Description ?? '' };
  keepRole(account, role);
  return { Role: fullAnswer(role) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html */
export function updateAssumeRolePolicy({ account }: Call, input: UpdateAssumeRolePolicyRequest): object {
  const role = findRole(account, input.RoleName);
  const trustPolicy = input.PolicyDocument ?? '';
  checkTrustPolicy(account, trustPolicy);
  keepRole(account, { ...role, trustPolicy });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html */
export function putRolePermissionsBoundary({ account }: Call, input: PutRolePermissionsBoundaryRequest): object {
  const role = findRole(account, input.RoleName);
  const boundaryArn = input.PermissionsBoundary ?? '';
  checkBoundary(account, boundaryArn);
  keepRole(account, { ...role, boundaryArn });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html */
export function deleteRolePermissionsBoundary({ account }: Call, input: DeleteRolePermissionsBoundaryRequest): object {
  const { boundaryArn, ...without } = findRole(account, input.RoleName);
  if (boundaryArn === undefined) {
    throw iamFault('NoSuchEntityException', `Role ${input.RoleName} has no permissions boundary.`);
  }
  keepRole(account, without);
  return {};
}

function checkTrustPolicy(account: Account, text: string): void {
  const { document, fault } = parsePolicy(text, 'trust');
  if (document === undefined) throw iamFault('MalformedPolicyDocumentException', fault);
  const unknown = awsPrincipals(document).find((name) => !principalExists(account, name));
  if (unknown !== undefined) {
    throw iamFault('MalformedPolicyDocumentException', `Invalid principal in policy: "AWS":"${unknown}"`);
  }
  const unguarded = trustGuardFault(document);
  if (unguarded !== undefined) throw iamFault('MalformedPolicyDocumentException', unguarded);
  if (sizeOf(text) > account.quotas.assumeRolePolicySize) {
    throw iamFault(
      'LimitExceededException',
      `Cannot exceed quota for ACLSizePerRole: ${account.quotas.assumeRolePolicySize}`,
    );
  }
}

/** Characters that count: IAM leaves out whitespace. */
export function sizeOf(policy: string): number {
  return policy.replaceAll(/\s/g, '').length;
}

/** Makes sure that a policy which is to be a boundary is there. @throws AwsFault */
export function checkBoundary(account: Account, arn: string): void {
  if (policyWithArn(account, arn) === undefined) {
    throw iamFault('NoSuchEntityException', `Scope ARN: ${arn} does not exist or is not attachable.`);
  }
}

/** A role as lists show it: without its tags and its boundary. */
export function listAnswer(role: Role): RoleAnswer {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
  };
}

/** `GetRole` and `CreateRole` show what `ListRoles` leaves out. */
function fullAnswer(role: Role): RoleAnswer {
  return {
    ...listAnswer(role),
    ...(Object.keys(role.tags).length === 0 ? {} : { Tags: tagList(role.tags) }),
    ...(role.boundaryArn === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
            PermissionsBoundaryArn: role.boundaryArn,
          },
        }),
  };
}
