import type { DepartmentId, GitHubId } from '../../model/ids.ts';
import type { OrganisationLogin } from '../../model/names.ts';
import type { Organisation } from '../../model/organisation.ts';

/** An organisation as both APIs show it. */
export interface OrganisationView {
  readonly department: DepartmentId;
  readonly login: OrganisationLogin;
  readonly ownerId: GitHubId;
  readonly shared: boolean;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly pendingOperation: string | null;
}

export function organisationView(organisation: Organisation): OrganisationView {
  const { department, login, ownerId, shared, revision, createdAt, updatedAt, pending } = organisation;
  const pendingOperation = pending?.operation ?? null;
  return { department, login, ownerId, shared, revision, createdAt, updatedAt, pendingOperation };
}
