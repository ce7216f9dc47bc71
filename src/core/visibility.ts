import { isManager, isPlatform } from './authorize/relation.ts';
import type { Caller } from '../caller/caller.ts';
import { readClaim, readManagers } from '../ledger/read.ts';
import type { GitHubId } from '../model/ids.ts';
import type { Claim } from '../model/state.ts';
import type { CoreParts } from './parts.ts';

/** In the place of a department that is none: no id of one has this form. */
const NO_DEPARTMENT = '-';

/**
 * Whether the caller may be more than a stranger to a department, by the claim of its GitHub owner's id; asked before anything
 * of the department is read. A stranger costs the same reads whether what it names is there or not, so that neither the answer's
 * bytes nor the time it takes tells it which. Who passes is decided upon by the department's own state afterwards.
 *
 * @param finding the department in question; `undefined` where what was named is not there. It is under way already, because it
 *   must be read in either case.
 */
export async function mayBeKnown(
  { tables, config }: CoreParts,
  caller: Caller,
  finding: Promise<string | undefined>,
): Promise<boolean> {
  if (isPlatform(caller, config)) return true;
  const [department, claim] = await Promise.all([
    finding,
    readClaim(tables, { kind: 'owner', name: caller.repositoryOwnerId as GitHubId }),
  ]);
  const isHolder = holds(claim, department);
  if (claim?.shared !== true) return isHolder;
  // Only manager rules count for a shared owner. They are read also where they can decide nothing.
  const managers = await readManagers(tables, department ?? NO_DEPARTMENT);
  return isHolder && isManager(managers, caller, config);
}

function holds(claim: Claim | undefined, department: string | undefined): boolean {
  return claim?.departments.some((one) => one === department) === true;
}
