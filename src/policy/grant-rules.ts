import type { Acknowledgement } from '../model/grant.ts';
import type { Grant } from '../model/grant.ts';
import { isPattern, isWide } from '../model/grant.ts';
import { isGitHubId } from '../model/ids.ts';
import { isGitHubRepositoryName, isOrganisationLogin, isRepositoryName, isSameName } from '../model/names.ts';
import type { Organisation } from '../model/organisation.ts';
import type { AwsSettings } from '../model/settings.ts';
import { documentSize } from './canonical.ts';
import { isEnvironmentName, MAX_ENVIRONMENT_LENGTH } from './environment-name.ts';
import { organisationMatches, reachedOrganisations } from './organisation-reach.ts';
import { INLINE_POLICIES_SIZE, pushPolicy, revokeSessionsPolicy } from './push-policy.ts';
import { refFault } from './refs.ts';
import type { TrustedGrant } from './trust-policy.ts';

/** A grant as a caller asks for it, before it has an id and a role. */
export type GrantDraft = TrustedGrant & Pick<Grant, 'repositories'>;

/** Why a grant can't be accepted. */
export interface Violation {
  /** JSON pointer into the grant, such as `/refs/0`. */
  readonly field: string;
  /** Name of the rule, stable, for programs. */
  readonly rule: string;
  /** What is wrong and what would do, for people. */
  readonly detail: string;
}

/** How many refs a grant may list. */
const MAX_REFS = 20;

/**
 * Whether a grant may be written into a trust policy. Every rule keeps `*` where no value that an outsider controls can
 * reach across it, and everything else literal.
 */
export function checkGrant(
  grant: GrantDraft,
  organisations: readonly Organisation[],
  settings: AwsSettings,
): readonly Violation[] {
  return [
    ...checkOrganisation(grant, organisations),
    ...checkRepository(grant),
    ...checkRepositoryId(grant),
    ...checkRefs(grant, settings),
    ...checkEnvironment(grant),
    ...checkPullRequests(grant),
    ...checkRepositories(grant, settings),
  ];
}

/** The words by which the caller must say that a grant's wide effect is meant. */
export function requiredAcknowledgements(
  grant: Pick<GrantDraft, 'organisation' | 'repository' | 'repositoryId' | 'pullRequests'>,
): readonly Acknowledgement[] {
  const isUnpinned = !isPattern(grant.repository) && grant.repositoryId === undefined;
  return [
    ...(isWide(grant) ? (['organisation-wide'] as const) : []),
    ...(isUnpinned ? (['unpinned-repository'] as const) : []),
    ...(grant.pullRequests ? (['pull-requests'] as const) : []),
  ];
}

function violation(field: string, rule: string, detail: string): readonly Violation[] {
  return [{ field, rule, detail }];
}

function checkOrganisation(grant: GrantDraft, organisations: readonly Organisation[]): readonly Violation[] {
  const { organisation } = grant;
  const field = '/organisation';
  const isFormed = isPattern(organisation)
    ? /^[A-Za-z0-9*-]{1,39}$/.test(organisation)
    : isOrganisationLogin(organisation);
  if (!isFormed) {
    return violation(
      field,
      'organisation-form',
      'A GitHub login (letters, digits, single hyphens), or a pattern of one with *.',
    );
  }
  if (reachedOrganisations(grant, organisations).length > 0) return [];
  const isSharedOnly = organisations.some(
    (each) => each.department === grant.department && each.shared && organisationMatches(organisation, each.login),
  );
  if (isSharedOnly) {
    return violation(
      isPattern(grant.repository) ? '/repository' : field,
      'shared-organisation',
      'Other departments share this organisation: name it and one of its repositories, without *.',
    );
  }
  return violation(
    field,
    'organisation-unregistered',
    'None of the GitHub organisations that are registered for the department; the platform registers them.',
  );
}

