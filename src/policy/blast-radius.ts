import { isPattern } from '../model/grant.ts';
import type { Organisation } from '../model/organisation.ts';
import type { GrantDraft } from './grant-rules.ts';
import { reachedOrganisations } from './organisation-reach.ts';

/** What a grant reaches: on GitHub's side who may push, on ECR's side where to. */
export interface BlastRadius {
  /** GitHub owners, as registered. */
  readonly owners: readonly { readonly login: string; readonly ownerId: string }[];
  /** GitHub repositories, one line an owner. */
  readonly gitHubRepositories: readonly {
    readonly owner: string;
    /** A name, or a pattern with a trailing `*`. */
    readonly repository: string;
    readonly isPattern: boolean;
    /** Set: only the repository with this id. */
    readonly repositoryId?: string;
  }[];
  /** Refs that may push: exact, or with a trailing `*`. */
  readonly refs: readonly string[];
  /** Environments that may push; `*` for any. */
  readonly environments: readonly string[];
  readonly pullRequests: boolean;
  /** ECR repositories; `names` is absent where it is all of the department's, those to come included. */
  readonly repositories: { readonly count: number; readonly names?: readonly string[] };
  /** All of it in one sentence, for people. */
  readonly sentence: string;
}

/**
 * What a grant reaches.
 * @param repositoryCount how many ECR repositories the department has.
 */
export function blastRadius(
  grant: GrantDraft,
  organisations: readonly Organisation[],
  repositoryCount: number,
): BlastRadius {
  const owners = reachedOrganisations(grant, organisations).map(({ login, ownerId }) => ({ login, ownerId }));
  const radius = {
    owners,
    gitHubRepositories: owners.map(({ login }) => ({
      owner: login,
      repository: grant.repository,
      isPattern: isPattern(grant.repository),
      ...(grant.repositoryId === undefined ? {} : { repositoryId: grant.repositoryId }),
    })),
    refs: grant.refs ?? (grant.environment === undefined ? ['refs/heads/*', 'refs/tags/*'] : []),
    environments: [grant.environment ?? '*'],
    pullRequests: grant.pullRequests,
    repositories:
      grant.repositories === undefined
        ? { count: repositoryCount }
        : { count: grant.repositories.length, names: grant.repositories },
  };
  return { ...radius, sentence: sentenceOf(grant, radius) };
}

function sentenceOf(grant: GrantDraft, radius: Omit<BlastRadius, 'sentence'>): string {
  if (radius.owners.length === 0) return 'Nobody: the grant reaches no registered organisation.';
  return `${whoMayPush(radius)} may push ${fromWhere(grant)} to ${whereTo(radius)}.`;
}

function whoMayPush({ gitHubRepositories }: Pick<BlastRadius, 'gitHubRepositories'>): string {
  const names = gitHubRepositories.map(({ owner, repository, repositoryId }) => {
    if (repository === '*') return `every repository of ${owner}`;
    if (isPattern(repository)) return `every repository ${owner}/${repository}`;
    return repositoryId === undefined
      ? `any repository named ${owner}/${repository}`
      : `${owner}/${repository} (id ${repositoryId})`;
  });
  const text = inWords(names);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fromWhere(grant: GrantDraft): string {
  const on = grant.refs === undefined ? undefined : `on ${inWords(grant.refs)}`;
  const within = grant.environment === undefined ? undefined : `in the environment ${grant.environment}`;
  if (on !== undefined || within !== undefined) return [on, within].filter((part) => part !== undefined).join(', ');
  return `from any branch, tag or environment${grant.pullRequests ? ', and from pull requests,' : ''}`;
}

function whereTo({ repositories }: Pick<BlastRadius, 'repositories'>): string {
  if (repositories.names !== undefined) return inWords(repositories.names);
  return `all repositories of the department (${repositories.count} today, and those to come)`;
}

function inWords(items: readonly string[]): string {
  return items.length <= 1 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
