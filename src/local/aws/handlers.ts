import type { Call } from './account.ts';
import { getAuthorizationToken } from './ecr/authorization-token.ts';
import {
  createRepositoryCreationTemplate,
  deleteRepositoryCreationTemplate,
  describeRepositoryCreationTemplates,
  updateRepositoryCreationTemplate,
} from './ecr/creation-templates.ts';
import { batchDeleteImage, batchGetImage, describeImages, listImages } from './ecr/images.ts';
import {
  batchCheckLayerAvailability,
  completeLayerUpload,
  getDownloadUrlForLayer,
  initiateLayerUpload,
  uploadLayerPart,
} from './ecr/layers.ts';
import { deleteLifecyclePolicy, getLifecyclePolicy, putLifecyclePolicy } from './ecr/lifecycle-policies.ts';
import {
  createPullThroughCacheRule,
  deletePullThroughCacheRule,
  describePullThroughCacheRules,
  updatePullThroughCacheRule,
} from './ecr/pull-through-caches.ts';
import { putImage } from './ecr/push-image.ts';
import { deleteRegistryPolicy, getRegistryPolicy, putRegistryPolicy } from './ecr/registry-policy.ts';
import {
  batchGetRepositoryScanningConfiguration,
  getRegistryScanningConfiguration,
  putRegistryScanningConfiguration,
} from './ecr/registry-scanning.ts';
import { describeRegistry, putReplicationConfiguration } from './ecr/replication.ts';
import {
  createRepository,
  deleteRepository,
  describeRepositories,
  putImageScanningConfiguration,
  putImageTagMutability,
} from './ecr/repositories.ts';
import { deleteRepositoryPolicy, getRepositoryPolicy, setRepositoryPolicy } from './ecr/repository-policies.ts';
import { listTagsForResource, tagResource, untagResource } from './ecr/repository-tags.ts';
import { createAccountAlias, deleteAccountAlias, listAccountAliases } from './iam/account-aliases.ts';
import { getAccountSummary } from './iam/account-summary.ts';
import { attachRolePolicy, detachRolePolicy, listAttachedRolePolicies } from './iam/attached-policies.ts';
import {
  addRoleToInstanceProfile,
  createInstanceProfile,
  deleteInstanceProfile,
  getInstanceProfile,
  listInstanceProfiles,
  listInstanceProfilesForRole,
  removeRoleFromInstanceProfile,
} from './iam/instance-profiles.ts';
import { createPolicy, deletePolicy, getPolicy, listPolicies } from './iam/managed-policies.ts';
import { listEntitiesForPolicy } from './iam/policy-entities.ts';
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './iam/policy-versions.ts';
import {
  addClientIdToOpenIDConnectProvider,
  createOpenIDConnectProvider,
  deleteOpenIDConnectProvider,
  getOpenIDConnectProvider,
  listOpenIDConnectProviders,
  removeClientIdFromOpenIDConnectProvider,
  updateOpenIDConnectProviderThumbprint,
} from './iam/providers.ts';
import { deleteRolePolicy, getRolePolicy, listRolePolicies, putRolePolicy } from './iam/role-policies.ts';
import {
  createRole,
  deleteRole,
  deleteRolePermissionsBoundary,
  getRole,
  listRoles,
  putRolePermissionsBoundary,
  updateAssumeRolePolicy,
  updateRole,
  updateRoleDescription,
} from './iam/roles.ts';
import { simulatePrincipalPolicy } from './iam/simulate.ts';
import { instanceProfileTags, policyTags, providerTags, roleTags, userTags } from './iam/tag-actions.ts';
import {
  createUser,
  deleteUser,
  deleteUserPermissionsBoundary,
  getUser,
  listGroupsForUser,
  listUsers,
  putUserPermissionsBoundary,
  updateUser,
} from './iam/users.ts';
import type { ActionName, ServiceName } from './actions.ts';
import { assumeRole } from './assume-role.ts';
import { getSessionToken } from './get-session-token.ts';
import { assumeRoleWithWebIdentity, getCallerIdentity } from './sts.ts';

interface Handles {
  handle(call: Call, input: object): object | Promise<object>;
}

/**
 * Carries out one action. Its input was read by the action's model, whose members each handler names with their types: a method's parameter,
 * because TypeScript holds a function's to be any object at all.
 */
export type Handler = Handles['handle'];

