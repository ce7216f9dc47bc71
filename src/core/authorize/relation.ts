import type { Caller } from '../../caller/caller.ts';
import type { Department, ManagerRule } from '../../model/department.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { PlatformCaller } from '../../model/platform-caller.ts';
import { isWanted } from '../../model/pending.ts';

/** What a caller is to a department. `stranger`: must not know that it exists. */
export type Role = 'platform' | 'manager' | 'member' | 'stranger';

/** A role, and the rule that gave it, in words. */
export interface Relation {
  readonly role: Role;
  readonly because: string;
}

type CallerIds = Pick<
  Caller,
  'repositoryId' | 'repositoryOwnerId' | 'ref' | 'environment' | 'repositoryOwner' | 'eventName'
>;
type DepartmentFacts = {
  readonly department: Pick<Department, 'id' | 'managers'>;
  readonly organisations: readonly Organisation[];
};

/** What the configuration says of callers. */
export interface CallerRules {
  readonly platformCallers: readonly PlatformCaller[];
  /** GitHub events whose workflows may change things, and may be more than a member. */
  readonly mutationEvents: readonly string[];
}

/**
 * Whether the event that started a workflow lets it be more than a member. Others run on the default branch too, so their tokens look like
 * a push to it, but what they run on may be an outsider's: a comment, or the code of a pull request.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_target
 */
export function isTrustedEvent(
  { eventName }: CallerIds,
  { mutationEvents }: Pick<CallerRules, 'mutationEvents'>,
): boolean {
  return mutationEvents.includes(eventName);
}

/** Whether the configuration names this very workflow as one of the platform team's. */
export function isPlatform(caller: CallerIds, rules: CallerRules): boolean {
  return (
    isTrustedEvent(caller, rules) &&
    rules.platformCallers.some((rule) => rule.repositoryId === caller.repositoryId && isNarrowedTo(rule, caller))
  );
}

/** Whether one of a department's rules makes this very workflow a manager. */
export function isManager(
  managers: readonly ManagerRule[],
  caller: CallerIds,
  rules: Pick<CallerRules, 'mutationEvents'>,
): boolean {
  return isTrustedEvent(caller, rules) && managers.some((rule) => isManagedBy(rule, caller));
}

/** What a caller is to a department, by ids alone; names never decide. */
export function relationTo(
  { department, organisations }: DepartmentFacts,
  caller: CallerIds,
  rules: CallerRules,
): Relation {
  if (isPlatform(caller, rules)) {
    return { role: 'platform', because: 'the configuration lists this workflow as one of the platform team' };
  }
  const organisation = organisations.find((one) => one.ownerId === caller.repositoryOwnerId && isWanted(one));
  if (organisation === undefined) {
    return { role: 'stranger', because: `the owner id ${caller.repositoryOwnerId} is not registered for it` };
  }
  if (isManager(department.managers, caller, rules)) {
    return {
      role: 'manager',
      because: `a manager rule of ${department.id} names repository id ${caller.repositoryId}`,
    };
  }
  if (organisation.shared) {
    return { role: 'stranger', because: `${organisation.login} is shared, so only manager rules count` };
  }
  return {
    role: 'member',
    because: `the owner id is that of ${organisation.login}, an organisation of ${department.id}`,
  };
}

/** Whether a manager rule names this repository and this ref or environment. */
export function isManagedBy(rule: ManagerRule, caller: CallerIds): boolean {
  return rule.repositoryId === caller.repositoryId && isNarrowedTo(rule, caller);
}

/** A rule without a ref and without an environment matches nothing: any branch of the repository would match. */
function isNarrowedTo(rule: { readonly ref?: string; readonly environment?: string }, caller: CallerIds): boolean {
  if (rule.ref === undefined && rule.environment === undefined) return false;
  const refHolds = rule.ref === undefined || (caller.ref !== undefined && matchesRef(rule.ref, caller.ref));
  const environmentHolds = rule.environment === undefined || caller.environment === rule.environment;
  return refHolds && environmentHolds;
}

/** A ref pattern is exact, or has one trailing `*`. */
function matchesRef(pattern: string, ref: string): boolean {
  return pattern.endsWith('*') ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern;
}
