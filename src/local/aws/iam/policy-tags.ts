import type {
  ListPolicyTagsRequest,
  ListPolicyTagsResponse,
  TagPolicyRequest,
  UntagPolicyRequest,
} from '@aws-sdk/client-iam';
import type { Call } from '../account.ts';
import { findOwnPolicy, findPolicy, keepPolicy } from './find-policy.ts';
import { checkedIamTags, pageOfTags, tagsWithout } from './iam-tags.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html */
export function tagPolicy({ account }: Call, input: TagPolicyRequest): object {
  const policy = findOwnPolicy(account, input.PolicyArn);
  keepPolicy(account, { ...policy, tags: checkedIamTags(policy.tags, input.Tags ?? []) });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html */
export function untagPolicy({ account }: Call, input: UntagPolicyRequest): object {
  const policy = findOwnPolicy(account, input.PolicyArn);
  keepPolicy(account, { ...policy, tags: tagsWithout(policy.tags, input.TagKeys ?? []) });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html */
export function listPolicyTags({ account }: Call, input: ListPolicyTagsRequest): ListPolicyTagsResponse {
  return pageOfTags(findPolicy(account, input.PolicyArn).tags, input);
}
