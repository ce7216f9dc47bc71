import { departmentInPath, findGrant, roleOf } from '../look-ups.ts';
import type { CoreParts } from '../parts.ts';
import { invalidInput, notFound, ServiceError } from '../errors.ts';
import { listRepositories, readRepositoriesOf } from '../../ledger/read.ts';
import type { Grant } from '../../model/grant.ts';
import { isWanted } from '../../model/pending.ts';
import type { Repository } from '../../model/repository.ts';
import type { Query } from './query.ts';

/** How many of a department's repositories the workflow's comment may choose from. */
const MOST_LISTED = 12;

/** The GitHub Actions file by which a grant's workflows build and push an image. */
export const getGrantWorkflow: Query<'getGrantWorkflow'> = {
  name: 'getGrantWorkflow',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const grant = findGrant(state, input.params.id);
    const { repository } = input.query;
    const repositories = await repositoriesOf(parts, grant, repository);
    if (repositories.length === 0) {
      // Whoever names a repository that is not there is told what everybody is told of what is not there.
      if (repository !== undefined) throw notFound();
      throw new ServiceError(
        'no-repository',
        `The grant reaches no repository yet. Create one in ${grant.department} first, then ask again.`,
      );
    }
    // Loaded when first needed: most requests write no YAML.
    const { generateWorkflow } = await import('../../workflow/workflow.ts');
    const { contact, docsBaseUrl, aws: settings } = parts.config;
    const result = generateWorkflow({
      grant,
      role: roleOf(state, grant),
      repositories,
      settings,
      // A file in somebody's repository can only point to an address that is whole.
      ...(docsBaseUrl.startsWith('https://') ? { documentationUrl: `${docsBaseUrl}/workflow.md` } : {}),
      ...(repository === undefined ? {} : { repository }),
      ...(contact === undefined ? {} : { contact }),
    });
    if (result.kind === 'workflow') return { value: result };
    throw result.code === 'not-found' ? notFound() : invalidInput([{ pointer: result.pointer, detail: result.detail }]);
  },
};

/** The repositories that a grant reaches: the one asked for, those it names, or the first of the department's. */
async function repositoriesOf(
  parts: CoreParts,
  grant: Grant,
  asked: string | undefined,
): Promise<readonly Repository[]> {
  const { tables } = parts;
  const names = asked === undefined ? grant.repositories : [asked, ...(grant.repositories ?? [])];
  const found =
    names === undefined
      ? await listRepositories(tables, grant.department, MOST_LISTED)
      : await readRepositoriesOf(tables, grant.department, [...new Set(names)]);
  return found.filter((repository) => isWanted(repository));
}
