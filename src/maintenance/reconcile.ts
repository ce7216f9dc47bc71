import { AwsFault } from '../aws/fault.ts';
import { markAccessInPlace } from '../executor/access-in-place.ts';
import { advance } from '../executor/advance.ts';
import { apply, propose, type Looker, type Proposal } from '../executor/converge.ts';
import { CALLS_PER_EVENT } from '../executor/outcome.ts';
import type { ExecutorParts, Run } from '../executor/parts.ts';
import type { SingleTarget } from '../executor/resources.ts';
import { forwardChain } from '../ledger/forward-chain.ts';
import { readExports, releaseRun } from '../ledger/export-state.ts';
import { listRepositories, readDepartment, readRepositoryOf } from '../ledger/read.ts';
import type { Tables } from '../ledger/client.ts';
import type { AuditEvent, AuditRecord, AwsCall } from '../model/audit-event.ts';
import { changing, inEvents } from '../model/entity-change.ts';
import type { DepartmentId } from '../model/ids.ts';
import { isWanted } from '../model/pending.ts';
import type { Change, Plan } from '../model/plan.ts';
import type { Repository } from '../model/repository.ts';
import type { DepartmentState } from '../model/state.ts';
import { inTurn } from './in-turn.ts';
import { writeSnapshot } from './snapshot.ts';

/** What became of a department whose state was restored. */
export interface Reconciled {
  readonly department: DepartmentId;
  /** Events of its audit chain that the restored state does not know: what was done after the moment that was restored. */
  readonly since: readonly AuditEvent[];
  /** What in AWS differs from the state, and what brings it there. */
  readonly changes: Plan;
  /** Operations that are pending in the state; the executor finishes them, so nothing was compared. */
  readonly pending: readonly string[];
}

/**
 * Brings a department whose state was restored back to its audit chain, and AWS back to the state.
 *
 * The chain is ahead of a restored state, and an event is never put twice: so the state's counters go to where the chain
 * really ends. Then each repository and role is looked at and compared, and brought to the state as an operation would: under
 * the department's lease, behind the same guards and the same fence. A large department is worked on in slices, each under a
 * lease of its own.
 *
 * @param apply whether to carry the changes out; with audit events of their own
 */
export async function reconcile(parts: ExecutorParts, department: DepartmentId, apply: boolean): Promise<Reconciled> {
  const begun = await inTurn(parts, department, async (run) => {
    const since = await forwardChain(parts.tables, department);
    await writeSnapshot(parts, run);
    const { head, state } = await readDepartment(parts.tables, department);
    const pending = head?.pendingOperations ?? [];
    if (state === undefined || pending.length > 0) return { since, pending, changes: [], isOver: true };
    return { since, pending, changes: await reconcileSlice(parts, run, rolesOf(state), apply), isOver: false };
  });
  const { since, pending } = begun;
  const changes = [...begun.changes];
  let after: string | undefined;
  for (let isOver = begun.isOver; !isOver; ) {
    const slice = await inTurn(parts, department, async (run) => {
      const page = await listRepositories(parts.tables, department, SLICE, after);
      after = page.at(-1)?.name;
      return { changes: await reconcileSlice(parts, run, page.map(targetOf), apply), isLast: page.length < SLICE };
    });
    changes.push(...slice.changes);
    isOver = slice.isLast;
  }
  return { department, since, changes, pending };
}

/** Repositories that are compared under one lease. */
const SLICE = 25;

/** Where the bulk export stands after a restore. */
export interface ReconciledExport {
  /** Number of the last export that ended; 0 when there was none. */
  readonly last: number;
  /** An export that began after it and did not end. */
  readonly begun?: number;
  /** When the run began that the restored state still knew, if it was let go of. */
  readonly released?: string;
}

/**
 * Brings the bulk export back after a restore: what was exported is in the platform's chain, so that only a run that the restored
 * state remembers, and that is over, has to be let go of.
 */
export async function reconcileExport(tables: Tables, now: Date): Promise<ReconciledExport> {
  const released = await releaseRun(tables, now);
  const { last, begun } = await readExports(tables);
  return {
    last: last.number,
    ...(begun === undefined ? {} : { begun: begun.number }),
    ...(released === undefined ? {} : { released }),
  };
}

