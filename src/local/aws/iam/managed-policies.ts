import type {
  CreatePolicyRequest,
  CreatePolicyResponse,
  DeletePolicyRequest,
  GetPolicyRequest,
  GetPolicyResponse,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  ListPoliciesRequest,
  ListPoliciesResponse,
  ListPolicyVersionsRequest,
  ListPolicyVersionsResponse,
  Policy,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { ManagedPolicy } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { iamArn, uniqueId } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import { parsePolicy } from '../policy-syntax.ts';
import { tagList } from '../tags.ts';
import { checkedIamTags } from './iam-tags.ts';
import { sizeOf } from './roles.ts';

/** Characters of a managed policy, whitespace not counted; AWS does not raise it. */
const MAX_SIZE = 6144;

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export function createPolicy({ account }: Call, input: CreatePolicyRequest): CreatePolicyResponse {
  const { PolicyName: name = '', PolicyDocument: document = '', Path: path = '/' } = input;
  const arn = iamArn(account, `policy${path}${name}`);
  const { fault } = parsePolicy(document, 'identity');
  if (fault !== undefined) throw iamFault('MalformedPolicyDocumentException', fault);
  if (sizeOf(document) > MAX_SIZE)
    throw iamFault('LimitExceededException', `Cannot exceed quota for PolicySize: ${MAX_SIZE}`);
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
  return { Policy: answerOf(account, policy) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
export function getPolicy({ account }: Call, input: GetPolicyRequest): GetPolicyResponse {
  const policy = findPolicy(account, input.PolicyArn);
  return { Policy: { ...answerOf(account, policy), Description: policy.description, Tags: tagList(policy.tags) } };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
export function getPolicyVersion({ account }: Call, input: GetPolicyVersionRequest): GetPolicyVersionResponse {
  const policy = findPolicy(account, input.PolicyArn);
  if (input.VersionId !== 'v1') {
    throw iamFault('NoSuchEntityException', `Policy ${policy.arn} version ${input.VersionId} does not exist.`);
  }
  return {
    PolicyVersion: {
      Document: encodeURIComponent(policy.document),
      VersionId: 'v1',
      IsDefaultVersion: true,
      CreateDate: new Date(policy.createdAt),
    },
  };
}

/** Only the account's own: AWS's are not here. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export function listPolicies({ account }: Call, input: ListPoliciesRequest): ListPoliciesResponse {
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const {
    Scope: scope = 'All',
    PathPrefix: prefix = '/',
    OnlyAttached: onlyAttached,
    PolicyUsageFilter: usage,
  } = input;
  const policies = account.store.list('policy').filter(({ arn, path }) => {
    const { attached, boundaries } = usesOf(account, arn);
    const used = usage === 'PermissionsBoundary' ? boundaries : usage === 'PermissionsPolicy' ? attached : undefined;
    return scope !== 'AWS' && path.startsWith(prefix) && used !== 0 && !(onlyAttached === true && attached === 0);
  });
  const { items, next } = pageOf(policies, ({ arn }) => arn, after, input.MaxItems ?? 100);
  return { Policies: items.map((one) => answerOf(account, one)), IsTruncated: next !== undefined, Marker: next };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export function listPolicyVersions({ account }: Call, input: ListPolicyVersionsRequest): ListPolicyVersionsResponse {
  const { createdAt } = findPolicy(account, input.PolicyArn);
  const version = { VersionId: 'v1', IsDefaultVersion: true, CreateDate: new Date(createdAt) };
  return { Versions: [version], IsTruncated: false };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
export function deletePolicy({ account }: Call, input: DeletePolicyRequest): object {
  const { arn } = findPolicy(account, input.PolicyArn);
  const { attached, boundaries } = usesOf(account, arn);
  if (attached + boundaries > 0) {
    throw iamFault('DeleteConflictException', 'Cannot delete a policy attached to entities.');
  }
  account.store.change({ kind: 'policy', id: arn, value: null });
  return {};
}

/** A managed policy by ARN, or IAM's `NoSuchEntity`. */
export function findPolicy(account: Account, arn = ''): ManagedPolicy {
  const policy = account.store.get('policy', arn);
  if (policy === undefined) throw iamFault('NoSuchEntityException', `Policy ${arn} was not found.`);
  return policy;
}

/** How many roles have a policy attached, and how many have it as their boundary. */
function usesOf(account: Account, arn: string): { readonly attached: number; readonly boundaries: number } {
  const roles = account.store.list('role');
  return {
    attached: roles.filter((role) => role.attached?.includes(arn)).length,
    boundaries: roles.filter(({ boundaryArn }) => boundaryArn === arn).length,
  };
}

function answerOf(account: Account, policy: ManagedPolicy): Policy {
  const { attached, boundaries } = usesOf(account, policy.arn);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: 'v1',
    AttachmentCount: attached,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.createdAt),
  };
}
