/**
 * Nothing runs here: the type check holds the registries to the contract. Each `@ts-expect-error` is itself an error as soon as
 * what it stands before compiles.
 */
import { createGrant } from '../../src/core/commands/create-grant.ts';
import { deleteDepartment } from '../../src/core/commands/delete-department.ts';
import { COMMANDS, type Commands } from '../../src/core/commands/registry.ts';
import { updateGrant } from '../../src/core/commands/update-grant.ts';
import type { InputOf } from '../../src/core/input.ts';
import { getGrant, listGrants } from '../../src/core/queries/grants.ts';
import { QUERIES, type Queries } from '../../src/core/queries/registry.ts';

// @ts-expect-error A command is not registered under another's name.
export const swapped: Commands = { ...COMMANDS, createGrant: updateGrant, updateGrant: createGrant };

// @ts-expect-error Nor where it would be content with the other's input.
export const sameInput: Commands = { ...COMMANDS, updateDepartment: deleteDepartment };

// @ts-expect-error A query is not registered under another's name.
export const swappedQueries: Queries = { ...QUERIES, getGrant: listGrants, listGrants: getGrant };

/** What is in no contract can't be read, and what the contract takes is of its verified type. */
export function readsOnlyTheContract(input: InputOf<'createRepository'>): unknown {
  // @ts-expect-error There is no lifecyclePreset in openapi.yaml: a preset is given as lifecyclePolicy.
  const { lifecyclePreset } = input.body;
  const { name } = input.body;
  // @ts-expect-error A text is no repository's name before the contract has said so.
  const unchecked: typeof name = 'koa/app';
  return [lifecyclePreset, unchecked];
}
