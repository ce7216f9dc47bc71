import { AwsFault, isFromOutside, nameOf, saidBy } from '../aws/fault.ts';
import { observeRepository, observeRole } from '../aws/observe.ts';
import { readRepositoryOf } from '../ledger/read.ts';
import type { DepartmentId, OperationId } from '../model/ids.ts';
import { repositoryNameTaken, roleNameTaken } from '../model/name-taken.ts';
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

/** What a resource is to become. */
export interface Aim {
  /** The department as it is to be; of an operation that is taken back, as it was before. */
  readonly state: DepartmentState;
  /** The repository, where the target is one. */
  readonly repository?: Repository | undefined;
  /** The operation, whose id a creation carries as a tag. */
  readonly operation?: OperationId;
  /** Whether what is to be made is looked at first: it can't be there yet, unless an earlier attempt got that far. */
  readonly looksAtFresh: boolean;
}

/** Compares one resource with the state at this moment. */
export async function compare(parts: ExecutorParts, aim: Aim, target: SingleTarget): Promise<Comparison> {
  const look = target.fresh !== true || aim.looksAtFresh;
  switch (target.kind) {
    case 'repository': {
      const observed = look ? await looking(target.name, () => observeRepository(parts.aws, target.name)) : undefined;
      return {
        observed: { repositories: new Map([[target.name, observed]]), roles: new Map() },
        desired: wantedOf(parts, aim, target),
      };
    }
    case 'role': {
      const observed = look ? await looking(target.name, () => observeRole(parts.aws, target.name)) : undefined;
      return {
        observed: { repositories: new Map(), roles: new Map([[target.name, observed]]) },
        desired: wantedOf(parts, aim, target),
      };
    }
  }
}

/** What the state wants of one resource. */
export function wantedOf(parts: ExecutorParts, aim: Aim, { kind, name }: SingleTarget): Resources {
  return kind === 'repository'
    ? { repositories: new Map([[name, wantedRepository(parts, aim)]]), roles: new Map() }
    : { repositories: new Map(), roles: new Map([[name, wantedRole(parts, aim, name)]]) };
}

function wantedRepository(parts: ExecutorParts, { state, repository, operation }: Aim) {
  if (repository === undefined || !isWanted(repository)) return undefined;
  return desiredRepository(repository, state.access, parts.settings, taggedBy(operation));
}

function wantedRole(parts: ExecutorParts, { state, operation }: Aim, name: string) {
  const role = state.roles.find((one) => one.name === name);
  if (role === undefined || !isWanted(role)) return undefined;
  const organisations = state.organisations.filter(isWanted);
  return desiredRole(role, state.grants, organisations, state.department, parts.settings, taggedBy(operation));
}

function taggedBy(operation: OperationId | undefined) {
  return operation === undefined ? {} : { operation };
}

/** What can't be looked at now may be looked at later: nothing that AWS says to a question is a refusal of the change. */
async function looking<T>(resource: string, look: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await look();
  } catch (error) {
    if (error instanceof AwsFault) throw error;
    // An answer that we do not understand is no trouble of AWS's: waiting does not cure it.
    if (!isFromOutside(error)) throw error;
    const durationMs = Math.round(performance.now() - began);
    const call = {
      action: 'look',
      resource,
      outcome: 'error',
      error: nameOf(error),
      detail: saidBy(error),
      durationMs,
    } as const;
    throw new AwsFault('transient', 'aws-unavailable', `${resource} could not be looked at: ${nameOf(error)}.`, call, {
      cause: error,
    });
  }
}

/** What stands under the name that the operation is to make was made by somebody else, since it was looked at first. */
export class NameTaken extends Error {
  constructor({ kind, name }: SingleTarget) {
    super(kind === 'repository' ? repositoryNameTaken(name) : roleNameTaken(name));
    this.name = 'NameTaken';
  }
}

/** Whether what stands in the place of a fresh target was made by somebody else than this very operation. */
export function isTakenByAnother({ observed }: Comparison, target: SingleTarget, { operation }: Aim): boolean {
  const found = target.kind === 'role' ? observed.roles.get(target.name) : observed.repositories.get(target.name);
  return target.fresh === true && found !== undefined && found.tags[OPERATION_TAG] !== operation;
}

/** The repository that an operation is about, if it is about one. */
export async function repositoryOf(
  parts: ExecutorParts,
  department: DepartmentId,
  { subject }: Operation,
): Promise<Repository | undefined> {
  if (subject.type !== 'repository') return undefined;
  return readRepositoryOf(parts.tables, department, subject.id);
}