function rolesOf({ roles }: DepartmentState): readonly SingleTarget[] {
  return roles.filter(isWanted).map(({ name }) => ({ kind: 'role', name }) as const);
}

function targetOf({ name }: Repository): SingleTarget {
  return { kind: 'repository', name };
}

/**
 * What stands in AWS otherwise than a department's state says, as the changes that would bring it there.
 * @throws UnsafePlan when something stands there that is not the department's
 */
export async function compareWithAws(parts: ExecutorParts, state: DepartmentState): Promise<Plan> {
  const plan: Change[] = [];
  const looker = { department: state.department.id };
  for (const { proposal } of await proposals(parts, looker, state, rolesOf(state))) plan.push(...proposal.plan);
  let after: string | undefined;
  for (;;) {
    const page = await listRepositories(parts.tables, state.department.id, SLICE, after);
    for (const { proposal } of await proposals(parts, looker, state, page.map(targetOf))) plan.push(...proposal.plan);
    if (page.length < SLICE) return plan;
    after = page.at(-1)?.name;
  }
}

/** What is proposed for a resource. */
interface Proposed {
  readonly target: SingleTarget;
  readonly proposal: Proposal;
}

/** What brings resources to the state, past every guard. Nothing is ever deleted here. */
async function proposals(
  parts: ExecutorParts,
  looker: Looker,
  state: DepartmentState,
  targets: readonly SingleTarget[],
): Promise<readonly Proposed[]> {
  const proposed = targets.map(async (target): Promise<readonly Proposed[]> => {
    const repository =
      target.kind === 'repository' ? await readRepositoryOf(parts.tables, looker.department, target.name) : undefined;
    if (target.kind === 'repository' && (repository === undefined || !isWanted(repository))) return [];
    const aim = { state, repository, looksAtFresh: true };
    return [{ target, proposal: await propose(parts, looker, aim, target, { maxDeletions: 0 }) }];
  });
  return (await Promise.all(proposed)).flat();
}

/** Compares some resources, and brings them to the state. Intent before effect: the plan is recorded in the chain first. */
async function reconcileSlice(
  parts: ExecutorParts,
  run: Run,
  targets: readonly SingleTarget[],
  isToApply: boolean,
): Promise<Plan> {
  const { state } = await readDepartment(parts.tables, run.department);
  if (state === undefined) return [];
  const [pending] = state.head.pendingOperations;
  if (pending !== undefined) throw new Error(`${pending} was accepted meanwhile. Reconcile ${run.department} again.`);
  const proposed = await proposals(parts, run, state, targets);
  const plan = proposed.flatMap(({ proposal }) => proposal.plan);
  if (isToApply && plan.length > 0) await carryOut(parts, run, proposed, plan);
  return plan;
}

async function carryOut(parts: ExecutorParts, run: Run, proposed: readonly Proposed[], plan: Plan): Promise<void> {
  await record(parts, run, { outcome: 'accepted', plan });
  const calls: AwsCall[] = [];
  const done: SingleTarget[] = [];
  let failure: unknown;
  try {
    for (const { target, proposal } of proposed) {
      await apply(parts, run, proposal, calls);
      done.push(target);
    }
  } catch (error) {
    failure = error;
    if (error instanceof AwsFault) calls.push(error.call);
    throw error;
  } finally {
    const outcome = failure === undefined ? 'succeeded' : 'failed';
    await record(parts, run, { outcome, awsCalls: calls.slice(-CALLS_PER_EVENT) }, done);
  }
}

type What = Pick<AuditRecord, 'outcome' | 'plan' | 'awsCalls'>;

/** @param done resources that are what the state says now */
async function record(parts: ExecutorParts, run: Run, what: What, done: readonly SingleTarget[] = []): Promise<void> {
  const { department } = run;
  const names = done.flatMap(({ kind, name }) => (kind === 'repository' ? [name] : []));
  await advance(parts, run, `What is done for ${department}`, async (state, time) => {
    const marks = new Map(names.map((name) => [name, undefined]));
    const { writes, change } = await markAccessInPlace(parts, state, department, marks);
    const base = { time, department, action: 'reconcileDepartment', outcome: what.outcome };
    const [first, ...more] = inEvents(change);
    return {
      records: [{ ...base, ...what, ...changing(first) }, ...more.map((some) => ({ ...base, change: some }))],
      writes,
    };
  });
}
