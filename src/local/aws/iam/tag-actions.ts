import type { ListRoleTagsRequest, ListRoleTagsResponse, Tag } from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { Tags } from '../entities.ts';
import { findInstanceProfile, keepInstanceProfile } from './find-instance-profile.ts';
import { findOwnPolicy, findPolicy, keepPolicy } from './find-policy.ts';
import { findRole, keepRole } from './find-role.ts';
import { findUser, keepUser } from './find-user.ts';
import { checkedIamTags, pageOfTags, tagsWithout } from './iam-tags.ts';
import { findProvider, keepProvider } from './providers.ts';

/** How the calls on one kind of entity find it and keep it. */
interface Tagged<Named, Entity extends { readonly tags: Tags }> {
  /** @throws AwsFault where there is none */
  readonly find: (account: Account, input: Named) => Entity;
  /** The same for one that is to be changed, where not each of them may be. */
  readonly findOwn?: (account: Account, input: Named) => Entity;
  readonly keep: (account: Account, entity: Entity) => void;
}

/**
 * The three calls by which IAM tags one kind of entity; they differ in how it is named and in nothing else.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
 */
function tagActions<Named, Entity extends { readonly tags: Tags }>({
  find,
  findOwn = find,
  keep,
}: Tagged<Named, Entity>) {
  return {
    tag: ({ account }: Call, input: Named & { readonly Tags: readonly Tag[] | undefined }): object => {
      const entity = findOwn(account, input);
      keep(account, { ...entity, tags: checkedIamTags(entity.tags, input.Tags ?? []) });
      return {};
    },
    untag: ({ account }: Call, input: Named & { readonly TagKeys: readonly string[] | undefined }): object => {
      const entity = findOwn(account, input);
      keep(account, { ...entity, tags: tagsWithout(entity.tags, input.TagKeys ?? []) });
      return {};
    },
    list: ({ account }: Call, input: Named & Pick<ListRoleTagsRequest, 'Marker' | 'MaxItems'>): ListRoleTagsResponse =>
      pageOfTags(find(account, input).tags, input),
  };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html and its two neighbours */
export const roleTags = tagActions({
  find: (account, { RoleName }: { readonly RoleName: string | undefined }) => findRole(account, RoleName),
  keep: keepRole,
});

/** AWS's own policies are listed and not changed. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html and its two neighbours */
export const policyTags = tagActions({
  find: (account, { PolicyArn }: { readonly PolicyArn: string | undefined }) => findPolicy(account, PolicyArn),
  findOwn: (account, { PolicyArn }) => findOwnPolicy(account, PolicyArn),
  keep: keepPolicy,
});

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html and its two neighbours */
export const userTags = tagActions({
  find: (account, { UserName }: { readonly UserName: string | undefined }) => findUser(account, UserName),
  keep: keepUser,
});

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagInstanceProfile.html and its two neighbours */
export const instanceProfileTags = tagActions({
  find: (account, { InstanceProfileName }: { readonly InstanceProfileName: string | undefined }) =>
    findInstanceProfile(account, InstanceProfileName),
  keep: keepInstanceProfile,
});

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagOpenIDConnectProvider.html and its two neighbours */
export const providerTags = tagActions({
  find: (account, { OpenIDConnectProviderArn }: { readonly OpenIDConnectProviderArn: string | undefined }) =>
    findProvider(account, OpenIDConnectProviderArn),
  keep: keepProvider,
});
