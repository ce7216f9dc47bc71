import type { ExecutorParts } from '../executor/parts.ts';
import { allDepartmentIds, readDepartment } from '../ledger/read.ts';
import { embeddedMetric } from '../metrics/metrics.ts';
import { compareWithAws } from './reconcile.ts';

/**
 * Looks at all that the departments own in AWS and counts what stands there other than the state says. Nothing is
 * written, and no lease is taken: a department with something pending is left for the next look.
 * @returns how many resources differ
 */
export async function lookForDrift(parts: ExecutorParts): Promise<number> {
  let resources = 0;
  for await (const department of allDepartmentIds(parts.tables)) resources += await driftOf(parts, department);
  parts.log.info(embeddedMetric({ kind: 'drift', resources }, parts.tables.state, parts.now()), 'Looked for drift');
  return resources;
}

async function driftOf(parts: ExecutorParts, department: string): Promise<number> {
  try {
    const { state } = await readDepartment(parts.tables, department);
    if (state === undefined || state.head.pendingOperations.length > 0) return 0;
    const changes = await compareWithAws(parts, state);
    const differing = new Set(changes.map(({ action, resource }) => `${action.slice(0, 4)}${resource}`));
    for (const change of changes) parts.log.warn({ department, change }, 'AWS is not what the state says');
    return differing.size;
  } catch (error) {
    // What can't be compared, because it is no longer the department's, differs as well.
    parts.log.error({ department, err: error }, 'A department could not be compared with AWS');
    return 1;
  }
}
