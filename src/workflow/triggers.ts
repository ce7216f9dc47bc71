import type { Grant } from '../model/grant.ts';
import { BRANCHES, isRefPattern, isUnder, TAGS } from '../policy/refs.ts';

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

/**
 * Derives the events on which a grant's workflow can assume the push role, so that the file never starts where AWS
 * would refuse it. `workflow_dispatch` is always there: it is how a first run is started by hand.
 */
export function triggersOf(grant: Pick<Grant, 'refs' | 'pullRequests'>): GrantTriggers {
  const refs = grant.refs ?? [`${BRANCHES}*`, `${TAGS}*`];
  const branches = filtersUnder(BRANCHES, refs);
  const tags = filtersUnder(TAGS, refs);
  const push: PushFilters = {
    ...(branches.length > 0 && { branches }),
    ...(tags.length > 0 && { tags }),
  };
  return {
    on: {
      ...(Object.keys(push).length > 0 && { push }),
      // A pull request's own ref is `refs/pull/N/merge`: refs of branches and tags shut pull requests out.
      ...(grant.pullRequests && grant.refs === undefined && { pull_request: null }),
      workflow_dispatch: null,
    },
    byHandOnly: refs.filter((ref) => filterOf(BRANCHES, ref) === undefined && filterOf(TAGS, ref) === undefined),
  };
}

function filtersUnder(namespace: string, refs: readonly string[]): readonly string[] {
  const filters = refs.flatMap((ref) => filterOf(namespace, ref) ?? []);
  return filters.includes('**') ? ['**'] : [...new Set(filters)];
}

/** The filter for a ref of a grant in one namespace; none when it means no ref there, or no filter can say it. */
function filterOf(namespace: string, ref: string): string | undefined {
  // GitHub reads `${{` anywhere as the start of an expression, and allows none in `on:`.
  if (!isUnder(ref, namespace) || ref === namespace || ref.includes('${{')) return undefined;
  if (!isRefPattern(ref)) return escapeFilter(ref.slice(namespace.length));
  // IAM's `*` crosses `/`, GitHub's does not: `**` is the one that means the same.
  return `${escapeFilter(ref.slice(namespace.length, -1))}**`;
}

/**
 * Takes the special meaning from the characters that have one in a filter.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 */
function escapeFilter(text: string): string {
  return text.replace(/[*?+[\]\\]|^!/g, String.raw`\$&`);
}
