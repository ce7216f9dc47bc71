import { pendingDelete, pendingUpdate } from '../../model/pending.ts';
import type { PushRole } from '../../model/push-role.ts';
import { REVOCATION_MARGIN, type SessionsEnd } from '../../model/revoked-sessions.ts';
import type { DepartmentState } from '../../model/state.ts';
import { checkIfMatch, checkNotPending, present } from './checks.ts';
import { nothingElse, type Command } from './command.ts';
import { departmentInPath, findGrant, roleOf } from '../look-ups.ts';
import { planRoles } from './plans.ts';

/**
 * Revokes a grant. New sessions stop when AWS has the change; those that are alive end within the hour, or at once with
 * `revokeSessions`. The department's role keeps its ARN; the role of a grant for named repositories goes with it.
 */
export const revokeGrant: Command<'revokeGrant'> = {
  name: 'revokeGrant',
  departmentOf: departmentInPath,
  look: nothingElse,
  decide: ({ input, state, config, operation, ifMatch, now }) => {
    const before = present(state);
    const grant = findGrant(before, input.params.id);
    checkIfMatch(ifMatch, grant);
    checkNotPending(grant, `Grant ${grant.id}`);
    const role = roleOf(before, grant);
    const ownRole = role.scope === 'named';
    const revokesSessions = ownRole || input.query.revokeSessions === true;
    if (revokesSessions) checkNotPending(role, `Push role ${role.name}`);
    const nextRole: PushRole = revokesSessions
      ? {
          ...role,
          sessionsRevokedBefore: new Date(Date.parse(now) + REVOCATION_MARGIN).toISOString(),
          updatedAt: now,
          revision: role.revision + 1,
        }
      : role;
    const after = withoutGrant(before, grant.id, ownRole ? undefined : nextRole, role.name);
    return {
      department: before.department,
      subject: { type: 'grant', id: grant.id },
      writes: [
        { kind: 'put', entity: { type: 'grant', value: pendingDelete(grant, operation) } },
        ...(ownRole
          ? [{ kind: 'put', entity: { type: 'push-role', value: pendingDelete(role, operation) } } as const]
          : []),
        ...(!ownRole && revokesSessions
          ? [{ kind: 'put', entity: { type: 'push-role', value: pendingUpdate(nextRole, role, operation) } } as const]
          : []),
      ],
      claims: [],
      targets: [{ kind: 'role', name: role.name }],
      plan: planRoles([role.name], before, after, config.aws),
      total: 1,
      answer: {
        entityName: 'grant',
        entity: null,
        created: false,
        // Nobody knows until AWS has been told.
        sessionsValidUntil: null,
        sessionsEnd: endOf(nextRole, revokesSessions),
      },
    };
  },
};

function endOf({ scope, sessionsRevokedBefore }: PushRole, revokesSessions: boolean): SessionsEnd {
  if (scope === 'named') return { how: 'with-role' };
  if (!revokesSessions || sessionsRevokedBefore === undefined) return { how: 'expire' };
  return { how: 'denied', issuedBefore: sessionsRevokedBefore };
}

function withoutGrant(
  state: DepartmentState,
  id: string,
  role: PushRole | undefined,
  roleName: string,
): DepartmentState {
  const others = state.roles.filter((one) => one.name !== roleName);
  return {
    ...state,
    grants: state.grants.filter((grant) => grant.id !== id),
    roles: role === undefined ? others : [...others, role],
  };
}
