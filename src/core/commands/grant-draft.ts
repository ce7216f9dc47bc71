import { invalidInput, ServiceError, type InputError } from '../errors.ts';
import type { Caller } from '../../caller/caller.ts';
import type { Acknowledgement, Grant } from '../../model/grant.ts';
import type { GitHubId } from '../../model/ids.ts';
import { isSameName, type RepositoryName } from '../../model/names.ts';
import { isWanted } from '../../model/pending.ts';
import type { Repository } from '../../model/repository.ts';
import type { DepartmentState } from '../../model/state.ts';
import { blastRadius, type BlastRadius } from '../../policy/blast-radius.ts';
import { checkGrant, requiredAcknowledgements } from '../../policy/grant-rules.ts';
import { trustFit, grantsOfRole } from '../../policy/role-assignment.ts';
import { checkAcknowledged, checkNotPending } from './checks.ts';
import type { Situation } from './command.ts';
import type { InputOf } from '../input.ts';

type Body = InputOf<'createGrant'>['body'];

/** What is said of where a grant reaches; `null` is for nothing in particular. */
interface Narrowing {
  readonly repositories?: readonly RepositoryName[] | undefined;
  readonly refs?: readonly string[] | null | undefined;
  readonly environment?: string | null | undefined;
}

/** A grant before it has an id and a role. */
export type GrantDraft = Pick<
  Grant,
  | 'department'
  | 'organisation'
  | 'repository'
  | 'repositoryId'
  | 'repositories'
  | 'refs'
  | 'environment'
  | 'pullRequests'
>;

/** The repositories that a grant names, as far as the department has them. */
export interface GrantFacts {
  readonly named: readonly Repository[];
  /** How many repositories the department has. */
  readonly repositories: number;
}

/** The draft that a body asks for; names are spelled as registered, the id is the caller's own where it is the caller. */
export function readGrantDraft(body: Body, { department, organisations }: DepartmentState, caller: Caller): GrantDraft {
  const { organisation, repository, pullRequests = false } = body;
  const registered = organisations.find((one) => isSameName(one.login, organisation));
  const repositoryId = readRepositoryId(body, caller);
  return {
    department: department.id,
    organisation: registered?.login ?? organisation,
    repository: isCaller(organisation, repository, caller)
      ? (caller.repository.split('/')[1] ?? repository)
      : repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    ...narrowing(body),
    pullRequests,
  };
}

/** What a body says of repositories, refs and environment; what it does not name, and `null`, is left out. */
export function narrowing({
  repositories,
  refs,
  environment,
}: Narrowing): Pick<GrantDraft, 'repositories' | 'refs' | 'environment'> {
  return {
    ...(repositories === undefined ? {} : { repositories: [...repositories].sort() }),
    ...(refs === undefined || refs === null ? {} : { refs: [...refs].sort() }),
    ...(environment === undefined || environment === null ? {} : { environment }),
  };
}

/** Whether organisation and repository are those of the workflow that asks. */
export function isCaller(organisation: string, repository: string, caller: Caller): boolean {
  return isSameName(`${organisation}/${repository}`, caller.repository);
}

function readRepositoryId(body: Body, caller: Caller): GitHubId | undefined {
  const { repositoryId, organisation, repository } = body;
  const own = isCaller(organisation, repository, caller) ? (caller.repositoryId as GitHubId) : undefined;
  if (repositoryId === undefined) return own;
  if (own !== undefined && own !== repositoryId) {
    throw invalidInput([
      {
        pointer: '/body/repositoryId',
        detail: `Your own token says that ${caller.repository} has the id ${own}. Leave repositoryId out, or give that.`,
      },
    ]);
  }
  return repositoryId;
}

/**
 * Checks a draft against the rules, the department and the acknowledgements.
 * @returns what the grant reaches
 * @throws ServiceError
 */
