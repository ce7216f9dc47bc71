import type { Grant } from '../model/grant.ts';
import { isPattern } from '../model/grant.ts';
import type { Organisation } from '../model/organisation.ts';
import type { AwsSettings } from '../model/settings.ts';
import { oidcProviderArn } from '../model/settings.ts';
import { ASSUME_ACTION } from './actions.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import { oneOrMany, sortedSet } from './canonical.ts';
import { byCodeUnit } from '../lib/by-code-unit.ts';
import type { ConditionBlock, PolicyDocument, Statement } from './document.ts';
import { reachedOrganisations } from './organisation-reach.ts';
import { BRANCHES, TAGS, isRefPattern, isUnder } from './refs.ts';

/** What of a grant decides its trust policy. */
export type TrustedGrant = Pick<
  Grant,
  'department' | 'organisation' | 'repository' | 'repositoryId' | 'refs' | 'environment' | 'pullRequests'
>;

/** The conditions of one statement: each list is an "or", the lists together an "and". */
export interface TrustConditions {
  /** Patterns of `sub`, always both of GitHub's forms. */
  readonly subs: readonly string[];
  /** Values of `repository_id`; none: the key is not asked. */
  readonly repositoryIds: readonly string[];
  /** Values or patterns of `ref`; none: the key is not asked. */
  readonly refs: readonly string[];
}

/** The names of the condition keys that STS fills from GitHub's token. */
export function trustKeys(settings: Pick<AwsSettings, 'oidcProvider'>) {
  const key = (claim: string): string => `${settings.oidcProvider}:${claim}`;
  return { sub: key('sub'), aud: key('aud'), repositoryId: key('repository_id'), ref: key('ref') } as const;
}

/**
 * The trust policy of a push role: which workflows may assume it. The grants that are no longer wanted are left out by
 * the caller. Without a grant that can be expressed it denies, so that the role keeps its ARN and nobody can use it.
 */
export function trustPolicy(
  grants: readonly TrustedGrant[],
  organisations: readonly Organisation[],
  settings: AwsSettings,
): PolicyDocument {
  const conditions = grants.flatMap((grant) => grantConditions(grant, organisations, settings));
  return trustDocument(conditions, settings);
}

/** The document of a set of conditions, in canonical order; denies when there are none. */
export function trustDocument(conditions: readonly TrustConditions[], settings: AwsSettings): PolicyDocument {
  if (conditions.length === 0) return denyingTrustPolicy(settings);
  const statements = mergeConditions(conditions).map((merged) => allowStatement(merged, settings));
  return { Version: '2012-10-17', Statement: statements };
}

/**
 * The trust policy of a role that nobody may assume. It evaluates `sub`, as IAM asks of every trust policy with
 * GitHub's provider.
 */
export function denyingTrustPolicy(settings: AwsSettings): PolicyDocument {
  const statement: Statement = {
    Sid: 'EcpNoGrants',
    Effect: 'Deny',
    Principal: { Federated: oidcProviderArn(settings) },
    Action: ASSUME_ACTION,
    Condition: { StringLike: { [trustKeys(settings).sub]: 'repo:*' } },
  };
  return { Version: '2012-10-17', Statement: [statement] };
}

/**
 * The conditions that say who may use a grant; one for each organisation that it reaches. None when it reaches nobody,
 * or when what it is narrowed to can't be said with the keys that are switched on: then nobody may use it, rather than
 * more than were meant.
 */
export function grantConditions(
  grant: TrustedGrant,
  organisations: readonly Organisation[],
  settings: AwsSettings,
): readonly TrustConditions[] {
  const contexts = subContexts(grant, settings);
  if (contexts.length === 0) return [];
  return reachedOrganisations(grant, organisations).map((organisation) => ({
    subs: sortedSet(
      contexts.flatMap((context) =>
        subOwners(grant, organisation, settings).map((owner) => `repo:${owner}:${context}`),
      ),
    ),
    repositoryIds: isPinnedByKey(grant, settings) ? [grant.repositoryId] : [],
    refs: settings.stsKeys.ref ? sortedSet(grant.refs ?? []) : [],
  }));
}

function isPinnedByKey<T extends TrustedGrant>(
  grant: T,
  settings: AwsSettings,
): grant is T & { readonly repositoryId: NonNullable<T['repositoryId']> } {
  return settings.stsKeys.repositoryId && grant.repositoryId !== undefined;
}

