import { advance, type Step } from '../executor/advance.ts';
import type { ExecutorParts, Run } from '../executor/parts.ts';
import { listRepositories, readDepartmentItem } from '../ledger/read.ts';
import { SNAPSHOT_ACTION, type AuditRecord } from '../model/audit-event.ts';
import { changing, inEvents, snapshotOf, type EntityChange } from '../model/entity-change.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { Repository } from '../model/repository.ts';
import { entitiesOf, type DepartmentState } from '../model/state.ts';

/** Repositories that are read, and written into events, in one transaction; each may have a lifecycle policy of 30 KB. */
const PAGE = 25;

/** How far a snapshot is. */
interface Progress {
  readonly parts: number;
  /** Number of its first event. */
  readonly from?: number;
  /** The last repository that is told. */
  readonly after?: string;
  readonly isOver: boolean;
}

/**
 * Writes what a department has into its chain, where the chain alone does not tell it: of a department from before events told changes,
 * and after a restore. Each part is what the ledger has at that moment, so that changes in between are told once, by whichever comes
 * later.
 * @returns how many events were written
 */
export async function writeSnapshot(parts: ExecutorParts, run: Run): Promise<number> {
  if (!(await needsSnapshot(parts, run.department))) return 0;
  let progress: Progress = { parts: 0, isOver: false };
  while (!progress.isOver) {
    let next = progress;
    await advance(parts, run, `The snapshot of ${run.department}`, async (state, time) => {
      const made = await stepOf(parts, run, state, progress, time);
      next = made.progress;
      return made.step;
    });
    progress = next;
  }
  return progress.parts;
}

/** Whether a department is there and its chain does not tell what it has. */
async function needsSnapshot({ tables }: ExecutorParts, department: DepartmentId): Promise<boolean> {
  const item = await readDepartmentItem(tables, department);
  return item !== undefined && !item.head.deleted && item.head.toldFrom === undefined;
}

async function stepOf(
  { tables }: ExecutorParts,
  { department }: Run,
  state: DepartmentState,
  { parts, from = state.head.auditSeq + 1, after }: Progress,
  time: string,
): Promise<{ readonly step: Step; readonly progress: Progress }> {
  const page = await listRepositories(tables, department, PAGE, after);
  const isOver = page.length < PAGE;
  const told = inEvents([
    ...(parts === 0 ? entitiesOf(state).flatMap(snapshotOf) : []),
    ...page.flatMap(repositoryTold),
  ]);
  const records = (told.length === 0 ? [[]] : told).map((change, index, { length }): AuditRecord => {
    const snapshot = { part: parts + index + 1, isLast: isOver && index === length - 1 };
    return { time, department, action: SNAPSHOT_ACTION, outcome: 'succeeded', snapshot, ...changing(change) };
  });
  const last = page.at(-1)?.name ?? after;
  return {
    step: { records, ...(isOver ? { head: { toldFrom: from } } : {}) },
    progress: { parts: parts + records.length, from, isOver, ...(last === undefined ? {} : { after: last }) },
  };
}

function repositoryTold(value: Repository): readonly EntityChange[] {
  return snapshotOf({ type: 'repository', value });
}
