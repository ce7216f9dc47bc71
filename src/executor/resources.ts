import { AwsFault, nameOf } from '../aws/fault.ts';
import { observeRepository, observeRole } from '../aws/observe.ts';
import { readRepositoryOf } from '../ledger/read.ts';
import type { Operation, Target } from '../model/operation.ts';
import { isWanted } from '../model/pending.ts';
import type { Repository } from '../model/repository.ts';
import type { DepartmentState } from '../model/state.ts';
import { desiredRepository, desiredRole } from '../plan/render.ts';
import type { Resources } from '../plan/resources.ts';
import { OPERATION_TAG } from '../policy/tags.ts';
import type { ExecutorParts } from './parts.ts';

/** What stands in AWS and what is to stand, of the resources that a target means. */
export interface Comparison {
  readonly observed: Resources;
  readonly desired: Resources;
}

/** A target that means one resource. */
export type SingleTarget = Exclude<Target, { readonly kind: 'repository-policies' }>;

/**
 * Compares one resource with the state at this moment.
 * @param state the department as it is to be; of an operation that is undone, as it was before
 */
export async function compare(
  parts: ExecutorParts,
  state: DepartmentState,
  repository: Repository | undefined,
  operation: Operation,
  target: SingleTarget,
): Promise<Comparison> {
  // What this operation makes anew can't be there yet, unless an earlier attempt got that far.
  const look = target.fresh !== true || operation.attempts > 1;
  switch (target.kind) {
    case 'repository': {
      const wanted = repository !== undefined && isWanted(repository) ? repository : undefined;
      const desired =
        wanted === undefined
          ? undefined
          : desiredRepository(wanted, state.access, parts.settings, { operation: operation.id });
      const observed = look ? await looking(target.name, () => observeRepository(parts.aws, target.name)) : undefined;
      return {
        observed: { repositories: new Map([[target.name, observed]]), roles: new Map() },
        desired: { repositories: new Map([[target.name, desired]]), roles: new Map() },
      };
    }
    case 'role': {
      const observed = look ? await looking(target.name, () => observeRole(parts.aws, target.name)) : undefined;
      return {
        observed: { repositories: new Map(), roles: new Map([[target.name, observed]]) },
        desired: {
          repositories: new Map(),
          roles: new Map([[target.name, roleOf(parts, state, operation, target.name)]]),
        },
      };
    }
  }
}

function roleOf(parts: ExecutorParts, state: DepartmentState, operation: Operation, name: string) {
  const role = state.roles.find((one) => one.name === name);
  if (role === undefined || !isWanted(role)) return undefined;
  const organisations = state.organisations.filter(isWanted);
  return desiredRole(role, state.grants, organisations, state.department, parts.settings, { operation: operation.id });
}

/** What can't be looked at now may be looked at later: nothing that AWS says to a question is a refusal of the change. */
async function looking<T>(resource: string, look: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await look();
  } catch (error) {
    if (error instanceof AwsFault) throw error;
    const durationMs = Math.round(performance.now() - began);
    const call = { action: 'look', resource, outcome: 'error', error: nameOf(error), durationMs } as const;
    throw new AwsFault('transient', 'aws-unavailable', `${resource} could not be looked at: ${nameOf(error)}.`, call, {
      cause: error,
    });
  }
}

/** Whether what stands in the place of a fresh target was made by somebody else than this very operation. */
export function isTakenByAnother({ observed }: Comparison, target: SingleTarget, operation: Operation): boolean {
  const found = target.kind === 'role' ? observed.roles.get(target.name) : observed.repositories.get(target.name);
  return target.fresh === true && found !== undefined && found.tags[OPERATION_TAG] !== operation.id;
}

/** The repository that an operation is about, if it is about one. */
export async function repositoryOf(parts: ExecutorParts, operation: Operation): Promise<Repository | undefined> {
  if (operation.subject.type !== 'repository') return undefined;
  return readRepositoryOf(parts.tables, operation.department, operation.subject.id);
}
