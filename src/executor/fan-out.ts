import { applyChange } from '../aws/apply.ts';
import { AwsFault } from '../aws/fault.ts';
import { listRepositories } from '../ledger/read.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import type { Repository } from '../model/repository.ts';
import { asOf } from '../model/settle.ts';
import type { DepartmentState } from '../model/state.ts';
import { planChanges } from '../plan/plan.ts';
import { guardPlan, UnsafePlan } from './guard.ts';
import { recordProgress, type Failure, type Outcome } from './outcome.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { compare } from './resources.ts';

/** Refused repositories that are named; the others are counted. */
const MOST_NAMED = 20;

/** A fan-out under way. */
interface FanOut {
  /** The operation with how far it came. */
  operation: Operation;
  /** Whether a repository has the new policy already: from then on nothing is taken back. */
  applied: boolean;
  readonly calls: AwsCall[];
}

/**
 * Writes the policy of each of the department's repositories, in the order of their names, from where an earlier run
 * came to. The first one is tried alone: what AWS refuses there is refused before anything is changed. After that the
 * new state stays, whatever happens: half a list is worse than a whole one with known exceptions.
 *
 * Where the operation is being taken back, the first one is no test: each repository is brought to the state, and what
 * refuses is told.
 * @throws AwsFault, UnsafePlan when it is refused before anything is changed; OutOfTime
 */
export async function applyToAll(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  state: DepartmentState,
  calls: AwsCall[],
): Promise<Outcome> {
  // How far it came says nothing of it: what it came past may be made by a later operation.
  const applied = operation.applied === true || operation.undoing !== undefined;
  const fanOut: FanOut = { operation, applied, calls };
  try {
    await writeAll(parts, run, fanOut, state);
  } catch (error) {
    if (fanOut.operation !== operation) await recordProgress(parts, run, fanOut.operation, calls.splice(0));
    const isGivenUp =
      error instanceof AwsFault && error.kind === 'transient' && operation.attempts >= parts.limits.attempts;
    if (!isGivenUp || !fanOut.applied) throw error;
    const { completed, total } = fanOut.operation;
    return stays(
      completed,
      'aws-unavailable',
      `Given up after ${operation.attempts} attempts with ${completed} of ${total} repositories done. ${error.message}`,
    );
  }
  const { refused } = fanOut.operation;
  if (refused === undefined) return { status: 'succeeded' };
  const more = refused.count > refused.names.length ? ` and ${refused.count - refused.names.length} more` : '';
  return stays(
    fanOut.operation.completed - refused.count,
    'refused-by-aws',
    `The policy of ${refused.names.join(', ')}${more} could not be written; all others have it.`,
  );
}

function stays(completed: number, code: Failure['code'], detail: string): Failure {
  return { status: 'failed', code, detail, keepsState: true, isDeadLetter: true, completed };
}

async function writeAll(parts: ExecutorParts, run: Run, fanOut: FanOut, state: DepartmentState): Promise<void> {
  const { page: size } = parts.limits;
  for (;;) {
    const page = await listRepositories(parts.tables, state.department.id, size, fanOut.operation.cursor);
    for (const repository of page) {
      run.checkTime();
      const isRefused = await isRefusedAt(parts, run, fanOut, state, repository);
      fanOut.operation = passed(fanOut, repository.name, isRefused);
    }
    if (page.length < size) return;
    await recordProgress(parts, run, fanOut.operation, fanOut.calls.splice(0));
  }
}

/** An operation that came past a repository. As long as it comes on, it is not given up. */
function passed({ operation, applied }: FanOut, name: string, isRefused: boolean): Operation {
  const { completed, refused = { count: 0, names: [] } } = operation;
  const next = { ...operation, completed: completed + 1, cursor: name, attempts: 1, applied };
  if (!isRefused) return next;
  return { ...next, refused: { count: refused.count + 1, names: [...refused.names, name].slice(0, MOST_NAMED) } };
}

/** Writes one policy. Once others have it, a refusal of this one is told at the end. */
async function isRefusedAt(
  parts: ExecutorParts,
  run: Run,
  fanOut: FanOut,
  state: DepartmentState,
  repository: Repository,
): Promise<boolean> {
  try {
    const done = await writePolicy(parts, run, fanOut, state, repository);
    // What stands already at a later attempt was written by an earlier one.
    if (done === 'written' || (done === 'stands' && fanOut.operation.attempts > 1)) fanOut.applied = true;
    return done === 'missing';
  } catch (error) {
    const isRefusal = error instanceof UnsafePlan || (error instanceof AwsFault && error.kind === 'definitive');
    if (!isRefusal || !fanOut.applied) throw error;
    if (error instanceof AwsFault) fanOut.calls.push(error.call);
    return true;
  }
}

async function writePolicy(
  parts: ExecutorParts,
  run: Run,
  { operation, calls }: FanOut,
  state: DepartmentState,
  stored: Repository,
): Promise<'written' | 'stands' | 'missing' | 'not-made-yet'> {
  const repository = asOf(stored, operation.id);
  // A repository that a later operation makes gets its policy from that.
  if (repository === undefined) return 'not-made-yet';
  const comparison = await compare(parts, state, repository, operation, { kind: 'repository', name: repository.name });
  if (comparison.observed.repositories.get(repository.name) === undefined) return 'missing';
  const plan = planChanges(comparison.observed, comparison.desired, parts.settings);
  const policies = plan.filter(
    ({ action }) => action === 'ecr:SetRepositoryPolicy' || action === 'ecr:DeleteRepositoryPolicy',
  );
  guardPlan(policies, { state, comparison, settings: parts.settings, forced: new Set(), maxDeletions: 0 });
  for (const change of policies)
    calls.push(await applyChange(parts.aws, change, { force: false, mayBegin: run.checkLease }));
  return policies.length === 0 ? 'stands' : 'written';
}
