import type { Grant } from '../model/grant.ts';

/** Branch and tag filters of a push trigger, in GitHub's glob syntax. */
export type PushFilters = {
  readonly branches?: readonly string[];
  readonly tags?: readonly string[];
};

/** The `on:` block of a generated workflow. `null` is an event without filters. */
export type Triggers = {
  readonly push?: PushFilters;
  readonly pull_request?: null;
  readonly workflow_dispatch: null;
};

/** The triggers that a grant lets through, and the refs that no trigger can be written for. */
export interface GrantTriggers {
  readonly on: Triggers;
  /** Refs of the grant that need a start by hand, because GitHub has no push filter that means exactly them. */
  readonly byHandOnly: readonly string[];
}

const BRANCHES = 'refs/heads/';
const TAGS = 'refs/tags/';
const PULL_REQUESTS = 'refs/pull/';

/**
 * Derives the events on which a grant's workflow can assume the push role, so that the file never starts where AWS
 * would refuse it. `workflow_dispatch` is always there: it is how a first run is started by hand.
 */
export function triggersOf(grant: Pick<Grant, 'refs' | 'pullRequests'>): GrantTriggers {
  const refs = grant.refs ?? [`${BRANCHES}*`, `${TAGS}*`];
  const branches = filtersIn(BRANCHES, refs);
  const tags = filtersIn(TAGS, refs);
  const push: PushFilters = {
    ...(branches.length > 0 && { branches }),
    ...(tags.length > 0 && { tags }),
  };
  return {
    on: {
      ...(Object.keys(push).length > 0 && { push }),
      ...(runsOnPullRequests(grant) && { pull_request: null }),
      workflow_dispatch: null,
    },
    byHandOnly: refs.filter((ref) => !canBeFilter(ref) && !reaches(ref, PULL_REQUESTS)),
  };
}

/** A pull request's token says `refs/pull/N/merge`: refs that leave that out shut pull requests out. */
function runsOnPullRequests(grant: Pick<Grant, 'refs' | 'pullRequests'>): boolean {
  return grant.pullRequests && (grant.refs === undefined || grant.refs.some((ref) => reaches(ref, PULL_REQUESTS)));
}

function filtersIn(namespace: string, refs: readonly string[]): readonly string[] {
  const filters = refs.filter(canBeFilter).flatMap((ref) => filterIn(namespace, ref) ?? []);
  return filters.includes('**') ? ['**'] : [...new Set(filters)];
}

/** The filter for one ref of a grant in one namespace, or nothing when it means no ref there. */
function filterIn(namespace: string, ref: string): string | undefined {
  if (!reaches(ref, namespace)) return undefined;
  if (!ref.endsWith('*')) return escapeGlob(ref.slice(namespace.length));
  // IAM's `*` crosses `/`, GitHub's does not: `**` is the one that means the same.
  return `${escapeGlob(ref.slice(0, -1).slice(namespace.length))}**`;
}

/** Whether a ref, exact or with one trailing `*`, means any ref of a namespace. */
function reaches(ref: string, namespace: string): boolean {
  const prefix = ref.endsWith('*') ? ref.slice(0, -1) : ref;
  if (prefix.startsWith(namespace)) return ref.endsWith('*') || prefix.length > namespace.length;
  return ref.endsWith('*') && namespace.startsWith(prefix);
}

/** GitHub reads `${{` anywhere as the start of an expression, and allows none in `on:`. */
function canBeFilter(ref: string): boolean {
  return !ref.includes('${{') && (reaches(ref, BRANCHES) || reaches(ref, TAGS));
}

/**
 * Takes the special meaning from the characters that have one in a filter.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 */
function escapeGlob(text: string): string {
  return text.replace(/[*?+[\]\\]|^!/g, String.raw`\$&`);
}
