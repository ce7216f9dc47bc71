import { applyChange } from '../aws/apply.ts';
import { AwsFault } from '../aws/fault.ts';
import { listRepositories } from '../ledger/read.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import { isWanted } from '../model/pending.ts';
import type { Repository } from '../model/repository.ts';
import type { DepartmentState } from '../model/state.ts';
import { planChanges } from '../plan/plan.ts';
import { guardPlan } from './guard.ts';
import { CALLS_PER_EVENT, recordProgress, type Outcome } from './outcome.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { compare } from './resources.ts';

/**
 * Writes the policy of each of the department's repositories, in the order of their names, from where an earlier run
 * came to. The first one is tried alone: what AWS refuses there is refused before anything is changed.
 * @throws AwsFault when the first repository is refused
 */
export async function applyToAll(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  state: DepartmentState,
  calls: AwsCall[],
): Promise<Outcome> {
  let current = operation;
  const refused: string[] = [];
  for (;;) {
    const page = await listRepositories(parts.tables, state.department.id, CALLS_PER_EVENT / 2, current.cursor);
    for (const repository of page) {
      run.checkTime();
      await writePolicy(parts, current, state, repository, calls, refused);
      current = { ...current, completed: current.completed + 1, cursor: repository.name };
    }
    if (page.length < CALLS_PER_EVENT / 2) break;
    await recordProgress(parts, run, current, calls.splice(0));
  }
  if (refused.length === 0) return { status: 'succeeded' };
  // Some stand already, and half a list is worse than a whole one with known exceptions: the new state stays.
  return {
    status: 'failed',
    code: 'refused-by-aws',
    detail: `AWS refused the policy of ${refused.join(', ')}; all others have it.`,
    keepsState: true,
  };
}

async function writePolicy(
  parts: ExecutorParts,
  operation: Operation,
  state: DepartmentState,
  repository: Repository,
  calls: AwsCall[],
  refused: string[],
): Promise<void> {
  // A repository that is still being made gets its policy from its own operation, which comes later.
  if (repository.pending?.change === 'create' || !isWanted(repository)) return;
  const comparison = await compare(parts, state, repository, operation, { kind: 'repository', name: repository.name });
  const plan = planChanges(comparison.observed, comparison.desired, parts.settings);
  const policies = plan.filter(
    ({ action }) => action === 'ecr:SetRepositoryPolicy' || action === 'ecr:DeleteRepositoryPolicy',
  );
  guardPlan(policies, { state, comparison, settings: parts.settings, forced: new Set(), maxDeletions: 0 });
  for (const change of policies) {
    try {
      calls.push(await applyChange(parts.aws, change, { force: false }));
    } catch (error) {
      const isFirst = operation.completed === 0 && operation.attempts === 1;
      if (!(error instanceof AwsFault) || error.kind === 'transient' || isFirst) throw error;
      calls.push(error.call);
      refused.push(repository.name);
    }
  }
}
