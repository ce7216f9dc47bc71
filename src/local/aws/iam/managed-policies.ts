import type {
  CreatePolicyRequest,
  CreatePolicyResponse,
  GetPolicyRequest,
  GetPolicyResponse,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  Policy,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { ManagedPolicy } from '../entities.ts';
import { iamFault } from '../fault.ts';
import { iamArn, uniqueId } from '../identifiers.ts';
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

function findPolicy(account: Account, arn = ''): ManagedPolicy {
  const policy = account.store.get('policy', arn);
  if (policy === undefined) throw iamFault('NoSuchEntityException', `Policy ${arn} was not found.`);
  return policy;
}

function answerOf(account: Account, policy: ManagedPolicy): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: 'v1',
    AttachmentCount: 0,
    PermissionsBoundaryUsageCount: account.store.list('role').filter(({ boundaryArn }) => boundaryArn === policy.arn)
      .length,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.createdAt),
  };
}
