import { notFound } from '../errors.ts';
import { departmentOfRepository } from '../look-ups.ts';
import { readRepositoryOf } from '../../ledger/read.ts';
import { pendingUpdate } from '../../model/pending.ts';
import type { Repository } from '../../model/repository.ts';
import { repositoryView } from '../views/repository.ts';
import { checkIfMatch, checkNotPending, present } from './checks.ts';
import type { Command } from './command.ts';
import { planRepository } from './plans.ts';
import { readSettings } from './repository-settings.ts';

interface Facts {
  readonly repository: Repository | undefined;
}

/** Changes a repository's settings. Its encryption is fixed at creation. */
export const updateRepository: Command<'updateRepository', Facts> = {
  name: 'updateRepository',
  departmentOf: departmentOfRepository,
  look: async (input, { tables }, state) => ({
    repository:
      state === undefined ? undefined : await readRepositoryOf(tables, state.department.id, input.params.name),
  }),
  decide: ({ input, state, facts: { repository }, config, operation, ifMatch, now }) => {
    const before = present(state);
    if (repository === undefined) throw notFound();
    checkIfMatch(ifMatch, repository);
    checkNotPending(repository, `Repository ${repository.name}`);
    const { lifecyclePolicy: _replaced, ...kept } = repository;
    const next: Repository = {
      ...kept,
      ...readSettings(input.body, repository),
      updatedAt: now,
      revision: repository.revision + 1,
    };
    const plan = planRepository(repository.name, repository, next, before.access, config.aws);
    // A change that is applied applies the department's account access, too.
    const { accessInPlace: _refused, ...applied } = next;
    const value = plan.length === 0 ? next : pendingUpdate(next, repository, operation);
    return {
      department: before.department,
      subject: { type: 'repository', id: next.name },
      writes: [{ kind: 'put', entity: { type: 'repository', value } }],
      repository,
      claims: [],
      targets: plan.length === 0 ? [] : [{ kind: 'repository', name: next.name }],
      plan,
      total: plan.length === 0 ? 0 : 1,
      answer: {
        entityName: 'repository',
        entity: repositoryView(plan.length === 0 ? next : applied, before, config.aws),
        revision: next.revision,
        created: false,
      },
    };
  },
};
