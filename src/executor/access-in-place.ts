import { readRepositoryOf } from '../ledger/read.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { AccessInPlace } from '../model/repository.ts';
import { changesOf, type EntityChange } from '../model/entity-change.ts';
import type { DepartmentState, Write } from '../model/state.ts';
import type { ExecutorParts } from './parts.ts';

/** How a step marks repositories, for the ledger and for the audit trail. */
export interface Marked {
  readonly writes: readonly Write[];
  readonly change: readonly EntityChange[];
}

/** Where no repository is marked again. */
export const NOTHING_MARKED: Marked = { writes: [], change: [] };

/**
 * Marks repositories with what their policy has in place of the department's account access; `undefined` where it has that. They are
 * read at the moment of the write: somebody may have asked for a change of theirs in between.
 * @param marks by the repository's name
 */
export async function markAccessInPlace(
  { tables }: ExecutorParts,
  state: DepartmentState,
  department: DepartmentId,
  marks: ReadonlyMap<string, AccessInPlace | undefined>,
): Promise<Marked> {
  const read = await Promise.all(
    [...marks].map(async ([name, mark]) => ({ mark, repository: await readRepositoryOf(tables, department, name) })),
  );
  const writes = read.flatMap(({ mark, repository }): readonly Write[] => {
    if (repository === undefined || (mark === undefined && repository.accessInPlace === undefined)) return [];
    const { accessInPlace: _before, ...rest } = repository;
    const value = mark === undefined ? rest : { ...rest, accessInPlace: mark };
    return [{ kind: 'put', entity: { type: 'repository', value } }];
  });
  const repositories = read.flatMap(({ repository }) => repository ?? []);
  return { writes, change: changesOf({ state, repositories }, { department: state.department, writes }) };
}
