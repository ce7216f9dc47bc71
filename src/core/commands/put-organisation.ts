import { invalidInput, ServiceError } from '../errors.ts';
import { readClaim } from '../../ledger/read.ts';
import { isPattern, type Grant } from '../../model/grant.ts';
import type { DepartmentId, GitHubId, OperationId } from '../../model/ids.ts';
import { isSameName } from '../../model/names.ts';
import type { Organisation } from '../../model/organisation.ts';
import { pendingCreate, pendingUpdate } from '../../model/pending.ts';
import { take } from '../../model/settle.ts';
import { isActive, isHeldByAnother, type Claim, type ClaimKey, type DepartmentState } from '../../model/state.ts';
import { trustFit, grantsOfRole } from '../../policy/role-assignment.ts';
import { reachedOrganisations, widenedGrants } from '../../policy/organisation-reach.ts';
import { organisationView } from '../views/organisation.ts';
import { checkAcknowledged, checkIfMatch, checkNotPending, present } from './checks.ts';
import type { Command, Decided, Situation } from './command.ts';
import { departmentInPath } from '../look-ups.ts';
import { planRoles } from './plans.ts';

interface Facts {
  readonly claim: Claim | undefined;
}

/**
 * Registers a GitHub organisation for a department, or changes whether it is shared. Where a grant's pattern reaches it
 * from now on, that grant is wider; the plan lists each, and asks for an acknowledgement.
 */
export const putOrganisation: Command<'putOrganisation', Facts> = {
  name: 'putOrganisation',
  departmentOf: departmentInPath,
  look: async (input, { tables }) => ({ claim: await readClaim(tables, ownerKey(input.body.ownerId)) }),
  decide: (situation) => {
    const { input, state, facts, ifMatch } = situation;
    const before = present(state);
    const existing = before.organisations.find(({ login }) => isSameName(login, input.params.login));
    checkIfMatch(ifMatch, existing);
    if (existing !== undefined) checkNotPending(existing, `Organisation ${existing.login}`);
    const next = readOrganisation(situation, before, existing);
    checkOwner(holding(facts.claim, next.department, situation.now), next, existing);
    if (next.shared) checkNoWideGrants(before, next);
    return decided(situation, before, existing, next);
  },
};

function ownerKey(ownerId: GitHubId): ClaimKey {
  return { kind: 'owner', name: ownerId };
}

function readOrganisation(
  { input, now }: Situation<'putOrganisation', Facts>,
  { department }: DepartmentState,
  existing: Organisation | undefined,
): Organisation {
  return {
    department: department.id,
    login: input.params.login,
    ownerId: input.body.ownerId,
    shared: input.body.shared ?? false,
    createdAt: existing?.createdAt ?? now,
    updatedAt: now,
    revision: (existing?.revision ?? 0) + 1,
  };
}

/** The claim as far as it stands in anybody's way: not where it is only reserved, for the department itself or for too long. */
function holding(claim: Claim | undefined, department: DepartmentId, now: string): Claim | undefined {
  return isActive(claim) || isHeldByAnother(claim, department, now) ? claim : undefined;
}

function checkOwner(claim: Claim | undefined, next: Organisation, existing: Organisation | undefined): void {
  if (existing !== undefined && existing.ownerId !== next.ownerId) {
    throw invalidInput([
      {
        pointer: '/body/ownerId',
        detail: `${existing.login} is registered with the owner id ${existing.ownerId}, which never changes. If the login now belongs to somebody else, delete the registration first.`,
      },
    ]);
  }
  if (existing !== undefined && existing.login !== next.login) {
    throw invalidInput([
      {
        pointer: '/path/login',
        detail: `It is registered as ${existing.login}; policies are written with that spelling. Delete the registration first if GitHub spells it differently now.`,
      },
    ]);
  }
  if (claim === undefined) return;
  const others = claim.departments.filter((department) => department !== next.department);
  if (others.length === 0) {
    if (existing === undefined)
      throw new ServiceError(
        'already-exists',
        `The owner id ${next.ownerId} is registered for this department under another login. Delete that registration first.`,
      );
    return;
  }
  if (!claim.shared || !next.shared) {
    throw new ServiceError(
      'already-exists',
      `The owner id ${next.ownerId} is registered for ${others.join(', ')}. An owner belongs to one department unless each registers it as shared.`,
    );
  }
}

/** A shared organisation is reached by manager rules alone, so no grant may reach all of it. */
function checkNoWideGrants({ grants }: DepartmentState, next: Organisation): void {
  const wide = grants.filter(
    (grant) =>
      (isPattern(grant.organisation) || isPattern(grant.repository)) &&
      reachedOrganisations(grant, [{ ...next, shared: false }]).length > 0,
  );
  if (wide.length === 0) return;
  throw new ServiceError(
    'in-use',
    `Grants reach all of ${next.login}: ${wide.map(({ id }) => id).join(', ')}. Revoke them before it is shared.`,
  );
}

function decided(
  situation: Situation<'putOrganisation', Facts>,
  before: DepartmentState,
  existing: Organisation | undefined,
  next: Organisation,
): Decided {
  const { facts, config, operation, input } = situation;
  const key = ownerKey(next.ownerId);
  const after: DepartmentState = {
    ...before,
    organisations: [...before.organisations.filter((one) => one !== existing), next],
  };
  const widened = widenedGrants(before.grants, before.organisations, after.organisations);
  const roles = [...new Set(widened.map(({ pushRole }) => pushRole))];
  const blastRadius = { widenedGrants: widened.map(shortGrant) };
  if (widened.length > 0) checkAcknowledged(['widens-grants'], input.body.acknowledge, blastRadius);
  for (const role of roles) checkRoom(role, after, config.aws);
  const value = roles.length === 0 ? next : waiting(next, existing, operation);
  return {
    department: before.department,
    subject: { type: 'organisation', id: next.login },
    writes: [{ kind: 'put', entity: { type: 'organisation', value } }],
    claims: [
      {
        key,
        ...(facts.claim === undefined ? {} : { was: facts.claim }),
        becomes: take(facts.claim, key, next.department, next.shared),
      },
    ],
    targets: roles.map((name) => ({ kind: 'role', name }) as const),
    plan: planRoles(roles, before, after, config.aws),
    total: roles.length,
    answer: {
      entityName: 'organisation',
      entity: organisationView(next),
      revision: next.revision,
      created: existing === undefined,
      location: `/v1/departments/${next.department}/organisations/${next.login}`,
      blastRadius,
    },
  };
}

function waiting(next: Organisation, existing: Organisation | undefined, operation: OperationId): Organisation {
  return existing === undefined ? pendingCreate(next, operation) : pendingUpdate(next, existing, operation);
}

function shortGrant({ id, organisation, repository }: Grant) {
  return { grant: id, organisation, repository };
}

function checkRoom(
  role: string,
  after: DepartmentState,
  settings: Situation<'putOrganisation', Facts>['config']['aws'],
): void {
  const fit = trustFit(grantsOfRole(role, after.grants), after.organisations, settings);
  if (fit.fits) return;
  throw new ServiceError(
    'quota-exceeded',
    `The trust policy of ${role} would have ${fit.size} characters; ${fit.quota} are allowed. Revoke grants of that role, or replace its organisation patterns, first.`,
  );
}
