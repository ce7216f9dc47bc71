import { ServiceError } from '../errors.ts';
import type { Caller } from '../../caller/caller.ts';
import type { InputOf } from '../input.ts';
import { countRepositories, readClaim, readRepositoryOf } from '../../ledger/read.ts';
import type { Grant } from '../../model/grant.ts';
import type { GrantId } from '../../model/ids.ts';
import { isWanted, pendingCreate } from '../../model/pending.ts';
import type { PushRole } from '../../model/push-role.ts';
import type { Repository } from '../../model/repository.ts';
import { take } from '../../model/settle.ts';
import { isHeldByAnother, type Claim, type ClaimKey, type DepartmentState } from '../../model/state.ts';
import type { BlastRadius } from '../../policy/blast-radius.ts';
import { assignPushRole, numberedRoleName, MAX_DEPARTMENT_ROLES } from '../../policy/role-assignment.ts';
import { grantView } from '../views/grant.ts';
import { checkIfMatch, checkNotPending, present } from './checks.ts';
import type { Command, Decided, Situation } from './command.ts';
import { departmentInPath } from '../look-ups.ts';
import type { Sources } from '../parts.ts';
import { checkDraft, isCaller, isSameGrant, readGrantDraft, type GrantDraft, type GrantFacts } from './grant-draft.ts';
import { planRoles } from './plans.ts';

interface Facts extends GrantFacts {
  /** Claims of the role names that the grant may need, by name. */
  readonly roleClaims: ReadonlyMap<string, Claim>;
}

/** Grants a GitHub repository, or a pattern of them, the right to push. */
export const createGrant: Command<'createGrant', Facts> = {
  name: 'createGrant',
  departmentOf: departmentInPath,
  look: async (input, sources, state) => ({
    ...(await lookAtRepositories(input, sources, state)),
    roleClaims: state === undefined ? new Map() : await lookAtRoleNames(sources, state),
  }),
  onlyItself: isOnlyItself,
  decide: (situation) => {
    const { input, caller, ifMatch, state } = situation;
    const before = present(state);
    checkIfMatch(ifMatch, undefined);
    const draft = readGrantDraft(input.body, before, caller);
    const same = before.grants.find((grant) => isSameGrant(grant, draft));
    if (same !== undefined) {
      checkNotPending(same, `Grant ${same.id}`);
      throw new ServiceError('already-exists', `An identical grant already exists: ${same.id}.`);
    }
    return decided(situation, before, draft, checkDraft(situation, before, draft));
  },
};

/** Reads the repositories that a grant names. */
export async function lookAtRepositories(
  { body }: InputOf<'createGrant' | 'updateGrant'>,
  { tables }: Sources,
  state: DepartmentState | undefined,
): Promise<GrantFacts> {
  if (state === undefined) return { named: [], repositories: 0 };
  const named = await Promise.all(
    (body.repositories ?? []).map((name) => readRepositoryOf(tables, state.department.id, name)),
  );
  return {
    named: named.filter((repository): repository is Repository => repository !== undefined),
    repositories: await countRepositories(tables, state.department.id),
  };
}

/** Of the numbered role names only the next one after those that exist can be needed; a few, should that be taken. */
async function lookAtRoleNames(
  { tables }: Sources,
  { department, roles }: DepartmentState,
): Promise<ReadonlyMap<string, Claim>> {
  const made = roles.filter((role) => role.scope === 'department').length;
  const last = Math.min(made + 3, MAX_DEPARTMENT_ROLES);
  const names = Array.from({ length: last }, (_, index) => numberedRoleName(department.roleName, index + 1));
  const unmade = names.filter((name) => !roles.some((role) => role.name === name));
  const claims = await Promise.all(unmade.map((name) => readClaim(tables, { kind: 'role-name', name })));
  return new Map(
    unmade.flatMap((name, index) => {
      const claim = claims[index];
      return claim === undefined ? [] : [[name, claim] as const];
    }),
  );
}

/** Self-service: the grant is for the caller's own GitHub repository, and only to repositories that it created. */
function isOnlyItself(
  { body }: InputOf<'createGrant'>,
  caller: Caller,
  { named }: Facts,
  state: DepartmentState,
): boolean {
  const draft = readGrantDraft(body, state, caller);
  const names = draft.repositories ?? [];
  return (
    isCaller(draft.organisation, draft.repository, caller) &&
    draft.repositoryId === caller.repositoryId &&
    names.length > 0 &&
    names.every((name) => named.some((one) => one.name === name && one.createdBy.repositoryId === caller.repositoryId))
  );
}

function decided(
  situation: Situation<'createGrant', Facts>,
  before: DepartmentState,
  draft: GrantDraft,
  radius: BlastRadius,
): Decided {
  const { config, operation, newId, now, caller, facts } = situation;
  const id = `grant-${newId}` as GrantId;
  const { role, isNew } = chooseRole(situation, before, { ...draft, id });
  const grant: Grant = {
    id,
    ...draft,
    pushRole: role.name,
    createdAt: now,
    createdBy: caller.repository,
    updatedAt: now,
    revision: 1,
  };
  const after: DepartmentState = {
    ...before,
    grants: [...before.grants, grant],
    roles: isNew ? [...before.roles, role] : before.roles,
  };
  const key: ClaimKey = { kind: 'role-name', name: role.name };
  const was = facts.roleClaims.get(role.name);
  return {
    department: before.department,
    subject: { type: 'grant', id },
    writes: [
      { kind: 'put', entity: { type: 'grant', value: pendingCreate(grant, operation) } },
      ...(isNew
        ? [{ kind: 'put', entity: { type: 'push-role', value: pendingCreate(role, operation) } } as const]
        : []),
    ],
    claims: isNew
      ? [{ key, ...(was === undefined ? {} : { was }), becomes: take(was, key, before.department.id) }]
      : [],
    targets: [{ kind: 'role', name: role.name, ...(isNew ? { fresh: true } : {}) }],
    plan: planRoles([role.name], before, after, config.aws),
    total: 1,
    answer: {
      entityName: 'grant',
      entity: grantView(grant, role, config.aws),
      revision: 1,
      created: true,
      location: `/v1/departments/${before.department.id}/grants/${id}`,
      blastRadius: radius,
    },
  };
}

function chooseRole(
  { config, facts, now }: Situation<'createGrant', Facts>,
  before: DepartmentState,
  grant: GrantDraft & { readonly id: GrantId },
) {
  const assignment = assignPushRole({
    department: before.department,
    grant,
    roles: before.roles,
    grants: before.grants.filter(isWanted),
    organisations: before.organisations.filter(isWanted),
    settings: config.aws,
    isTaken: (name) => isHeldByAnother(facts.roleClaims.get(name), before.department.id, now, before.head.life),
  });
  switch (assignment.kind) {
    case 'overflow-refused':
      throw new ServiceError('quota-exceeded', assignment.detail);
    case 'existing':
      if (assignment.role.pending?.change === 'create')
        checkNotPending(assignment.role, `Push role ${assignment.role.name}`);
      return { role: assignment.role, isNew: false };
    case 'new':
      return {
        role: { ...assignment.role, createdAt: now, updatedAt: now, revision: 1 } satisfies PushRole,
        isNew: true,
      };
  }
}
