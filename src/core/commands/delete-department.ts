import { ServiceError } from '../errors.ts';
import { listDeadLetters } from '../../ledger/dead-letters.ts';
import { countRepositories } from '../../ledger/read.ts';
import { pendingDelete } from '../../model/pending.ts';
import type { DepartmentState } from '../../model/state.ts';
import { checkIfMatch, checkNotPending, present } from './checks.ts';
import type { Command } from './command.ts';
import { departmentInPath } from '../look-ups.ts';
import { planRoles } from './plans.ts';

interface Facts {
  readonly repositories: number;
  /** Operations of the department that left something in AWS, which only a replay in the department can take up. */
  readonly deadLetters: readonly string[];
}

/** Deletes a department that has neither repositories nor grants, with its push roles. Its names stay reserved. */
export const deleteDepartment: Command<'deleteDepartment', Facts> = {
  name: 'deleteDepartment',
  departmentOf: departmentInPath,
  look: async (_input, { tables }, state) => ({
    repositories: state === undefined ? 0 : await countRepositories(tables, state.department.id),
    deadLetters: (await listDeadLetters(tables))
      .filter(({ department }) => department === state?.department.id)
      .map(({ operation }) => operation),
  }),
  decide: ({ state, facts, config, operation, ifMatch }) => {
    const before = present(state);
    const { department, roles } = before;
    checkIfMatch(ifMatch, department);
    checkNotPending(department, `Department ${department.id}`);
    for (const role of roles) checkNotPending(role, `Push role ${role.name}`);
    for (const organisation of before.organisations)
      checkNotPending(organisation, `Organisation ${organisation.login}`);
    checkNotPending(before.access, 'The account access');
    checkEmpty(before, facts);
    const after: DepartmentState = { ...before, roles: [] };
    // Where an earlier deletion took the roles, the executor still has to end this one.
    const roleNames = roles.length === 0 ? [department.roleName] : roles.map(({ name }) => name);
    return {
      department: pendingDelete(department, operation),
      subject: { type: 'department', id: department.id },
      writes: roles.map(
        (role) => ({ kind: 'put', entity: { type: 'push-role', value: pendingDelete(role, operation) } }) as const,
      ),
      claims: [],
      targets: roleNames.map((name) => ({ kind: 'role', name }) as const),
      plan: planRoles(roleNames, before, after, config.aws),
      total: roleNames.length,
      answer: { entityName: 'department', entity: null, created: false },
    };
  },
};

/** What one transaction can take away: each organisation and role is an item and a claim, of 100 actions in all. */
const MOST_AT_ONCE = 40;

function checkEmpty(
  { department, grants, organisations, roles }: DepartmentState,
  { repositories, deadLetters }: Facts,
): void {
  if (deadLetters.length > 0) {
    throw new ServiceError(
      'in-use',
      `Operations of ${department.id} left something in AWS: ${deadLetters.join(', ')}. Replay them first; without the department nobody could.`,
    );
  }
  if (organisations.length + roles.length > MOST_AT_ONCE) {
    throw new ServiceError(
      'in-use',
      `Department ${department.id} has ${organisations.length} organisations and ${roles.length} push roles; ${MOST_AT_ONCE} go at once. Delete some of its organisations first.`,
    );
  }
  if (repositories === 0 && grants.length === 0) return;
  throw new ServiceError(
    'in-use',
    `Department ${department.id} still has ${repositories} repositories and ${grants.length} grants. Delete the repositories and revoke the grants first.`,
  );
}