function checkRepository({ repository }: GrantDraft): readonly Violation[] {
  const field = '/repository';
  const name = repository.endsWith('*') ? repository.slice(0, -1) : repository;
  if (name.includes('*')) {
    return violation(
      field,
      'repository-wildcard',
      'A pattern has exactly one *, at its end, such as Gift* or *: before the end, another repository of the organisation could reach across it.',
    );
  }
  if (repository === '*' || isGitHubRepositoryName(name)) return [];
  return violation(
    field,
    'repository-form',
    'A GitHub repository name without its owner (letters, digits, ., _ and -; at most 100), or its beginning with * after it.',
  );
}

function checkRepositoryId(grant: GrantDraft): readonly Violation[] {
  const field = '/repositoryId';
  if (grant.repositoryId === undefined) return [];
  if (!isGitHubId(grant.repositoryId)) {
    return violation(
      field,
      'repository-id-form',
      'The decimal number that GitHub shows as the id of the repository, as a string.',
    );
  }
  if (!isWide(grant)) return [];
  return violation(
    field,
    'repository-id-of-pattern',
    "An id is one repository's: leave it out, or name the organisation and the repository without *.",
  );
}

function checkRefs(grant: GrantDraft, settings: AwsSettings): readonly Violation[] {
  const { refs } = grant;
  if (refs === undefined) return [];
  if (refs.length === 0 || refs.length > MAX_REFS) {
    return violation(
      '/refs',
      'refs-count',
      `Between 1 and ${MAX_REFS} refs; leave refs out for all branches and tags.`,
    );
  }
  const faults = refs.flatMap((ref, index) => {
    const fault = refFault(ref);
    return fault === undefined ? [] : violation(`/refs/${index}`, fault.rule, fault.detail);
  });
  if (settings.stsKeys.ref || grant.environment === undefined) return faults;
  return [
    ...faults,
    ...violation(
      '/refs',
      'ref-key-off',
      "AWS does not offer GitHub's ref as a condition key here, and sub holds the environment only: narrow to refs or to an environment, not both, and let the environment's own rules say which branches may use it.",
    ),
  ];
}

function checkEnvironment({ environment }: GrantDraft): readonly Violation[] {
  if (environment === undefined || isEnvironmentName(environment)) return [];
  return violation(
    '/environment',
    'environment-form',
    `The exact name of one GitHub environment: 1–${MAX_ENVIRONMENT_LENGTH} ASCII characters without * ? $ : % quotes and backslashes. GitHub allows more; how AWS compares those in a policy is not documented, or not safe.`,
  );
}

function checkPullRequests(grant: GrantDraft): readonly Violation[] {
  if (!grant.pullRequests || (grant.refs === undefined && grant.environment === undefined)) return [];
  return violation(
    '/pullRequests',
    'pull-requests-narrowed',
    'A pull request has neither a branch nor a tag as its ref: leave out pullRequests, or refs and environment.',
  );
}

function checkRepositories(grant: GrantDraft, settings: AwsSettings): readonly Violation[] {
  const { repositories } = grant;
  if (repositories === undefined) return [];
  if (repositories.length === 0) {
    return violation(
      '/repositories',
      'repositories-count',
      "At least one repository; leave repositories out for all of the department's.",
    );
  }
  const malformed = repositories.flatMap((name, index) =>
    isRepositoryName(name)
      ? []
      : violation(
          `/repositories/${index}`,
          'repository-name',
          "The exact name of one of the department's ECR repositories.",
        ),
  );
  const twice = repositories.flatMap((name, index) =>
    repositories.findIndex((other) => isSameName(other, name)) === index
      ? []
      : violation(`/repositories/${index}`, 'repository-twice', 'Name each repository once.'),
  );
  return [...malformed, ...twice, ...checkPushSize(grant, settings)];
}

/** A role keeps room for the policy that ends its sessions: a revocation must never fail for want of it. */
function checkPushSize(grant: GrantDraft, settings: AwsSettings): readonly Violation[] {
  const { department, repositories } = grant;
  if (repositories === undefined) return [];
  const push = documentSize(pushPolicy({ department, scope: 'named', repositories }, settings));
  const revoke = documentSize(revokeSessionsPolicy('2000-01-01T00:00:00.000Z'));
  if (push + revoke <= INLINE_POLICIES_SIZE) return [];
  return violation(
    '/repositories',
    'push-policy-size',
    "Too many for one IAM policy: split them over several grants, or grant all of the department's.",
  );
}
