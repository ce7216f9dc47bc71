import { applyChange } from '../aws/apply.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Change, Plan } from '../model/plan.ts';
import { planChanges } from '../plan/plan.ts';
import { guardPlan } from './guard.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { compare, isTakenByAnother, NameTaken, type Aim, type Comparison, type SingleTarget } from './resources.ts';

/** What brings one resource to the state, held against the guards; nothing of it is applied yet. */
export interface Proposal {
  readonly comparison: Comparison;
  readonly plan: Plan;
  /** Whether a repository may be deleted with the images that it holds. */
  readonly force: boolean;
}

/** Whose things are looked at. Only what is applied needs a lease. */
export type Looker = Pick<Run, 'department'>;

/** What a proposal may hold. */
export interface Bounds {
  /** Only changes for which this is true; all without it. */
  readonly only?: (change: Change) => boolean;
  /** How many things it may delete; 1 unless said otherwise. */
  readonly maxDeletions?: number;
}

/**
 * The one way to a change in AWS: look, plan, guard. Operations, what takes them back, fan-outs and reconciliation all come
 * through here.
 * @throws NameTaken, UnsafePlan, AwsFault
 */
export async function propose(
  parts: ExecutorParts,
  looker: Looker,
  aim: Aim,
  target: SingleTarget,
  bounds: Bounds = {},
): Promise<Proposal> {
  return proposeFrom(parts, looker, aim, target, await compare(parts, aim, target), bounds);
}

/** The same, for what was looked at already. */
export function proposeFrom(
  parts: ExecutorParts,
  { department }: Looker,
  aim: Aim,
  target: SingleTarget,
  comparison: Comparison,
  { only = () => true, maxDeletions = 1 }: Bounds = {},
): Proposal {
  const force = target.kind === 'repository' && target.force === true;
  if (isTakenByAnother(comparison, target, aim)) throw new NameTaken(target);
  const plan = planChanges(comparison.observed, comparison.desired, parts.settings).filter(only);
  guardPlan(plan, {
    department,
    state: aim.state,
    comparison,
    settings: parts.settings,
    forced: new Set(force ? [target.name] : []),
    maxDeletions,
  });
  return { comparison, plan, force };
}

/**
 * Applies what was proposed, one change after the other. No request leaves that could outlive the lease.
 * @param calls where each call that was made is noted
 * @throws AwsFault, OutOfTime
 */
export async function apply(
  parts: ExecutorParts,
  run: Run,
  { plan, force }: Proposal,
  calls: AwsCall[],
): Promise<void> {
  for (const change of plan) {
    run.checkTime();
    calls.push(await applyChange(parts.aws, change, { force, mayBegin: run.checkLease }));
  }
}

/** Brings one resource to the state. */
export async function converge(
  parts: ExecutorParts,
  run: Run,
  aim: Aim,
  target: SingleTarget,
  calls: AwsCall[],
): Promise<void> {
  await apply(parts, run, await propose(parts, run, aim, target), calls);
}