export function checkDraft<Facts extends GrantFacts>(
  situation: Situation<'createGrant' | 'updateGrant', Facts>,
  state: DepartmentState,
  draft: GrantDraft,
): BlastRadius {
  const { config, facts, input, role } = situation;
  const organisations = state.organisations.filter(isWanted);
  const violations = checkGrant(draft, organisations, config.aws);
  const errors: InputError[] = violations.map(({ field, detail }) => ({ pointer: `/body${field}`, detail }));
  errors.push(...missingRepositories(draft, facts));
  if (errors.length > 0) {
    throw invalidInput(
      errors.map(({ pointer, detail }) => ({ pointer: inCallersList(pointer, draft, input.body), detail })),
    );
  }
  for (const repository of facts.named) checkNotPending(repository, `Repository ${repository.name}`);
  for (const organisation of state.organisations) {
    if (isSameName(organisation.login, draft.organisation))
      checkNotPending(organisation, `Organisation ${organisation.login}`);
  }
  const radius = blastRadius(draft, organisations, facts.repositories);
  const needed = requiredAcknowledgements(draft);
  checkPlatformOnly(needed, config.organisationWideBy, role);
  checkAcknowledged(needed, input.body.acknowledge, radius);
  return radius;
}

/** A draft's lists are sorted and hold each value once; a pointer must count the caller's own list. */
function inCallersList(pointer: string, draft: GrantDraft, body: Narrowing): string {
  const [, list, index, rest = ''] = /^\/body\/(refs|repositories)\/([0-9]+)(.*)$/.exec(pointer) ?? [];
  if (list !== 'refs' && list !== 'repositories') return pointer;
  const value = draft[list]?.[Number(index)];
  const given: readonly string[] = body[list] ?? [];
  const at = value === undefined ? -1 : given.indexOf(value);
  // What an update leaves as it is, the caller did not write.
  return at === -1 ? `/body/${list}` : `/body/${list}/${at}${rest}`;
}

function missingRepositories({ repositories = [] }: GrantDraft, { named }: GrantFacts): InputError[] {
  return repositories.flatMap((name, index): InputError[] =>
    named.some((repository) => repository.name === name && isWanted(repository))
      ? []
      : [
          {
            pointer: `/body/repositories/${index}`,
            detail: `The department has no repository ${name}. Create it first.`,
          },
        ],
  );
}

/** Some wide effects are the platform's to acknowledge. */
function checkPlatformOnly(needed: readonly Acknowledgement[], organisationWideBy: string, role: string): void {
  if (role === 'platform') return;
  if (needed.includes('unpinned-repository')) {
    throw invalidInput([
      {
        pointer: '/body/repositoryId',
        detail:
          'A grant for an exact repository needs its numeric id, so that nobody who re-creates the name inherits the right. Look it up with: gh api repos/OWNER/REPO --jq .id — only the platform team may acknowledge a grant without it.',
      },
    ]);
  }
  if (needed.includes('organisation-wide') && organisationWideBy === 'platform') {
    throw new ServiceError(
      'forbidden',
      'Grants that are wider than one repository are made by the platform team here.',
      {
        missed: 'Only the platform team may make a grant that is wider than one repository.',
        nearest: 'Grant one exact repository, or ask the platform team.',
      },
    );
  }
}

/** Refuses a grant that would make its role's trust policy larger than IAM lets it be. */
export function checkRoom(
  role: string,
  grants: readonly Grant[],
  state: DepartmentState,
  settings: Parameters<typeof trustFit>[2],
): void {
  const fit = trustFit(grantsOfRole(role, grants), state.organisations.filter(isWanted), settings);
  if (fit.fits) return;
  throw new ServiceError(
    'quota-exceeded',
    `The trust policy of ${role} would have ${fit.size} characters; ${fit.quota} are allowed. Make a new grant instead: it finds a role with room.`,
  );
}

/** Whether two grants say the same thing. Where ids are known they decide: a name beside the id is for people. */
export function isSameGrant(a: GrantDraft, b: GrantDraft): boolean {
  const key = (grant: GrantDraft): string =>
    JSON.stringify([
      grant.organisation.toLowerCase(),
      grant.repositoryId ?? grant.repository.toLowerCase(),
      grant.repositories ?? null,
      grant.refs ?? null,
      grant.environment ?? null,
      grant.pullRequests,
    ]);
  return key(a) === key(b);
}
