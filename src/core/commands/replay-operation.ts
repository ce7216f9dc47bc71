import { notFound } from '../errors.ts';
import { countRepositories, readOperation, readOperationDepartment, readRepositoryOf } from '../../ledger/read.ts';
import type { Operation, Target } from '../../model/operation.ts';
import { isWanted } from '../../model/pending.ts';
import type { Change, Plan } from '../../model/plan.ts';
import type { Repository } from '../../model/repository.ts';
import type { DepartmentState } from '../../model/state.ts';
import { fanOutChange } from '../../plan/plan.ts';
import { repositoryPolicy } from '../../policy/repository-policy.ts';
import { operationView } from '../views/operation.ts';
import { checkNotPending, present } from './checks.ts';
import type { Command, Situation } from './command.ts';
import { planRepository, planRoles } from './plans.ts';

interface Facts {
  readonly operation: Operation | undefined;
  /** The repositories that the operation means one by one. */
  readonly named: readonly Repository[];
  readonly repositories: number;
}

/**
 * Brings the AWS resources of an operation that is over to what the state says now. It changes nothing in the state: what was
 * undone stays undone. For the dead letters: operations that could be neither carried out nor undone.
 */
export const replayOperation: Command<'replayOperation', Facts> = {
  name: 'replayOperation',
  departmentOf: ({ params }, { tables }) => readOperationDepartment(tables, params.id),
  look: async ({ params }, { tables }, state) => {
    const operation = await readOperation(tables, params.id);
    if (operation === undefined || state === undefined) return { operation, named: [], repositories: 0 };
    const names = operation.targets.flatMap((target) => (target.kind === 'repository' ? [target.name] : []));
    const found = await Promise.all(names.map((name) => readRepositoryOf(tables, operation.department, name)));
    return {
      operation,
      named: found.filter((one): one is Repository => one !== undefined),
      repositories: await countRepositories(tables, operation.department),
    };
  },
  decide: (situation) => {
    const state = present(situation.state);
    const { operation, repositories } = situation.facts;
    if (operation === undefined) throw notFound();
    if (operation.status === 'pending')
      checkNotPending({ pending: { operation: operation.id, change: 'update' } }, `What ${operation.id} changes`);
    const targets = operation.targets.map(known);
    return {
      department: state.department,
      subject: operation.subject,
      writes: [],
      claims: [],
      targets,
      plan: targets.flatMap((target) => planOf(target, situation, state)),
      total: targets.reduce((sum, { kind }) => sum + (kind === 'repository-policies' ? repositories : 1), 0),
      replays: operation.id,
      answer: { entityName: 'replayed', entity: operationView(operation), created: false },
    };
  },
};

/** Whatever was fresh has been touched since, and nobody says again that images may go. */
function known(target: Target): Target {
  switch (target.kind) {
    case 'repository':
    case 'role':
      return { kind: target.kind, name: target.name };
    case 'repository-policies':
      return target;
  }
}

/** All that is to stand, as if nothing did; what stands already is not written again. */
function planOf(target: Target, { facts, config }: Situation<'replayOperation', Facts>, state: DepartmentState): Plan {
  switch (target.kind) {
    case 'repository': {
      const repository = facts.named.find((one) => one.name === target.name && isWanted(one));
      if (repository === undefined) return [gone('ecr:DeleteRepository', target.name)];
      return planRepository(target.name, undefined, repository, state.access, config.aws);
    }
    case 'role': {
      const isThere = state.roles.some((role) => role.name === target.name && isWanted(role));
      if (!isThere) return [gone('iam:DeleteRole', target.name)];
      return planRoles([target.name], { ...state, roles: [] }, state, config.aws);
    }
    case 'repository-policies': {
      const policy = repositoryPolicy(state.access, config.aws);
      const change = fanOutChange(undefined, policy, facts.repositories);
      return [change ?? { ...gone('ecr:DeleteRepositoryPolicy', '*'), count: facts.repositories }];
    }
  }
}

function gone(action: Change['action'], resource: string): Change {
  return { action, resource, direction: 'narrow', before: null, after: null };
}
