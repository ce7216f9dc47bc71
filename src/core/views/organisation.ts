import type { Organisation } from '../../model/organisation.ts';

/** An organisation as both APIs show it. */
export interface OrganisationView {
  readonly department: string;
  readonly login: string;
  readonly ownerId: string;
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
