import { notFound, ServiceError } from '../errors.ts';
import { readClaim } from '../../ledger/read.ts';
import { isPattern } from '../../model/grant.ts';
import { isSameName, type OrganisationLogin } from '../../model/names.ts';
import { pendingDelete } from '../../model/pending.ts';
import { release } from '../../model/settle.ts';
import type { Claim, DepartmentState } from '../../model/state.ts';
import { reachedOrganisations } from '../../policy/organisation-reach.ts';
import { checkIfMatch, checkNotPending, present } from './checks.ts';
import type { Command } from './command.ts';
import { departmentInPath } from '../look-ups.ts';
import { planRoles } from './plans.ts';

interface Facts {
  readonly claim: Claim | undefined;
}

/** Takes an organisation's registration away; grants by pattern no longer reach it, grants that name it must go first. */
export const deleteOrganisation: Command<'deleteOrganisation', Facts> = {
  name: 'deleteOrganisation',
  departmentOf: departmentInPath,
  look: async (input, { tables }, state) => {
    const organisation = find(state, input.params.login);
    return {
      claim:
        organisation === undefined ? undefined : await readClaim(tables, { kind: 'owner', name: organisation.ownerId }),
    };
  },
  decide: ({ input, state, facts, config, operation, ifMatch, now }) => {
    const before = present(state);
    const organisation = find(before, input.params.login);
    if (organisation === undefined) throw notFound();
    checkIfMatch(ifMatch, organisation);
    checkNotPending(organisation, `Organisation ${organisation.login}`);
    const reaching = before.grants.filter((grant) => reachedOrganisations(grant, [organisation]).length > 0);
    const naming = reaching.filter((grant) => !isPattern(grant.organisation));
    if (naming.length > 0) {
      throw new ServiceError(
        'in-use',
        `Grants name ${organisation.login}: ${naming.map(({ id }) => id).join(', ')}. Revoke them first.`,
      );
    }
    const roles = [...new Set(reaching.map(({ pushRole }) => pushRole))];
    const after: DepartmentState = {
      ...before,
      organisations: before.organisations.filter((one) => one !== organisation),
    };
    const waits = roles.length > 0;
    const released =
      facts.claim === undefined ? undefined : release(facts.claim, organisation.department, 'let-go', now);
    return {
      department: before.department,
      subject: { type: 'organisation', id: organisation.login },
      writes: [
        waits
          ? { kind: 'put', entity: { type: 'organisation', value: pendingDelete(organisation, operation) } }
          : { kind: 'delete', entity: { type: 'organisation', value: organisation } },
      ],
      // While AWS still lets the organisation in, its owner id stays taken; the executor's outcome lets it go.
      claims:
        waits || facts.claim === undefined
          ? []
          : [{ key: facts.claim.key, was: facts.claim, ...(released === undefined ? {} : { becomes: released }) }],
      targets: roles.map((name) => ({ kind: 'role', name }) as const),
      plan: planRoles(roles, before, after, config.aws),
      total: roles.length,
      answer: { entityName: 'organisation', entity: null, created: false },
    };
  },
};

function find(state: DepartmentState | undefined, login: OrganisationLogin) {
  return state?.organisations.find((one) => isSameName(one.login, login));
}
