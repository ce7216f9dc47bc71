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

/** A command whose facts are its own affair. */
// The facts flow from a command's own `look` to its own `decide`; nobody between them can confuse them.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyCommand = Command<any>;

/** The one registry of mutations, by the name that both contracts give them. */
export const COMMANDS: { readonly [Name in MutationName]: AnyCommand & { readonly name: Name | MutationName } } = {
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
