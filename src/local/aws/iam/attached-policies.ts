import type {
  AttachRolePolicyRequest,
  DetachRolePolicyRequest,
  ListAttachedRolePoliciesRequest,
  ListAttachedRolePoliciesResponse,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { Role } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { findRole, keepRole } from './find-role.ts';
import { findPolicy } from './find-policy.ts';

/** Managed policies of one role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_ATTACHED = 10;

/** One that is attached already is no error. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html */
export function attachRolePolicy({ account }: Call, input: AttachRolePolicyRequest): object {
  const role = findRole(account, input.RoleName);
  const { arn } = findPolicy(account, input.PolicyArn);
  const attached = [...new Set([...(role.attached ?? []), arn])];
  if (attached.length > MAX_ATTACHED)
    throw iamFault('LimitExceededException', `Cannot exceed quota for PoliciesPerRole: ${MAX_ATTACHED}`);
  keepRole(account, { ...role, attached });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html */
export function detachRolePolicy({ account }: Call, input: DetachRolePolicyRequest): object {
  const role = findRole(account, input.RoleName);
  const { PolicyArn: arn = '' } = input;
  if (role.attached?.includes(arn) !== true) throw iamFault('NoSuchEntityException', `Policy ${arn} was not found.`);
  keepRole(account, { ...role, attached: role.attached.filter((other) => other !== arn) });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html */
export function listAttachedRolePolicies(
  { account }: Call,
  input: ListAttachedRolePoliciesRequest,
): ListAttachedRolePoliciesResponse {
  const role = findRole(account, input.RoleName);
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const policies = (role.attached ?? [])
    .toSorted()
    .map((arn) => findPolicy(account, arn))
    .filter(({ path }) => path.startsWith(input.PathPrefix ?? '/'));
  const { items, next } = pageOf(policies, ({ arn }) => arn, after, input.MaxItems ?? 100);
  return {
    AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })),
    IsTruncated: next !== undefined,
    Marker: next,
  };
}

/** All that a role's policies say: its own, and those that are attached to it. */
export function policyTextsOf(account: Account, role: Role): readonly string[] {
  const attached = (role.attached ?? []).map((arn) => findPolicy(account, arn).document);
  return [...Object.values(role.policies), ...attached];
}
