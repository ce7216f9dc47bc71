import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  TagResourceResponse,
  UntagResourceRequest,
  UntagResourceResponse,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import type { Repository, Tags } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { repositoryArn } from '../identifiers.ts';
import { MAX_TAGS, tagFault, tagList } from '../tags.ts';
import { findRepository, keepRepository } from './find-repository.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html */
export function tagResource({ account }: Call, input: TagResourceRequest): TagResourceResponse {
  const repository = byArn(account, input.resourceArn ?? '');
  keepRepository(account, { ...repository, tags: checkedTags(repository.tags, input.tags ?? []) });
  return {};
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UntagResource.html */
export function untagResource({ account }: Call, input: UntagResourceRequest): UntagResourceResponse {
  const repository = byArn(account, input.resourceArn ?? '');
  const gone = new Set(input.tagKeys);
  const tags = Object.fromEntries(Object.entries(repository.tags).filter(([key]) => !gone.has(key)));
  keepRepository(account, { ...repository, tags });
  return {};
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html */
export function listTagsForResource({ account }: Call, input: ListTagsForResourceRequest): ListTagsForResourceResponse {
  return { tags: tagList(byArn(account, input.resourceArn ?? '').tags) };
}

/** The name of the repository that an ARN names; `undefined` for the ARN of anything else. */
export function repositoryNameOf(account: Account, arn: string): string | undefined {
  const prefix = repositoryArn(account, '');
  return arn.startsWith(prefix) ? arn.slice(prefix.length) : undefined;
}

function byArn(account: Account, arn: string): Repository {
  const repositoryName = repositoryNameOf(account, arn);
  if (repositoryName === undefined) throw invalidParameter('resourceArn', `Invalid ARN '${arn}'`);
  return findRepository(account, { repositoryName });
}

/** Tags after adding some, within ECR's rules. */
export function checkedTags(present: Tags, added: readonly Tag[]): Tags {
  const seen = new Set<string>();
  for (const { Key = '', Value = '' } of added) {
    const fault = seen.has(Key) ? `Duplicate tag key '${Key}'` : tagFault(Key, Value);
    if (fault !== undefined) throw ecrFault('InvalidTagParameterException', fault);
    seen.add(Key);
  }
  const tags = { ...present, ...Object.fromEntries(added.map(({ Key = '', Value = '' }) => [Key, Value])) };
  if (Object.keys(tags).length > MAX_TAGS) {
    throw ecrFault('TooManyTagsException', `A repository has at most ${MAX_TAGS} tags`);
  }
  return tags;
}
