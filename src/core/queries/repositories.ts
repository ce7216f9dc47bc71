import { departmentInPath, departmentOfRepository } from '../look-ups.ts';
import { notFound } from '../errors.ts';
import { listRepositories as readRepositories, readRepositoryOf } from '../../ledger/read.ts';
import type { Repository } from '../../model/repository.ts';
import type { AwsSettings } from '../../model/settings.ts';
import {
  pullersOf,
  pushersOf,
  type PullerView,
  type PusherView,
  type RepositoryNeighbours,
} from '../views/repository-access.ts';
import { repositoryView, repositoryViewer } from '../views/repository.ts';
import { pageOf, pageOfAll, pageRequest } from './cursor.ts';
import type { DepartmentQuestion, Query } from './query.ts';

export const listRepositories: Query<'listRepositories'> = {
  name: 'listRepositories',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const request = await pageRequest(parts, input, 'repositories');
    const found = await readRepositories(parts.tables, state.department.id, request.first + 1, request.after);
    return {
      value: pageOf(found, request, ({ name }) => name, repositoryViewer(state, parts.config.aws)),
    };
  },
};

export const getRepository: Query<'getRepository'> = {
  name: 'getRepository',
  about: 'department',
  departmentOf: departmentOfRepository,
  answer: async (question) => {
    const repository = await repositoryAskedFor(question);
    return {
      value: repositoryView(repository, question.state, question.parts.config.aws),
      revision: repository.revision,
    };
  },
};

export const listRepositoryPushers = listOfRepository('listRepositoryPushers', pushersOf);
export const listRepositoryPullers = listOfRepository('listRepositoryPullers', pullersOf);

/** A query for those who may do something to one repository, page by page. */
function listOfRepository<Name extends 'listRepositoryPushers' | 'listRepositoryPullers'>(
  name: Name,
  all: (repository: Repository, neighbours: RepositoryNeighbours, settings: AwsSettings) => readonly Principal[],
): Query<Name> {
  return {
    name,
    about: 'department',
    departmentOf: departmentOfRepository,
    answer: async (question) => {
      const { parts, input, state } = question;
      const request = await pageRequest(parts, input, name);
      const principals = all(await repositoryAskedFor(question), state, parts.config.aws);
      return { value: pageOfAll(principals, request, placeOf, (one) => one) };
    },
  };
}

type Principal = PusherView | PullerView;

type AboutRepository = DepartmentQuestion<'getRepository' | 'listRepositoryPushers' | 'listRepositoryPullers'>;

/** The repository of a question, in the department that was found by its name. */
async function repositoryAskedFor({ parts, input, state }: AboutRepository): Promise<Repository> {
  const repository = await readRepositoryOf(parts.tables, state.department.id, input.params.name);
  if (repository === undefined) throw notFound();
  return repository;
}

/** By kind, and by id within it. */
function placeOf(one: Principal): string {
  switch (one.kind) {
    case 'account':
      return `${one.kind}#${one.accountId}`;
    case 'aws-organisation':
      return `${one.kind}#${one.organisationId}`;
    case 'grant':
      return `${one.kind}#${one.grant}`;
  }
}
