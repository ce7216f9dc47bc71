/** What happened on GitHub, as a run of a workflow sees it. */
import type { ContextValue } from './expression.ts';

/** An event of a GitHub repository that may start a workflow. */
export interface RunEvent {
  readonly name: 'push' | 'pull_request' | 'workflow_dispatch';
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** Such as `refs/heads/main`; of a pull request `refs/pull/N/merge`. */
  readonly ref: string;
  /** Commit, 40 hexadecimal digits. */
  readonly sha: string;
  readonly runId: string;
  /** Which form the repository's `sub` has. */
  readonly form: 'classic' | 'immutable';
  /** `OWNER/NAME` where a pull request comes from. */
  readonly headRepository?: string;
  readonly defaultBranch: string;
}

/** Whether a ref is a tag's or a branch's, as GitHub tells it. */
export function refTypeOf({ ref }: Pick<RunEvent, 'ref'>): 'branch' | 'tag' {
  return ref.startsWith('refs/tags/') ? 'tag' : 'branch';
}

/** A ref as people write it: `main`, `v1.2.3`, `7/merge`. */
export function refNameOf({ ref }: Pick<RunEvent, 'ref'>): string {
  return ref.replace(/^refs\/(?:heads|tags|pull)\//, '');
}

/**
 * The `github` context, as far as workflows of this project read it.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context
 */
export function gitHubContext(event: RunEvent): { readonly [name: string]: ContextValue } {
  return {
    event_name: event.name,
    ref: event.ref,
    ref_name: refNameOf(event),
    ref_type: refTypeOf(event),
    repository: event.repository,
    run_id: event.runId,
    server_url: 'https://github.com',
    sha: event.sha,
    event: {
      repository: { default_branch: event.defaultBranch },
      ...(event.headRepository === undefined
        ? {}
        : { pull_request: { head: { repo: { full_name: event.headRepository } } } }),
    },
  };
}

/**
 * The variables that every step has.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables
 */
export function defaultVariables(event: RunEvent): Readonly<Record<string, string>> {
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: refNameOf(event),
    GITHUB_REF_TYPE: refTypeOf(event),
    GITHUB_REPOSITORY: event.repository,
    GITHUB_RUN_ID: event.runId,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: event.sha,
    RUNNER_OS: 'Linux',
  };
}
