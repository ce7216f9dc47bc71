import type { Input } from './core.ts';
import { notFound } from './errors.ts';
import { readClaim } from '../ledger/read.ts';
import type { Grant } from '../model/grant.ts';
import type { PushRole } from '../model/push-role.ts';
import { isActive, type DepartmentState } from '../model/state.ts';
import type { Sources } from './parts.ts';

/** Most commands and queries name their department in the path. */
export async function departmentInPath(input: Input): Promise<string | undefined> {
  return input.params['department'];
}

/** The department that a repository belongs to, by the repository's name alone. */
export async function departmentOfRepository(input: Input, { tables }: Sources): Promise<string | undefined> {
  const claim = await readClaim(tables, { kind: 'repository-name', name: String(input.params['name']) });
  return isActive(claim) ? claim.departments[0] : undefined;
}

/**
 * The grant of an id.
 * @throws ServiceError `not-found` where the department has none
 */
export function findGrant({ grants }: DepartmentState, id: string | undefined): Grant {
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
