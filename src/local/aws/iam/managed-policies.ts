import type {
  CreatePolicyRequest,
  CreatePolicyResponse,
  DeletePolicyRequest,
  GetPolicyRequest,
  GetPolicyResponse,
  ListPoliciesRequest,
  ListPoliciesResponse,
  Policy,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { ManagedPolicy } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { iamArn, uniqueId } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import { tagList } from '../tags.ts';
import { awsPolicies } from './aws-policies.ts';
import { checkedIamTags } from './iam-tags.ts';
import { findOwnPolicy, findPolicy } from './find-policy.ts';
import { checkDocument } from './policy-document.ts';
import { versionsOf } from './policy-versions.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export function createPolicy({ account }: Call, input: CreatePolicyRequest): CreatePolicyResponse {
  const { PolicyName: name = '', PolicyDocument: document = '', Path: path = '/' } = input;
  const arn = iamArn(account, `policy${path}${name}`);
  checkDocument(document);
  if (account.store.list('policy').some((policy) => policy.name.toLowerCase() === name.toLowerCase())) {
    throw iamFault(
      'EntityAlreadyExistsException',
      `A policy called ${name} already exists. Duplicate names are not allowed.`,
    );
  }
  const policy: ManagedPolicy = {
    id: uniqueId('ANPA'),
    name,
    path,
    arn,
    document,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    createdAt: account.now().toISOString(),
    tags: checkedIamTags({}, input.Tags ?? []),
  };
  account.store.change({ kind: 'policy', id: arn, value: policy });
  const { tags } = policy;
  return {
    Policy: { ...answerOf(account, policy), ...(Object.keys(tags).length === 0 ? {} : { Tags: tagList(tags) }) },
  };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
export function getPolicy({ account }: Call, input: GetPolicyRequest): GetPolicyResponse {
  const policy = findPolicy(account, input.PolicyArn);
  return { Policy: { ...answerOf(account, policy), Description: policy.description, Tags: tagList(policy.tags) } };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export function listPolicies({ account }: Call, input: ListPoliciesRequest): ListPoliciesResponse {
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const {
    Scope: scope = 'All',
    PathPrefix: prefix = '/',
    OnlyAttached: onlyAttached,
    PolicyUsageFilter: usage,
  } = input;
  const all = [
    ...(scope === 'AWS' ? [] : account.store.list('policy')),
    ...(scope === 'Local' ? [] : awsPolicies(account)),
  ];
  const policies = all.filter(({ arn, path }) => {
    const { attached, boundaries } = usesOf(account, arn);
    const used = usage === 'PermissionsBoundary' ? boundaries : usage === 'PermissionsPolicy' ? attached : undefined;
    return path.startsWith(prefix) && used !== 0 && !(onlyAttached === true && attached === 0);
  });
  const { items, next } = pageOf(policies, ({ arn }) => arn, after, input.MaxItems ?? 100);
  return { Policies: items.map((one) => answerOf(account, one)), IsTruncated: next !== undefined, Marker: next };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
export function deletePolicy({ account }: Call, input: DeletePolicyRequest): object {
  const policy = findOwnPolicy(account, input.PolicyArn);
  const { arn } = policy;
  const { attached, boundaries } = usesOf(account, arn);
  if (attached + boundaries > 0) {
    throw iamFault('DeleteConflictException', 'Cannot delete a policy attached to entities.');
  }
  if (versionsOf(policy).all.length > 1) {
    throw iamFault(
      'DeleteConflictException',
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  }
  account.store.change({ kind: 'policy', id: arn, value: null });
  return {};
}

/** How many roles have a policy attached, and how many roles and users have it as their boundary. */
function usesOf(account: Account, arn: string): { readonly attached: number; readonly boundaries: number } {
  const roles = account.store.list('role');
  const bounded = [...roles, ...account.store.list('user')];
  return {
    attached: roles.filter((role) => role.attached?.includes(arn)).length,
    boundaries: bounded.filter(({ boundaryArn }) => boundaryArn === arn).length,
  };
}

function answerOf(account: Account, policy: ManagedPolicy): Policy {
  const { attached, boundaries } = usesOf(account, policy.arn);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: `v${versionsOf(policy).default}`,
    AttachmentCount: attached,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(versionsOf(policy).updatedAt),
  };
}
