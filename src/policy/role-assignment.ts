import type { Department } from '../model/department.ts';
import type { Grant } from '../model/grant.ts';
import type { DepartmentId } from '../model/ids.ts';
import { foldCase, isSameName } from '../model/names.ts';
import type { RoleName } from '../model/names.ts';
import type { Organisation } from '../model/organisation.ts';
import { isWanted } from '../model/pending.ts';
import type { PushRole } from '../model/push-role.ts';
import type { AwsSettings } from '../model/settings.ts';
import { documentSize } from './canonical.ts';
import type { TrustedGrant } from './trust-policy.ts';
import { trustPolicy } from './trust-policy.ts';

/** IAM's limit of a role name, in characters. */
const ROLE_NAME_LENGTH = 64;
/** Random characters of a grant's id in the name of its own role: 50 bits. */
const GRANT_SUFFIX_LENGTH = 10;
/** How many roles a department's grants for all repositories may fill; far below IAM's quota of roles. */
export const MAX_DEPARTMENT_ROLES = 50;

/** A push role that is to be made. */
export type NewPushRole = Pick<PushRole, 'name' | 'department' | 'path' | 'scope' | 'repositories'>;

/** What decides which role a new grant goes to. */
export interface AssignmentInput {
  readonly department: Pick<Department, 'id' | 'roleName'>;
  /** The new grant, before it has a role. */
  readonly grant: TrustedGrant & Pick<Grant, 'id' | 'repositories'>;
  /** The department's roles and grants as they stand. */
  readonly roles: readonly PushRole[];
  readonly grants: readonly Grant[];
  readonly organisations: readonly Organisation[];
  readonly settings: AwsSettings;
  /** Whether a role name is taken by anybody else in the account; names compare without regard to case. */
  readonly isTaken?: (name: string) => boolean;
}

/** Where a new grant goes, or why it can't go anywhere. */
export type Assignment =
  | { readonly kind: 'existing'; readonly role: PushRole }
  | { readonly kind: 'new'; readonly role: NewPushRole }
  | {
      readonly kind: 'overflow-refused';
      /** Characters of the trust policy that the grant alone would need, and those that there are. */
      readonly size: number;
      readonly quota: number;
      readonly detail: string;
    };

/**
 * The push role of a new grant. A grant for named repositories gets a role of its own; one for all of the department's
 * shares the first role that has room in its trust policy: the department's role, then its numbered overflow roles.
 */
export function assignPushRole(input: AssignmentInput): Assignment {
  const alone = trustFit([input.grant], input.organisations, input.settings);
  if (!alone.fits)
    return refusal(
      alone,
      'The grant alone is larger than a trust policy may be: grant less at once, such as fewer refs or organisations.',
    );
  return input.grant.repositories === undefined ? assignShared(input) : assignOwn(input, input.grant.repositories);
}

function assignShared(input: AssignmentInput): Assignment {
  const { department, settings } = input;
  let fit = trustFit([], input.organisations, settings);
  for (let number = 1; number <= MAX_DEPARTMENT_ROLES; number++) {
    const name = numberedRoleName(department.roleName, number);
    const role = input.roles.find((each) => isSameName(each.name, name));
    if (role === undefined) {
      if (input.isTaken?.(name) === true) continue;
      return { kind: 'new', role: { name, department: department.id, path: settings.rolePath, scope: 'department' } };
    }
    if (role.scope !== 'department' || !isWanted(role)) continue;
    fit = trustFit([...grantsOfRole(role.name, input.grants), input.grant], input.organisations, settings);
    if (fit.fits) return { kind: 'existing', role };
  }
  return refusal(
    fit,
    `All ${MAX_DEPARTMENT_ROLES} push roles of the department are full: revoke grants, or grant a pattern in place of many repositories.`,
  );
}

function assignOwn(input: AssignmentInput, repositories: NonNullable<Grant['repositories']>): Assignment {
  const { department, settings } = input;
  const name = grantRoleName(department.roleName, input.grant.id);
  return {
    kind: 'new',
    role: { name, department: department.id, path: settings.rolePath, scope: 'named', repositories },
  };
}

function refusal(fit: TrustFit, detail: string): Assignment {
  return { kind: 'overflow-refused', size: fit.size, quota: fit.quota, detail };
}

/** Name of a department's first push role, where none is asked for. An id has at most 32 characters, so it has room for suffixes. */
export function departmentRoleName(id: DepartmentId): RoleName {
  return `${id}-github-ecr-access` as RoleName;
}

/** Name of the n-th role for all of a department's repositories: the first is the department's own. */
export function numberedRoleName(roleName: RoleName, number: number): RoleName {
  return number === 1 ? roleName : withSuffix(roleName, String(number));
}

/** Name of the role of one grant for named repositories. */
export function grantRoleName(roleName: string, grantId: string): RoleName {
  return withSuffix(roleName, foldCase(grantId).slice(-GRANT_SUFFIX_LENGTH));
}

function withSuffix(roleName: string, suffix: string): RoleName {
  return `${roleName.slice(0, ROLE_NAME_LENGTH - 1 - suffix.length)}-${suffix}` as RoleName;
}

/** The wanted grants whose workflows assume a role. */
export function grantsOfRole<T extends Pick<Grant, 'pushRole' | 'pending'>>(
  roleName: string,
  grants: readonly T[],
): readonly T[] {
  return grants.filter((grant) => isWanted(grant) && isSameName(grant.pushRole, roleName));
}

/** Whether grants fit into one trust policy, in characters as IAM counts them. */
export interface TrustFit {
  readonly fits: boolean;
  readonly size: number;
  readonly quota: number;
}

/** Whether a role's trust policy with these grants stays within its quota; asked again when a grant or organisation changes. */
export function trustFit(
  grants: readonly TrustedGrant[],
  organisations: readonly Organisation[],
  settings: AwsSettings,
): TrustFit {
  const size = documentSize(trustPolicy(grants, organisations, settings));
  return { fits: size <= settings.trustPolicySize, size, quota: settings.trustPolicySize };
}

/** The room in a role's trust policy. */
export interface RoomLeft {
  /** Characters used, allowed and left. */
  readonly used: number;
  readonly quota: number;
  readonly left: number;
  /** Roughly how many more grants to one repository each, not narrowed, have room. */
  readonly moreGrants: number;
}

/** The room that a role's grants leave in its trust policy; for people, who want to know before it is full. */
export function roomLeft(
  grants: readonly TrustedGrant[],
  organisations: readonly Organisation[],
  settings: AwsSettings,
): RoomLeft {
  const { size: used, quota } = trustFit(grants, organisations, settings);
  const left = Math.max(0, quota - used);
  const [organisation] = organisations;
  if (organisation === undefined) return { used, quota, left, moreGrants: 0 };
  const sizeWith = (more: number): number =>
    trustFit([...grants, ...typicalGrants(organisation, more)], organisations, settings).size;
  const [first, second, next] = [sizeWith(1) - used, sizeWith(2) - sizeWith(1), sizeWith(3) - sizeWith(2)];
  const further = Math.max(0, Math.floor((left - first - (second - next)) / next));
  return { used, quota, left, moreGrants: left < first ? 0 : 1 + further };
}

function typicalGrants(organisation: Organisation, count: number): readonly TrustedGrant[] {
  return Array.from({ length: count }, (_, index) => ({
    department: organisation.department,
    organisation: organisation.login,
    repository: `typical-repository-${index}`,
    repositoryId: `999999999${index}` as NonNullable<TrustedGrant['repositoryId']>,
    pullRequests: false,
  }));
}
