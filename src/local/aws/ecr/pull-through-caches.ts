import type {
  CreatePullThroughCacheRuleRequest,
  CreatePullThroughCacheRuleResponse,
  DeletePullThroughCacheRuleRequest,
  DeletePullThroughCacheRuleResponse,
  DescribePullThroughCacheRulesRequest,
  DescribePullThroughCacheRulesResponse,
  UpdatePullThroughCacheRuleRequest,
  UpdatePullThroughCacheRuleResponse,
  UpstreamRegistry,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import type { PullThroughCacheRule } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { ownRegistry } from './own-registry.ts';

/** Rules of one registry: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
const MAX_RULES = 50;

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html */
const UPSTREAMS: readonly (readonly [RegExp, UpstreamRegistry])[] = [
  [/^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z0-9.]+$/, 'ecr'],
  [/^public\.ecr\.aws$/, 'ecr-public'],
  [/^quay\.io$/, 'quay'],
  [/^registry\.k8s\.io$/, 'k8s'],
  [/^registry-1\.docker\.io$/, 'docker-hub'],
  [/^ghcr\.io$/, 'github-container-registry'],
  [/^[a-z0-9-]+\.azurecr\.io$/, 'azure-container-registry'],
  [/^registry\.gitlab\.com$/, 'gitlab-container-registry'],
  [/^cgr\.dev$/, 'chainguard'],
];

/** Nothing is pulled through: the rule is kept, its secret and its role are not looked at. @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html */
export function createPullThroughCacheRule(
  { account }: Call,
  input: CreatePullThroughCacheRuleRequest,
): CreatePullThroughCacheRuleResponse {
  ownRegistry(account, input);
  const { ecrRepositoryPrefix: prefix = '', upstreamRegistryUrl: url = '' } = input;
  const upstream = UPSTREAMS.find(([host]) => host.test(url))?.[1];
  if (upstream === undefined || (input.upstreamRegistry ?? upstream) !== upstream)
    throw ecrFault('UnsupportedUpstreamRegistryException', `The upstream registry '${url}' is not supported`);
  if (account.store.get('pullThroughCacheRule', prefix) !== undefined)
    throw ecrFault(
      'PullThroughCacheRuleAlreadyExistsException',
      `A pull through cache rule with the prefix '${prefix}' already exists in the registry with id '${account.id}'`,
    );
  if (account.store.count('pullThroughCacheRule') >= MAX_RULES)
    throw ecrFault('LimitExceededException', `A registry has at most ${MAX_RULES} pull through cache rules`);
  const now = account.now().toISOString();
  const rule: PullThroughCacheRule = {
    prefix,
    url,
    upstream,
    upstreamPrefix: input.upstreamRepositoryPrefix ?? 'ROOT',
    createdAt: now,
    updatedAt: now,
    ...accessOf(input),
  };
  account.store.change({ kind: 'pullThroughCacheRule', id: prefix, value: rule });
  return { registryId: account.id, ...answerOf(rule) };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribePullThroughCacheRules.html */
export function describePullThroughCacheRules(
  { account }: Call,
  input: DescribePullThroughCacheRulesRequest,
): DescribePullThroughCacheRulesResponse {
  ownRegistry(account, input);
  const after = readToken(input.nextToken, () => invalidParameter('nextToken', 'Invalid token'));
  const rules =
    input.ecrRepositoryPrefixes?.map((prefix) => findRule(account, prefix)) ??
    account.store.list('pullThroughCacheRule');
  const { items, next } = pageOf(
    rules.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1)),
    ({ prefix }) => prefix,
    after,
    input.maxResults ?? 100,
  );
  return {
    pullThroughCacheRules: items.map((rule) => ({
      registryId: account.id,
      ...answerOf(rule),
      updatedAt: new Date(rule.updatedAt),
    })),
    nextToken: next,
  };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdatePullThroughCacheRule.html */
export function updatePullThroughCacheRule(
  { account }: Call,
  input: UpdatePullThroughCacheRuleRequest,
): UpdatePullThroughCacheRuleResponse {
  ownRegistry(account, input);
  const rule = {
    ...findRule(account, input.ecrRepositoryPrefix),
    ...accessOf(input),
    updatedAt: account.now().toISOString(),
  };
  account.store.change({ kind: 'pullThroughCacheRule', id: rule.prefix, value: rule });
  const { ecrRepositoryPrefix, credentialArn, customRoleArn, upstreamRepositoryPrefix } = answerOf(rule);
  return {
    registryId: account.id,
    ecrRepositoryPrefix,
    updatedAt: new Date(rule.updatedAt),
    credentialArn,
    customRoleArn,
    upstreamRepositoryPrefix,
  };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeletePullThroughCacheRule.html */
export function deletePullThroughCacheRule(
  { account }: Call,
  input: DeletePullThroughCacheRuleRequest,
): DeletePullThroughCacheRuleResponse {
  ownRegistry(account, input);
  const rule = findRule(account, input.ecrRepositoryPrefix);
  account.store.change({ kind: 'pullThroughCacheRule', id: rule.prefix, value: null });
  const { upstreamRegistry: _, ...answer } = answerOf(rule);
  return { registryId: account.id, ...answer };
}

function findRule(account: Account, prefix = ''): PullThroughCacheRule {
  const rule = account.store.get('pullThroughCacheRule', prefix);
  if (rule === undefined)
    throw ecrFault(
      'PullThroughCacheRuleNotFoundException',
      `The pull through cache rule with the prefix '${prefix}' does not exist in the registry with id '${account.id}'`,
    );
  return rule;
}

/** What opens the upstream registry, as far as a request gives it. */
function accessOf({
  credentialArn,
  customRoleArn,
}: Pick<UpdatePullThroughCacheRuleRequest, 'credentialArn' | 'customRoleArn'>): Pick<
  PullThroughCacheRule,
  'credentialArn' | 'customRoleArn'
> {
  return {
    ...(credentialArn === undefined ? {} : { credentialArn }),
    ...(customRoleArn === undefined ? {} : { customRoleArn }),
  };
}

function answerOf(rule: PullThroughCacheRule) {
  return {
    ecrRepositoryPrefix: rule.prefix,
    upstreamRegistryUrl: rule.url,
    upstreamRegistry: rule.upstream,
    upstreamRepositoryPrefix: rule.upstreamPrefix,
    createdAt: new Date(rule.createdAt),
    credentialArn: rule.credentialArn,
    customRoleArn: rule.customRoleArn,
  };
}
