import { departmentInPath } from '../commands/command.ts';
import { departmentOfRepository } from '../commands/update-repository.ts';
import { notFound } from '../errors.ts';
import { listRepositories as readRepositories, readRepositoryOf } from '../../ledger/read.ts';
import { repositoryView } from '../views/repository.ts';
import { pageOf, pageRequest } from './cursor.ts';
import type { Query } from './query.ts';

export const listRepositories: Query = {
  name: 'listRepositories',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const request = await pageRequest(parts, input, 'repositories');
    const found = await readRepositories(parts.tables, state.department.id, request.first + 1, request.after);
    return {
      value: pageOf(
        found,
        request,
        ({ name }) => name,
        (one) => repositoryView(one, state, parts.config.aws),
      ),
    };
  },
};

export const getRepository: Query = {
  name: 'getRepository',
  about: 'department',
  departmentOf: departmentOfRepository,
  answer: async ({ parts, input, state }) => {
    const repository = await readRepositoryOf(parts.tables, state.department.id, String(input.params['name']));
    if (repository === undefined) throw notFound();
    return { value: repositoryView(repository, state, parts.config.aws), revision: repository.revision };
  },
};
