import type { MutationName } from '../authorize/rules.ts';
import type { Command } from './command.ts';
import { createDepartment } from './create-department.ts';
import { createGrant } from './create-grant.ts';
import { createRepository } from './create-repository.ts';
import { deleteDepartment } from './delete-department.ts';
import { deleteOrganisation } from './delete-organisation.ts';
import { deleteRepository } from './delete-repository.ts';
import { putAccountAccess } from './put-account-access.ts';
import { putOrganisation } from './put-organisation.ts';
import { replayOperation } from './replay-operation.ts';
import { revokeGrant } from './revoke-grant.ts';
import { updateDepartment } from './update-department.ts';
import { updateGrant } from './update-grant.ts';
import { updateRepository } from './update-repository.ts';

/** The commands by name. What each knows beyond the state is its own affair: it goes from its own `look` to its own `decide`. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Commands = { readonly [Name in MutationName]: Command<Name, any> };

/** The one registry of mutations, by the name that both contracts give them. */
export const COMMANDS: Commands = {
  createDepartment,
  updateDepartment,
  deleteDepartment,
  putOrganisation,
  deleteOrganisation,
  putAccountAccess,
  createRepository,
  updateRepository,
  deleteRepository,
  createGrant,
  updateGrant,
  revokeGrant,
  replayOperation,
};
