import type { ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse } from '@aws-sdk/client-iam';
import type { Call } from '../account.ts';
import type { Role } from '../entities.ts';
import { AwsFault } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { findPolicy } from './find-policy.ts';

/** Who has a managed policy attached, or as boundary: roles, and of boundaries users. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export function listEntitiesForPolicy(
  { account }: Call,
  input: ListEntitiesForPolicyRequest,
): ListEntitiesForPolicyResponse {
  const { arn } = findPolicy(account, input.PolicyArn);
  const { EntityFilter: kind, PathPrefix: prefix = '/', PolicyUsageFilter: usage } = input;
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const uses = ({ path, boundaryArn, attached = [] }: Pick<Role, 'path' | 'boundaryArn' | 'attached'>): boolean =>
    path.startsWith(prefix) &&
    ((usage !== 'PermissionsBoundary' && attached.includes(arn)) ||
      (usage !== 'PermissionsPolicy' && boundaryArn === arn));
  const entities = [
    ...account.store.list('role').map((role) => ({ key: `role/${role.name}`, is: 'Role', ...role })),
    ...account.store.list('user').map((user) => ({ key: `user/${user.name}`, is: 'User', ...user })),
  ].filter((entity) => uses(entity) && (kind === undefined || kind === entity.is));
  const sorted = entities.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const { items, next } = pageOf(sorted, ({ key }) => key, after, input.MaxItems ?? 100);
  return {
    PolicyGroups: [],
    PolicyUsers: items.filter(({ is }) => is === 'User').map(({ name, id }) => ({ UserName: name, UserId: id })),
    PolicyRoles: items.filter(({ is }) => is === 'Role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
    IsTruncated: next !== undefined,
    Marker: next,
  };
}
