import type { Role } from '../../../src/core/authorize/relation.ts';
import type { CommandName } from '../../../src/core/authorize/rules.ts';

/** A workflow that asks, by what decides. */
export interface Asker {
  readonly repositoryId: string;
  readonly ownerId: string;
  readonly ref?: string | undefined;
  readonly environment?: string | undefined;
  readonly event: string;
}

/** Where a rule lets a workflow act from. */
export interface Place {
  readonly repositoryId: string;
  readonly ref?: string;
  readonly environment?: string;
}

/** A department as far as it decides. */
export interface Known {
  readonly owners: readonly { readonly id: string; readonly shared: boolean; readonly leaving: boolean }[];
  readonly managers: readonly Place[];
  readonly selfService: boolean;
}

/**
 * Who may do what, said a second time and as simply as it can be said, so that the code is not its own judge: one list of
 * names for each role, written out.
 */
export const MEMBERS_MAY: readonly CommandName[] = [
  'getDepartment',
  'listOrganisations',
  'getOrganisation',
  'listPushRoles',
  'getAccountAccess',
  'listRepositories',
  'listRepositoryPushers',
  'listRepositoryPullers',
  'getRepository',
  'listGrants',
  'getGrant',
  'getGrantWorkflow',
  'getOperation',
  'listDepartmentAuditEvents',
  'exportDepartmentAuditEvents',
];
export const MANAGERS_MAY_TOO: readonly CommandName[] = [
  'createRepository',
  'updateRepository',
  'deleteRepository',
  'createGrant',
  'updateGrant',
  'revokeGrant',
];
export const EVERYBODY_MAY: readonly CommandName[] = ['whoami', 'listDepartments'];
export const ITSELF_MAY: readonly CommandName[] = ['createRepository', 'createGrant'];
/** What changes nothing, so that every event may ask it. */
export const READS: readonly CommandName[] = [...EVERYBODY_MAY, ...MEMBERS_MAY, 'listAuditEvents', 'exportAuditEvents'];

/** Whether a workflow acts from a place: the repository, and each of ref and environment that is named, of which one must be. */
function actsFrom(asker: Asker, place: Place): boolean {
  if (place.ref === undefined && place.environment === undefined) return false;
  if (place.repositoryId !== asker.repositoryId) return false;
  if (place.environment !== undefined && place.environment !== asker.environment) return false;
  if (place.ref === undefined) return true;
  if (asker.ref === undefined) return false;
  const [beginning = '', ...rest] = place.ref.split('*');
  return rest.length === 0 ? asker.ref === beginning : asker.ref.slice(0, beginning.length) === beginning;
}

/**
 * The role of a workflow in a department that exists. Whatever started it by an event that is not on the list is a member at
 * most, whatever rules name its place.
 */
function roleIn(asker: Asker, known: Known, platform: readonly Place[], events: readonly string[]): Role {
  const isListed = events.includes(asker.event);
  if (isListed && platform.some((place) => actsFrom(asker, place))) return 'platform';
  const owner = known.owners.find(({ id, leaving }) => id === asker.ownerId && !leaving);
  if (owner === undefined) return 'stranger';
  if (isListed && known.managers.some((place) => actsFrom(asker, place))) return 'manager';
  return owner.shared ? 'stranger' : 'member';
}

/** Whether the command may be run. */
export function mayRun(
  command: CommandName,
  asker: Asker,
  known: Known | undefined,
  platform: readonly Place[],
  situation: { readonly dryRun: boolean; readonly onlyItself: boolean; readonly events: readonly string[] },
): boolean {
  const role =
    known === undefined
      ? situation.events.includes(asker.event) && platform.some((place) => actsFrom(asker, place))
        ? 'platform'
        : 'stranger'
      : roleIn(asker, known, platform, situation.events);
  const isLet =
    EVERYBODY_MAY.includes(command) ||
    role === 'platform' ||
    (role !== 'stranger' && MEMBERS_MAY.includes(command)) ||
    (role === 'manager' && MANAGERS_MAY_TOO.includes(command)) ||
    (role === 'member' && known?.selfService === true && situation.onlyItself && ITSELF_MAY.includes(command));
  return isLet && (READS.includes(command) || situation.dryRun || situation.events.includes(asker.event));
}
