import type { ListRoleTagsRequest, ListRoleTagsResponse, Tag } from '@aws-sdk/client-iam';
import type { Tags } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { MAX_TAGS, tagFault, tagList } from '../tags.ts';

/** Tags without those of some keys, whose case does not count. */
export function tagsWithout(present: Tags, keys: readonly string[]): Tags {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(present).filter(([key]) => !gone.has(key.toLowerCase())));
}

/** A page of tags, by their keys. @throws AwsFault for a marker that is none */
export function pageOfTags(
  present: Tags,
  { Marker: marker, MaxItems: size = 100 }: Pick<ListRoleTagsRequest, 'Marker' | 'MaxItems'>,
): ListRoleTagsResponse {
  const after = readToken(marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const tags = tagList(present).sort((a, b) => (a.Key < b.Key ? -1 : 1));
  const { items, next } = pageOf(tags, ({ Key }) => Key, after, size);
  return { Tags: [...items], IsTruncated: next !== undefined, Marker: next };
}

/** Tags after adding some, within IAM's rules: a key that differs only in case is the same key. */
export function checkedIamTags(present: Tags, added: readonly Tag[]): Tags {
  const seen = new Set<string>();
  for (const { Key = '', Value = '' } of added) {
    const fault = seen.has(Key.toLowerCase())
      ? 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
      : tagFault(Key, Value);
    if (fault !== undefined) throw iamFault('InvalidInputException', fault);
    seen.add(Key.toLowerCase());
  }
  const kept = Object.entries(present).filter(([key]) => !seen.has(key.toLowerCase()));
  const tags = Object.fromEntries([...kept, ...added.map(({ Key = '', Value = '' }) => [Key, Value] as const)]);
  if (Object.keys(tags).length > MAX_TAGS) {
    throw iamFault('LimitExceededException', `The number of tags has reached the maximum limit: ${MAX_TAGS}`);
  }
  return tags;
}
