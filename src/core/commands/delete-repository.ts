import { notFound, ServiceError } from '../errors.ts';
import { readRepositoryOf } from '../../ledger/read.ts';
import { pendingDelete } from '../../model/pending.ts';
import type { Repository } from '../../model/repository.ts';
import type { DepartmentState } from '../../model/state.ts';
import { checkAcknowledged, checkIfMatch, checkNotPending, present, requireIfMatch } from './checks.ts';
import type { Command, Situation } from './command.ts';
import { planRepository } from './plans.ts';
import { departmentOfRepository } from '../look-ups.ts';

interface Facts {
  readonly repository: Repository | undefined;
  readonly images: number;
}

/** Beyond this many images the exact number no longer matters to the one who decides. */
const COUNT_AT_MOST = 1_000;

/**
 * Deletes a repository that no grant names. One that holds images goes only by force, by somebody who has read it and
 * says that the images are meant.
 */
export const deleteRepository: Command<'deleteRepository', Facts> = {
  name: 'deleteRepository',
  departmentOf: departmentOfRepository,
  look: async (input, { tables, registry }, state) => {
    const { name } = input.params;
    const repository = state === undefined ? undefined : await readRepositoryOf(tables, state.department.id, name);
    const images =
      repository === undefined || repository.pending !== undefined
        ? 0
        : await registry.countImages(name, COUNT_AT_MOST);
    return { repository, images };
  },
  decide: (situation) => {
    const { state, facts, config, operation, ifMatch } = situation;
    const before = present(state);
    const { repository, images } = facts;
    if (repository === undefined) throw notFound();
    checkIfMatch(ifMatch, repository);
    checkNotPending(repository, `Repository ${repository.name}`);
    checkUnnamed(before, repository);
    const force = images > 0;
    if (force) checkForced(situation, images);
    return {
      department: before.department,
      subject: { type: 'repository', id: repository.name },
      writes: [{ kind: 'put', entity: { type: 'repository', value: pendingDelete(repository, operation) } }],
      repository,
      claims: [],
      targets: [{ kind: 'repository', name: repository.name, force }],
      plan: planRepository(repository.name, repository, undefined, before.access, config.aws),
      total: 1,
      answer: { entityName: 'repository', entity: null, created: false, blastRadius: { images } },
    };
  },
};

function checkUnnamed({ grants }: DepartmentState, { name }: Repository): void {
  const naming = grants.filter((grant) => grant.repositories?.includes(name) === true);
  if (naming.length === 0) return;
  throw new ServiceError(
    'in-use',
    `Grants name ${name}: ${naming.map(({ id }) => id).join(', ')}. Revoke them, or take the repository out of them, first.`,
  );
}

function checkForced({ input, ifMatch }: Situation<'deleteRepository', Facts>, images: number): void {
  const count = images >= COUNT_AT_MOST ? `at least ${COUNT_AT_MOST}` : String(images);
  if (!input.query.force) {
    throw new ServiceError(
      'not-empty',
      `The repository holds ${count} images. Delete them, or repeat with force=true, If-Match and acknowledge=deletes-images.`,
      { imageCount: images },
    );
  }
  requireIfMatch(ifMatch, `The repository holds ${count} images, which would be lost.`);
  checkAcknowledged(['deletes-images'], input.query.acknowledge, { images }, { imageCount: images });
}
