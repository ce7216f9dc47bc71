import { readRepositoryOf } from '../ledger/read.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { AccessInPlace } from '../model/repository.ts';
import type { Write } from '../model/state.ts';
import type { ExecutorParts } from './parts.ts';

/**
 * The writes by which repositories say what their policy has in place of the department's account access; `undefined` where it
 * has that. They are read at the moment of the write: somebody may have asked for a change of theirs in between.
 * @param marks by the repository's name
 */
export async function accessInPlaceWrites(
  { tables }: ExecutorParts,
  department: DepartmentId,
  marks: ReadonlyMap<string, AccessInPlace | undefined>,
): Promise<readonly Write[]> {
  const writes = await Promise.all(
    [...marks].map(async ([name, mark]): Promise<readonly Write[]> => {
      const repository = await readRepositoryOf(tables, department, name);
      if (repository === undefined || (mark === undefined && repository.accessInPlace === undefined)) return [];
      const { accessInPlace: _before, ...rest } = repository;
      const value = mark === undefined ? rest : { ...rest, accessInPlace: mark };
      return [{ kind: 'put', entity: { type: 'repository', value } }];
    }),
  );
  return writes.flat();
}
