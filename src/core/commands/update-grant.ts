import { invalidInput, ServiceError } from '../errors.ts';
import type { Grant } from '../../model/grant.ts';
import { pendingUpdate } from '../../model/pending.ts';
import type { PushRole } from '../../model/push-role.ts';
import type { DepartmentState } from '../../model/state.ts';
import { grantView } from '../views/grant.ts';
import { checkIfMatch, checkNotPending, present } from './checks.ts';
import type { Command, Situation } from './command.ts';
import { departmentInPath, findGrant, roleOf } from '../look-ups.ts';
import { lookAtRepositories } from './create-grant.ts';
import { checkDraft, checkRoom, isSameGrant, narrowing, type GrantFacts } from './grant-draft.ts';
import { planRoles } from './plans.ts';

/** Changes how a grant is narrowed, or which named repositories it reaches. It keeps its role. */
export const updateGrant: Command<'updateGrant', GrantFacts> = {
  name: 'updateGrant',
  departmentOf: departmentInPath,
  look: lookAtRepositories,
  decide: (situation) => {
    const { input, state, config, operation, ifMatch } = situation;
    const before = present(state);
    const grant = findGrant(before, input.params.id);
    checkIfMatch(ifMatch, grant);
    checkNotPending(grant, `Grant ${grant.id}`);
    const role = roleOf(before, grant);
    checkNotPending(role, `Push role ${role.name}`);
    const next = changed(situation, grant);
    const blastRadius = checkDraft(withNamed(situation, grant), before, next);
    const nextRole = changedRole(role, next, situation.now);
    const after = replaced(before, next, nextRole);
    const twin = before.grants.find((other) => other.id !== grant.id && isSameGrant(other, next));
    if (twin !== undefined) throw new ServiceError('already-exists', `An identical grant already exists: ${twin.id}.`);
    checkRoom(role.name, after.grants, before, config.aws);
    const plan = planRoles([role.name], before, after, config.aws);
    const waits = plan.length > 0;
    return {
      department: before.department,
      subject: { type: 'grant', id: grant.id },
      writes: [
        { kind: 'put', entity: { type: 'grant', value: waits ? pendingUpdate(next, grant, operation) : next } },
        ...(nextRole === role
          ? []
          : [
              {
                kind: 'put',
                entity: { type: 'push-role', value: waits ? pendingUpdate(nextRole, role, operation) : nextRole },
              } as const,
            ]),
      ],
      claims: [],
      targets: waits ? [{ kind: 'role', name: role.name }] : [],
      plan,
      total: waits ? 1 : 0,
      answer: {
        entityName: 'grant',
        entity: grantView(next, role, config.aws),
        revision: next.revision,
        created: false,
        blastRadius,
      },
    };
  },
};

function changed({ input, now }: Situation<'updateGrant', GrantFacts>, grant: Grant): Grant {
  const { body } = input;
  if (body.repositories !== undefined && grant.repositories === undefined) {
    throw invalidInput([
      {
        pointer: '/body/repositories',
        detail:
          "A grant can't change between all of the department's repositories and named ones, because its role never changes. Revoke it and make a new one.",
      },
    ]);
  }
  const { refs: _refs, environment: _environment, repositories: _repositories, ...rest } = grant;
  // `null` clears a narrowing; a member that is absent leaves it.
  const {
    refs = grant.refs,
    environment = grant.environment,
    repositories = grant.repositories,
    pullRequests = grant.pullRequests,
  } = body;
  const kept = narrowing({ refs, environment, repositories });
  return { ...rest, ...kept, pullRequests, updatedAt: now, revision: grant.revision + 1 };
}

/** Where the body names no repositories, the grant's own were checked when they were named. */
function withNamed(
  situation: Situation<'updateGrant', GrantFacts>,
  grant: Grant,
): Situation<'updateGrant', GrantFacts> {
  if (situation.input.body.repositories !== undefined) return situation;
  const named = (grant.repositories ?? []).map((name) => ({ name }) as GrantFacts['named'][number]);
  return { ...situation, facts: { ...situation.facts, named } };
}

function changedRole(role: PushRole, { repositories }: Grant, now: string): PushRole {
  if (role.scope !== 'named' || repositories === undefined) return role;
  if (JSON.stringify(role.repositories) === JSON.stringify(repositories)) return role;
  return { ...role, repositories, updatedAt: now, revision: role.revision + 1 };
}

function replaced(state: DepartmentState, grant: Grant, role: PushRole): DepartmentState {
  return {
    ...state,
    grants: state.grants.map((one) => (one.id === grant.id ? grant : one)),
    roles: state.roles.map((one) => (one.name === role.name ? role : one)),
  };
}
