import type { Grant } from '../model/grant.ts';
import { isPattern, isWide } from '../model/grant.ts';
import { foldCase, isSameName } from '../model/names.ts';
import type { Organisation } from '../model/organisation.ts';
import { byCodeUnit } from '../lib/by-code-unit.ts';
import { globMatches } from './evaluate.ts';

/** What of a grant decides which GitHub organisations it reaches. */
export type GrantOwner = Pick<Grant, 'department' | 'organisation' | 'repository'>;

/**
 * The organisations that a grant reaches, in a fixed order: of its own department only, names compared without regard
 * to case. A pattern is expanded here, before anything is written, so that no `*` stands before the organisation is
 * complete. What a shared organisation holds is not the department's alone, so no pattern reaches into it.
 */
export function reachedOrganisations(
  grant: GrantOwner,
  organisations: readonly Organisation[],
): readonly Organisation[] {
  return organisations
    .filter((organisation) => organisation.department === grant.department)
    .filter((organisation) => organisationMatches(grant.organisation, organisation.login))
    .filter((organisation) => !(organisation.shared && isWide(grant)))
    .sort((a, b) => byCodeUnit(foldCase(a.login), foldCase(b.login)));
}

/** The grants that reach more owners under `after` than under `before`: what registering an organisation widens. */
export function widenedGrants<T extends GrantOwner>(
  grants: readonly T[],
  before: readonly Organisation[],
  after: readonly Organisation[],
): readonly T[] {
  return grants.filter((grant) => {
    const known = new Set(reachedOrganisations(grant, before).map(ownerKey));
    return reachedOrganisations(grant, after).some((organisation) => !known.has(ownerKey(organisation)));
  });
}

/** A login may come back with another owner behind it: only both together are the same owner. */
function ownerKey(organisation: Organisation): string {
  return `${foldCase(organisation.login)}@${organisation.ownerId}`;
}

/** Whether an organisation of a grant, a login or a pattern with `*`, means this login. */
export function organisationMatches(organisation: string, login: string): boolean {
  if (!isPattern(organisation)) return isSameName(organisation, login);
  // `?` is a wildcard to AWS and never one to us; a login can't hold it.
  return !organisation.includes('?') && globMatches(foldCase(organisation), foldCase(login));
}