/** Every operation that is offered; the types refuse one without a handler. */
const HANDLERS: { readonly [S in ServiceName]: Readonly<Record<ActionName<S>, Handler>> } = {
  ecr: {
    CreateRepository: createRepository,
    DescribeRepositories: describeRepositories,
    DeleteRepository: deleteRepository,
    GetRepositoryPolicy: getRepositoryPolicy,
    SetRepositoryPolicy: setRepositoryPolicy,
    DeleteRepositoryPolicy: deleteRepositoryPolicy,
    PutLifecyclePolicy: putLifecyclePolicy,
    GetLifecyclePolicy: getLifecyclePolicy,
    DeleteLifecyclePolicy: deleteLifecyclePolicy,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTagsForResource,
    PutImageTagMutability: putImageTagMutability,
    PutImageScanningConfiguration: putImageScanningConfiguration,
    ListImages: listImages,
    DescribeImages: describeImages,
    BatchGetImage: batchGetImage,
    BatchDeleteImage: batchDeleteImage,
    GetAuthorizationToken: getAuthorizationToken,
    BatchCheckLayerAvailability: batchCheckLayerAvailability,
    InitiateLayerUpload: initiateLayerUpload,
    UploadLayerPart: uploadLayerPart,
    CompleteLayerUpload: completeLayerUpload,
    PutImage: putImage,
    GetDownloadUrlForLayer: getDownloadUrlForLayer,
    GetRegistryPolicy: getRegistryPolicy,
    PutRegistryPolicy: putRegistryPolicy,
    DeleteRegistryPolicy: deleteRegistryPolicy,
    DescribeRegistry: describeRegistry,
    PutReplicationConfiguration: putReplicationConfiguration,
    GetRegistryScanningConfiguration: getRegistryScanningConfiguration,
    PutRegistryScanningConfiguration: putRegistryScanningConfiguration,
    BatchGetRepositoryScanningConfiguration: batchGetRepositoryScanningConfiguration,
    CreatePullThroughCacheRule: createPullThroughCacheRule,
    DescribePullThroughCacheRules: describePullThroughCacheRules,
    UpdatePullThroughCacheRule: updatePullThroughCacheRule,
    DeletePullThroughCacheRule: deletePullThroughCacheRule,
    CreateRepositoryCreationTemplate: createRepositoryCreationTemplate,
    DescribeRepositoryCreationTemplates: describeRepositoryCreationTemplates,
    UpdateRepositoryCreationTemplate: updateRepositoryCreationTemplate,
    DeleteRepositoryCreationTemplate: deleteRepositoryCreationTemplate,
  },
  iam: {
    CreateRole: createRole,
    GetRole: getRole,
    DeleteRole: deleteRole,
    ListRoles: listRoles,
    TagRole: roleTags.tag,
    UntagRole: roleTags.untag,
    ListRoleTags: roleTags.list,
    UpdateRole: updateRole,
    UpdateRoleDescription: updateRoleDescription,
    UpdateAssumeRolePolicy: updateAssumeRolePolicy,
    PutRolePolicy: putRolePolicy,
    GetRolePolicy: getRolePolicy,
    DeleteRolePolicy: deleteRolePolicy,
    ListRolePolicies: listRolePolicies,
    AttachRolePolicy: attachRolePolicy,
    DetachRolePolicy: detachRolePolicy,
    ListAttachedRolePolicies: listAttachedRolePolicies,
    ListInstanceProfilesForRole: listInstanceProfilesForRole,
    PutRolePermissionsBoundary: putRolePermissionsBoundary,
    DeleteRolePermissionsBoundary: deleteRolePermissionsBoundary,
    CreateOpenIDConnectProvider: createOpenIDConnectProvider,
    GetOpenIDConnectProvider: getOpenIDConnectProvider,
    ListOpenIDConnectProviders: listOpenIDConnectProviders,
    DeleteOpenIDConnectProvider: deleteOpenIDConnectProvider,
    AddClientIDToOpenIDConnectProvider: addClientIdToOpenIDConnectProvider,
    RemoveClientIDFromOpenIDConnectProvider: removeClientIdFromOpenIDConnectProvider,
    UpdateOpenIDConnectProviderThumbprint: updateOpenIDConnectProviderThumbprint,
    TagOpenIDConnectProvider: providerTags.tag,
    UntagOpenIDConnectProvider: providerTags.untag,
    ListOpenIDConnectProviderTags: providerTags.list,
    CreatePolicy: createPolicy,
    GetPolicy: getPolicy,
    GetPolicyVersion: getPolicyVersion,
    ListPolicies: listPolicies,
    ListPolicyVersions: listPolicyVersions,
    CreatePolicyVersion: createPolicyVersion,
    SetDefaultPolicyVersion: setDefaultPolicyVersion,
    DeletePolicyVersion: deletePolicyVersion,
    TagPolicy: policyTags.tag,
    UntagPolicy: policyTags.untag,
    ListPolicyTags: policyTags.list,
    DeletePolicy: deletePolicy,
    SimulatePrincipalPolicy: simulatePrincipalPolicy,
    GetAccountSummary: getAccountSummary,
    CreateUser: createUser,
    GetUser: getUser,
    ListUsers: listUsers,
    UpdateUser: updateUser,
    DeleteUser: deleteUser,
    ListGroupsForUser: listGroupsForUser,
    PutUserPermissionsBoundary: putUserPermissionsBoundary,
    DeleteUserPermissionsBoundary: deleteUserPermissionsBoundary,
    TagUser: userTags.tag,
    UntagUser: userTags.untag,
    ListUserTags: userTags.list,
    CreateInstanceProfile: createInstanceProfile,
    GetInstanceProfile: getInstanceProfile,
    ListInstanceProfiles: listInstanceProfiles,
    DeleteInstanceProfile: deleteInstanceProfile,
    AddRoleToInstanceProfile: addRoleToInstanceProfile,
    RemoveRoleFromInstanceProfile: removeRoleFromInstanceProfile,
    TagInstanceProfile: instanceProfileTags.tag,
    UntagInstanceProfile: instanceProfileTags.untag,
    ListInstanceProfileTags: instanceProfileTags.list,
    CreateAccountAlias: createAccountAlias,
    ListAccountAliases: listAccountAliases,
    DeleteAccountAlias: deleteAccountAlias,
    ListEntitiesForPolicy: listEntitiesForPolicy,
  },
  sts: {
    AssumeRole: assumeRole,
    AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
    GetCallerIdentity: getCallerIdentity,
    GetSessionToken: getSessionToken,
  },
};

/** The handler of an operation; `undefined` if it is not offered. */
export function handlerOf(service: ServiceName, operation: string): Handler | undefined {
  const handlers: Readonly<Record<string, Handler>> = HANDLERS[service];
  return Object.hasOwn(handlers, operation) ? handlers[operation] : undefined;
}
