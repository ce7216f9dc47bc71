import type {
  AddRoleToInstanceProfileRequest,
  CreateInstanceProfileRequest,
  CreateInstanceProfileResponse,
  DeleteInstanceProfileRequest,
  GetInstanceProfileRequest,
  GetInstanceProfileResponse,
  InstanceProfile as InstanceProfileAnswer,
  ListInstanceProfilesForRoleRequest,
  ListInstanceProfilesForRoleResponse,
  ListInstanceProfilesRequest,
  ListInstanceProfilesResponse,
  RemoveRoleFromInstanceProfileRequest,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { InstanceProfile } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { iamArn, uniqueId } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import { tagList } from '../tags.ts';
import { findInstanceProfile, instanceProfilesOf, keepInstanceProfile } from './find-instance-profile.ts';
import { findRole } from './find-role.ts';
import { checkedIamTags } from './iam-tags.ts';
import { listAnswer } from './roles.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html */
export function createInstanceProfile(
  { account }: Call,
  input: CreateInstanceProfileRequest,
): CreateInstanceProfileResponse {
  const { InstanceProfileName: name = '', Path: path = '/' } = input;
  if (account.store.get('instanceProfile', name.toLowerCase()) !== undefined)
    throw iamFault('EntityAlreadyExistsException', `Instance Profile ${name} already exists.`);
  const profile: InstanceProfile = {
    id: uniqueId('AIPA'),
    name,
    path,
    arn: iamArn(account, `instance-profile${path}${name}`),
    createdAt: account.now().toISOString(),
    tags: checkedIamTags({}, input.Tags ?? []),
  };
  keepInstanceProfile(account, profile);
  return { InstanceProfile: fullAnswer(account, profile) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html */
export function getInstanceProfile({ account }: Call, input: GetInstanceProfileRequest): GetInstanceProfileResponse {
  return { InstanceProfile: fullAnswer(account, findInstanceProfile(account, input.InstanceProfileName)) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html */
export function listInstanceProfiles(
  { account }: Call,
  input: ListInstanceProfilesRequest,
): ListInstanceProfilesResponse {
  const prefix = input.PathPrefix ?? '/';
  const profiles = account.store.list('instanceProfile').filter(({ path }) => path.startsWith(prefix));
  return pageOfProfiles(account, profiles, input);
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html */
export function listInstanceProfilesForRole(
  { account }: Call,
  input: ListInstanceProfilesForRoleRequest,
): ListInstanceProfilesForRoleResponse {
  const { name } = findRole(account, input.RoleName);
  return pageOfProfiles(account, instanceProfilesOf(account, name), input);
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html */
export function deleteInstanceProfile({ account }: Call, input: DeleteInstanceProfileRequest): object {
  const { name, roleName } = findInstanceProfile(account, input.InstanceProfileName);
  if (roleName !== undefined)
    throw iamFault('DeleteConflictException', 'Cannot delete entity, must remove roles from instance profile first.');
  account.store.change({ kind: 'instanceProfile', id: name.toLowerCase(), value: null });
  return {};
}

/** A profile has one role. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html */
export function addRoleToInstanceProfile({ account }: Call, input: AddRoleToInstanceProfileRequest): object {
  const profile = findInstanceProfile(account, input.InstanceProfileName);
  const { name: roleName } = findRole(account, input.RoleName);
  if (profile.roleName !== undefined)
    throw iamFault('LimitExceededException', 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
  keepInstanceProfile(account, { ...profile, roleName });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html */
export function removeRoleFromInstanceProfile({ account }: Call, input: RemoveRoleFromInstanceProfileRequest): object {
  const { roleName, ...profile } = findInstanceProfile(account, input.InstanceProfileName);
  if (roleName === undefined || roleName !== input.RoleName)
    throw iamFault('NoSuchEntityException', `The role with name ${input.RoleName} cannot be found.`);
  keepInstanceProfile(account, profile);
  return {};
}

function pageOfProfiles(
  account: Account,
  profiles: readonly InstanceProfile[],
  { Marker: marker, MaxItems: size = 100 }: Pick<ListInstanceProfilesRequest, 'Marker' | 'MaxItems'>,
): ListInstanceProfilesResponse {
  const after = readToken(marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const { items, next } = pageOf(profiles, ({ name }) => name.toLowerCase(), after, size);
  return {
    InstanceProfiles: items.map((profile) => answerOf(account, profile)),
    IsTruncated: next !== undefined,
    Marker: next,
  };
}

function fullAnswer(account: Account, profile: InstanceProfile): InstanceProfileAnswer {
  return { ...answerOf(account, profile), Tags: tagList(profile.tags) };
}

function answerOf(account: Account, profile: InstanceProfile): InstanceProfileAnswer {
  return {
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    Path: profile.path,
    CreateDate: new Date(profile.createdAt),
    Roles: profile.roleName === undefined ? [] : [listAnswer(findRole(account, profile.roleName))],
  };
}
