import { auditCaller } from '../../caller/audit-caller.ts';
import { authorize, type Decision } from '../authorize/authorize.ts';
import { isPlatform, isTrustedEvent, relationTo, type Role } from '../authorize/relation.ts';
import { RULES, type CommandName, type Rule } from '../authorize/rules.ts';
import type { DepartmentState } from '../../model/state.ts';
import { visibleDepartments, type Viewer } from './departments.ts';
import type { Query } from './query.ts';

/** For the platform team, which may see all of them, only so many departments are spelled out. */
const MOST_DEPARTMENTS = 20;

/** Who the service thinks the caller is, what it may do, and why. */
export const whoami: Query<'whoami'> = {
  name: 'whoami',
  about: 'anything',
  answer: async (question) => {
    const { caller } = question.asker;
    const { config } = question.parts;
    const { mutationEvents } = config;
    const states = await visibleDepartments(question, MOST_DEPARTMENTS);
    const departments = states.map((state) => {
      const { role, because } = relationTo(state, caller, config);
      return { id: state.department.id, role: shownRole(role), because };
    });
    const mutationsAllowed = isTrustedEvent(caller, config);
    const { tokenSha256: _hidden, ...claims } = auditCaller(caller);
    const value = {
      caller: { ...claims, expiresAt: caller.expiresAt.toISOString() },
      role: isPlatform(caller, config) ? 'platform' : (departments[0]?.role ?? 'unknown'),
      departments,
      mutationsAllowed,
      because: mutationsAllowed
        ? `Workflows started by ${caller.eventName} may change things.`
        : `Workflows started by ${caller.eventName} have at most a member's rights, to read and to dry-run; more needs one of ${mutationEvents.join(', ')}.`,
      allowed:
        states.length === 0 ? rightsOn(question, undefined) : states.flatMap((state) => rightsOn(question, state)),
    };
    return { value };
  },
};

function rightsOn({ parts, asker }: Viewer, state: DepartmentState | undefined) {
  const { platformCallers, mutationEvents } = parts.config;
  const commands = Object.entries(RULES) as [CommandName, Rule][];
  return commands
    .filter(([, rule]) => rule.mutates === true)
    .map(([command]) => {
      const decision = authorize({
        command,
        caller: asker.caller,
        platformCallers,
        mutationEvents,
        dryRun: false,
        department: state?.department,
        organisations: state?.organisations,
        onlyItself: true,
      });
      const department = state === undefined ? {} : { department: state.department.id };
      return { command, ...department, allowed: decision.kind === 'allowed', because: becauseOf(decision) };
    });
}

function becauseOf(decision: Decision): string {
  switch (decision.kind) {
    case 'allowed':
      return decision.because;
    case 'denied':
      return decision.missed;
    case 'unknown':
      return 'Your GitHub owner is not registered for any department; ask the platform team.';
  }
}

function shownRole(role: Role): 'platform' | 'manager' | 'member' | 'unknown' {
  return role === 'stranger' ? 'unknown' : role;
}
