import type {
  DeleteRolePolicyRequest,
  GetRolePolicyRequest,
  GetRolePolicyResponse,
  ListRolePoliciesRequest,
  ListRolePoliciesResponse,
  PutRolePolicyRequest,
} from '@aws-sdk/client-iam';
import type { Call } from '../account.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { parsePolicy } from '../policy-syntax.ts';
import { findRole, keepRole } from './find-role.ts';
import { sizeOf } from './roles.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export function putRolePolicy({ account }: Call, input: PutRolePolicyRequest): object {
  const role = findRole(account, input.RoleName);
  const { PolicyName: name = '', PolicyDocument: text = '' } = input;
  const { fault } = parsePolicy(text, 'identity');
  if (fault !== undefined) throw iamFault('MalformedPolicyDocumentException', fault);
  const policies = { ...role.policies, [name]: text };
  const size = Object.values(policies).reduce((sum, policy) => sum + sizeOf(policy), 0);
  if (size > account.quotas.rolePolicySize) {
    throw iamFault(
      'LimitExceededException',
      `Maximum policy size of ${account.quotas.rolePolicySize} bytes exceeded for role ${role.name}`,
    );
  }
  keepRole(account, { ...role, policies });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export function getRolePolicy({ account }: Call, input: GetRolePolicyRequest): GetRolePolicyResponse {
  const role = findRole(account, input.RoleName);
  const { PolicyName: name = '' } = input;
  const policy = Object.hasOwn(role.policies, name) ? role.policies[name] : undefined;
  if (policy === undefined) throw noSuchPolicy(name);
  return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(policy) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
export function deleteRolePolicy({ account }: Call, input: DeleteRolePolicyRequest): object {
  const role = findRole(account, input.RoleName);
  const { PolicyName: name = '' } = input;
  if (!Object.hasOwn(role.policies, name)) throw noSuchPolicy(name);
  const policies = Object.fromEntries(Object.entries(role.policies).filter(([other]) => other !== name));
  keepRole(account, { ...role, policies });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html */
export function listRolePolicies({ account }: Call, input: ListRolePoliciesRequest): ListRolePoliciesResponse {
  const role = findRole(account, input.RoleName);
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const names = Object.keys(role.policies).sort();
  const { items, next } = pageOf(names, (name) => name, after, input.MaxItems ?? 100);
  return { PolicyNames: [...items], IsTruncated: next !== undefined, Marker: next };
}

function noSuchPolicy(name: string): AwsFault {
  return iamFault('NoSuchEntityException', `The role policy with name ${name} cannot be found.`);
}
