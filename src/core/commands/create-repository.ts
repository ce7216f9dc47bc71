import { invalidInput, ServiceError } from '../errors.ts';
import { readClaim } from '../../ledger/read.ts';
import type { GitHubId } from '../../model/ids.ts';
import { repositoryNameTaken } from '../../model/name-taken.ts';
import { isInNamespace } from '../../model/names.ts';
import { pendingCreate } from '../../model/pending.ts';
import type { Repository } from '../../model/repository.ts';
import { take } from '../../model/settle.ts';
import { isActive, isHeldByAnother, type Claim, type ClaimKey, type DepartmentState } from '../../model/state.ts';
import { isKmsKeyOfAccount } from '../../policy/kms-key.ts';
import { repositoryAddress, repositoryView } from '../views/repository.ts';
import { checkIfMatch, present } from './checks.ts';
import type { Command, Situation } from './command.ts';
import { departmentInPath } from '../look-ups.ts';
import { planRepository } from './plans.ts';
import { DEFAULT_SETTINGS, readSettings } from './repository-settings.ts';

interface Facts {
  readonly nameClaim: Claim | undefined;
  /** Who holds the first part of the name as a namespace. */
  readonly namespaceClaim: Claim | undefined;
  /** For a dry run: whether ECR has the name. A real run learns it from the creation itself. */
  readonly existsInRegistry: boolean;
}

/** Creates an ECR repository for the department. */
export const createRepository: Command<'createRepository', Facts> = {
  name: 'createRepository',
  departmentOf: departmentInPath,
  look: async (input, { tables, registry }, _state, { dryRun }) => {
    const { name } = input.body;
    const [namespace = ''] = name.split('/');
    return {
      nameClaim: await readClaim(tables, nameKey(name)),
      namespaceClaim: await readClaim(tables, { kind: 'namespace', name: namespace }),
      existsInRegistry: dryRun && (await registry.exists(name)),
    };
  },
  onlyItself: () => true,
  decide: (situation) => {
    const { state, facts, config, operation, ifMatch, caller } = situation;
    const before = present(state);
    checkIfMatch(ifMatch, undefined);
    const repository = readRepository(situation, before);
    checkName(situation, before, repository);
    const key = nameKey(repository.name);
    return {
      department: before.department,
      subject: { type: 'repository', id: repository.name },
      writes: [{ kind: 'put', entity: { type: 'repository', value: pendingCreate(repository, operation) } }],
      claims: [
        {
          key,
          ...(facts.nameClaim === undefined ? {} : { was: facts.nameClaim }),
          becomes: take(facts.nameClaim, key, before.department.id),
        },
      ],
      targets: [{ kind: 'repository', name: repository.name, fresh: true }],
      plan: planRepository(repository.name, undefined, repository, before.access, config.aws),
      total: 1,
      answer: {
        entityName: 'repository',
        entity: repositoryView(repository, before, config.aws),
        revision: repository.revision,
        created: true,
        location: repositoryAddress(repository),
        blastRadius: { createdFor: caller.repository },
      },
    };
  },
};

function nameKey(name: string): ClaimKey {
  return { kind: 'repository-name', name };
}

function readRepository(
  { input, now, caller, config }: Situation<'createRepository', Facts>,
  { department }: DepartmentState,
): Repository {
  const { name } = input.body;
  if (department.namespace !== undefined && !isInNamespace(name, department.namespace)) {
    throw invalidInput([
      {
        pointer: '/body/name',
        detail: `Repository names of ${department.id} start with ${department.namespace}/, such as ${department.namespace}/${name.split('/').at(-1)}.`,
      },
    ]);
  }
  const settings = readSettings(input.body, DEFAULT_SETTINGS);
  const { kmsKey } = settings.encryption;
  if (kmsKey !== undefined && !isKmsKeyOfAccount(kmsKey, config.aws)) {
    throw invalidInput([
      {
        pointer: '/body/encryption/kmsKey',
        detail: `The key must be one of the registry's own account and region: its id, its alias, or an ARN that starts with arn:${config.aws.partition}:kms:${config.aws.region}:${config.aws.accountId}:.`,
      },
    ]);
  }
  return {
    name,
    department: department.id,
    ...settings,
    createdBy: { repositoryId: caller.repositoryId as GitHubId, repository: caller.repository },
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
}

/**
 * Another department's namespace is refused first; then a name that is taken, with the same answer whoever holds it,
 * ourselves apart.
 */
function checkName(
  { facts, now, dryRun }: Situation<'createRepository', Facts>,
  { department, head }: DepartmentState,
  { name }: Repository,
): void {
  if (isHeldByAnother(facts.namespaceClaim, department.id, now)) {
    throw new ServiceError(
      'name-reserved',
      `Names that start with ${name.split('/')[0]}/ are another department's. Choose another name.`,
    );
  }
  const { nameClaim } = facts;
  if (isActive(nameClaim) && nameClaim.departments.includes(department.id)) {
    throw new ServiceError('already-exists', `${department.id} already has a repository ${name}.`);
  }
  if (isHeldByAnother(nameClaim, department.id, now, head.life) || (dryRun && facts.existsInRegistry))
    throw new ServiceError('name-taken', repositoryNameTaken(name));
}
