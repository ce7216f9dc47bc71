import { notFound } from './errors.ts';
import { readClaim } from '../ledger/read.ts';
import type { Grant } from '../model/grant.ts';
import type { DepartmentId, GrantId } from '../model/ids.ts';
import type { RepositoryName } from '../model/names.ts';
import type { PushRole } from '../model/push-role.ts';
import { isActive, type DepartmentState } from '../model/state.ts';
import type { Sources } from './parts.ts';

/** Most commands and queries name their department in the path. */
export async function departmentInPath(input: {
  readonly params: { readonly department: DepartmentId };
}): Promise<DepartmentId> {
  return input.params.department;
}

/** The department that a repository belongs to, by the repository's name alone. */
export async function departmentOfRepository(
  input: { readonly params: { readonly name: RepositoryName } },
  { tables }: Sources,
): Promise<string | undefined> {
  const claim = await readClaim(tables, { kind: 'repository-name', name: input.params.name });
  return isActive(claim) ? claim.departments[0] : undefined;
}

/**
 * The grant of an id.
 * @throws ServiceError `not-found` where the department has none
 */
export function findGrant({ grants }: DepartmentState, id: GrantId): Grant {
  const grant = grants.find((one) => one.id === id);
  if (grant === undefined) throw notFound();
  return grant;
}

/** The role that a grant's workflows assume. */
export function roleOf({ roles }: DepartmentState, grant: Grant): PushRole {
  const role = roles.find((one) => one.name === grant.pushRole);
  if (role === undefined)
    throw new Error(`Grant ${grant.id} names the role ${grant.pushRole}, which the ledger does not have.`);
  return role;
}