/** The owner and repository of a `sub` in both of GitHub's forms: classic, and with immutable ids. */
function subOwners(grant: TrustedGrant, organisation: Organisation, settings: AwsSettings): readonly [string, string] {
  const { login, ownerId } = organisation;
  const [classic, immutable] = subRepositories(grant, settings);
  return [`${login}/${classic}`, `${login}@${ownerId}/${immutable}`];
}

function subRepositories(grant: TrustedGrant, settings: AwsSettings): readonly [string, string] {
  const { repository, repositoryId } = grant;
  if (isPattern(repository)) return [repository, repository];
  // The id is what counts; the name may change under it.
  if (isPinnedByKey(grant, settings)) return ['*', '*'];
  // `@` can't occur in a name, so that nothing but this very name stands before it, whatever `*` takes in after it.
  return [repository, `${repository}@${repositoryId ?? '*'}`];
}

/** The contexts of a `sub`: what stands after owner and repository. Never a bare `*`. */
function subContexts(grant: TrustedGrant, settings: AwsSettings): readonly string[] {
  const { environment, refs } = grant;
  if (environment !== undefined) {
    // A `sub` has room for one of them: without the key `ref` the refs would be lost.
    return refs === undefined || (settings.stsKeys.ref && refs.length > 0) ? [`environment:${environment}`] : [];
  }
  if (refs === undefined) {
    return [`ref:${BRANCHES}*`, `ref:${TAGS}*`, 'environment:*', ...(grant.pullRequests ? ['pull_request'] : [])];
  }
  if (!settings.stsKeys.ref) return refs.map((ref) => `ref:${ref}`);
  const carriers = [BRANCHES, TAGS].filter((kind) => refs.some((ref) => isUnder(ref, kind)));
  return carriers.length === 0 ? [] : [...carriers.map((kind) => `ref:${kind}*`), 'environment:*'];
}

/**
 * Conditions with those put together that allow the same together as apart. Two lists that both grow would allow one
 * grant's repository in the other's context, so that only one may differ: first the ids of equal `sub`s are joined,
 * then the `sub`s of equal ids. An unpinned statement never takes a pinned one in.
 */
export function mergeConditions(conditions: readonly TrustConditions[]): readonly TrustConditions[] {
  const byIds = joinAlike(
    conditions,
    (each) => canonicalJson([each.subs, each.refs, each.repositoryIds.length === 0]),
    (group) => ({ ...group[0], repositoryIds: sortedIds(group.flatMap((each) => each.repositoryIds)) }),
  );
  const bySubs = joinAlike(
    byIds,
    (each) => canonicalJson([each.repositoryIds, each.refs]),
    (group) => ({ ...group[0], subs: sortedSet(group.flatMap((each) => each.subs)) }),
  );
  return [...bySubs].sort((a, b) => byCodeUnit(canonicalJson(a), canonicalJson(b)));
}

type Group<T> = readonly [T, ...T[]];

function joinAlike<T>(values: readonly T[], keyOf: (value: T) => string, join: (group: Group<T>) => T): readonly T[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return [...groups.values()].map(join);
}

/** Numeric ids in numeric order, without repeats. */
function sortedIds(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort((a, b) => a.length - b.length || byCodeUnit(a, b));
}

function allowStatement(conditions: TrustConditions, settings: AwsSettings): Statement {
  return {
    Effect: 'Allow',
    Principal: { Federated: oidcProviderArn(settings) },
    Action: ASSUME_ACTION,
    Condition: conditionBlock(conditions, settings),
  };
}

function conditionBlock({ subs, repositoryIds, refs }: TrustConditions, settings: AwsSettings): ConditionBlock {
  const keys = trustKeys(settings);
  const isLike = refs.some(isRefPattern);
  return {
    StringEquals: {
      [keys.aud]: settings.stsAudience,
      ...(repositoryIds.length === 0 ? {} : { [keys.repositoryId]: oneOrMany(repositoryIds) }),
      ...(refs.length === 0 || isLike ? {} : { [keys.ref]: oneOrMany(refs) }),
    },
    StringLike: {
      [keys.sub]: oneOrMany(subs),
      ...(isLike ? { [keys.ref]: oneOrMany(refs) } : {}),
    },
  };
}
