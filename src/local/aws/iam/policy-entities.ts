import type { ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse } from '@aws-sdk/client-iam';
import type { Call } from '../account.ts';
import type { Role } from '../entities.ts';
import { AwsFault } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { findPolicy } from './find-policy.ts';

/** Who has a managed policy attached, or as boundary: roles, there being no others. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export function listEntitiesForPolicy(
  { account }: Call,
  input: ListEntitiesForPolicyRequest,
): ListEntitiesForPolicyResponse {
  const { arn } = findPolicy(account, input.PolicyArn);
  const { EntityFilter: kind = 'Role', PathPrefix: prefix = '/', PolicyUsageFilter: usage } = input;
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const uses = ({ attached = [], boundaryArn }: Role): boolean =>
    (usage !== 'PermissionsBoundary' && attached.includes(arn)) ||
    (usage !== 'PermissionsPolicy' && boundaryArn === arn);
  const roles = kind === 'Role' ? account.store.list('role') : [];
  const { items, next } = pageOf(
    roles.filter((role) => role.path.startsWith(prefix) && uses(role)),
    ({ name }) => name.toLowerCase(),
    after,
    input.MaxItems ?? 100,
  );
  return {
    PolicyGroups: [],
    PolicyUsers: [],
    PolicyRoles: items.map(({ name, id }) => ({ RoleName: name, RoleId: id })),
    IsTruncated: next !== undefined,
    Marker: next,
  };
}
