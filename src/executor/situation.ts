import { readDepartment } from '../ledger/read.ts';
import type { Operation } from '../model/operation.ts';
import type { Repository } from '../model/repository.ts';
import { afterSettlement, settle, stateAsOf, type Ending } from '../model/settle.ts';
import type { DepartmentState } from '../model/state.ts';
import { guardOwnership } from './guard.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { repositoryOf } from './resources.ts';

/** What an operation finds in the ledger when its turn has come. */
export interface Situation {
  readonly state: DepartmentState;
  /** The repository that it is about, if it is about one. */
  readonly repository: Repository | undefined;
}

/**
 * The state as the operation sees it, and as it is to become.
 * @throws UnsafePlan where something stored in the department's place says that it is another's
 */
export async function readSituation(parts: ExecutorParts, run: Run, operation: Operation): Promise<Situation> {
  const { state } = await readDepartment(parts.tables, run.department);
  if (state === undefined) throw new Error(`Department ${run.department} of ${operation.id} is gone.`);
  const situation = {
    state: stateAsOf(state, operation.id),
    repository: await repositoryOf(parts, run.department, operation),
  };
  guardOwnership(situation.state, situation.repository, operation, run.department);
  return situation;
}

/** The situation as an ending of the operation would leave it. */
export function situationAfter({ state, repository }: Situation, { id }: Operation, ending: Ending): Situation {
  return afterSettlement(state, repository, settle(state, repository, id, ending));
}
