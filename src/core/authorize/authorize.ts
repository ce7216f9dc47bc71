import type { Caller } from '../../caller/caller.ts';
import type { Department } from '../../model/department.ts';
import type { DepartmentId } from '../../model/ids.ts';
import type { Organisation } from '../../model/organisation.ts';
import { isPlatform, isTrustedEvent, relationTo, type CallerRules, type Role } from './relation.ts';
import { RULES, type CommandName, type Rule } from './rules.ts';

/** What a decision is made from. */
export interface AuthorizationFacts extends CallerRules {
  readonly command: CommandName;
  readonly caller: Caller;
  /** A dry run writes nothing, and may be made by every event as far as a member may make it. */
  readonly dryRun: boolean;
  /** The department in question; absent when there is none of that name. */
  readonly department?: Pick<Department, 'id' | 'managers' | 'selfService'> | undefined;
  readonly organisations?: readonly Organisation[] | undefined;
  /** Whether the command would concern nothing but the caller's own GitHub repository. */
  readonly onlyItself?: boolean;
}

/** The decision: allowed in a role, unknown (answered 404), or denied with the rule that was missed. */
export type Decision =
  | { readonly kind: 'allowed'; readonly role: Role | 'self'; readonly because: string }
  | { readonly kind: 'unknown' }
  | Denied;

/** A denial; it is of a department only where the caller may know of that. */
export interface Denied {
  readonly kind: 'denied';
  readonly missed: string;
  readonly nearest: string;
  readonly department?: DepartmentId;
}

const RANK: Readonly<Record<Role, number>> = { stranger: 0, member: 1, manager: 2, platform: 3 };

/**
 * Decides whether a caller may run a command; pure, and denies by default.
 * Visibility is decided first, so that a denial speaks only about what the caller may see.
 */
export function authorize(facts: AuthorizationFacts): Decision {
  const rule: Rule = RULES[facts.command];
  if (rule.least === 'anyone')
    return { kind: 'allowed', role: 'member', because: 'every verified caller may ask this' };
  const who = roleOf(rule, facts);
  if (who === undefined) return { kind: 'unknown' };
  const right = rightBy(rule, who, facts);
  const decision = right.kind === 'allowed' ? (missedEvent(rule, facts) ?? right) : right;
  if (decision.kind !== 'denied' || rule.aboutNone === true || facts.department === undefined) return decision;
  return { ...decision, department: facts.department.id };
}

/** The caller's role towards the department in question, or `undefined` where the caller must not know of it. */
function roleOf(rule: Rule, facts: AuthorizationFacts): { readonly role: Role; readonly because: string } | undefined {
  const { caller, department, organisations = [] } = facts;
  if (isPlatform(caller, facts)) {
    return { role: 'platform', because: 'the configuration lists this workflow as one of the platform team' };
  }
  // That the platform may ask this is no secret; whether the department that it would be about exists, is one.
  if (rule.aboutNone === true) return { role: 'stranger', because: 'no department is in question' };
  if (department === undefined) return undefined;
  const relation = relationTo({ department, organisations }, caller, facts);
  return relation.role === 'stranger' ? undefined : relation;
}

function rightBy(
  rule: Rule,
  who: { readonly role: Role; readonly because: string },
  facts: AuthorizationFacts,
): Decision {
  if (rule.least !== 'anyone' && RANK[who.role] >= RANK[rule.least]) return { kind: 'allowed', ...who };
  if (rule.selfService === true && who.role === 'member' && facts.department?.selfService === true) {
    if (facts.onlyItself === true) {
      return { kind: 'allowed', role: 'self', because: `self-service is on for ${facts.department.id}` };
    }
    return {
      kind: 'denied',
      missed:
        'Self-service lets a workflow create a repository and grant only its own GitHub repository to what it created.',
      nearest:
        'Name your own repository as `organisation` and `repository`, and in `repositories` only ones that it created; or ask a manager.',
    };
  }
  return { kind: 'denied', ...explain(rule, facts) };
}

function explain(rule: Rule, facts: AuthorizationFacts): { missed: string; nearest: string } {
  const { caller, department, mutationEvents } = facts;
  if (!isTrustedEvent(caller, facts)) {
    return {
      missed: `A workflow started by ${caller.eventName} has at most a member's rights, also in what it reads and tries.`,
      nearest: `Run it on one of ${mutationEvents.join(', ')}.`,
    };
  }
  if (rule.least === 'platform') {
    return {
      missed: 'Only the platform team may do this.',
      nearest: 'Ask the platform team; its workflows are listed in the configuration of this service.',
    };
  }
  const place = caller.environment === undefined ? `ref ${caller.ref ?? 'none'}` : `environment ${caller.environment}`;
  return {
    missed: `No manager rule of ${department?.id ?? 'the department'} names repository id ${caller.repositoryId} at ${place}.`,
    nearest:
      'Ask the platform team for a manager rule with this repositoryId and a ref or environment, or run from one that a rule names.',
  };
}

function missedEvent(rule: Rule, facts: AuthorizationFacts): Denied | undefined {
  const { caller, mutationEvents, dryRun } = facts;
  if (rule.mutates !== true || dryRun || isTrustedEvent(caller, facts)) return undefined;
  return {
    kind: 'denied',
    missed: `A workflow started by ${caller.eventName} must not change anything.`,
    nearest: `Run it on one of ${mutationEvents.join(', ')}; or ask with dryRun, which every event may.`,
  };
}
