import type { Grant } from '../../src/model/grant.ts';
import { isWanted, type Pendable } from '../../src/model/pending.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import type { DepartmentState } from '../../src/model/state.ts';
import { desiredRepository, desiredRole } from '../../src/plan/render.ts';
import type { Resources } from '../../src/plan/resources.ts';

/** What is to stand in AWS for a department that is gone, or has never been. */
export const NOTHING: Resources = { repositories: new Map(), roles: new Map() };

/**
 * What a state says is to stand in AWS, as it is to be after each of its pending operations in its turn: before the first of
 * them, after the first, and so on. Operations are carried out one after the other, so that AWS may be at each of these.
 */
export function desiredInTurn(
  state: DepartmentState | undefined,
  repositories: readonly Repository[],
  settings: AwsSettings,
): readonly Resources[] {
  if (state === undefined) return [NOTHING];
  const { pendingOperations } = state.head;
  return [...pendingOperations.keys(), pendingOperations.length].map((done) =>
    desiredAfter(state, repositories, new Set(pendingOperations.slice(0, done)), settings),
  );
}

/** What is to stand when some of the pending operations are done, and the others have not begun. */
function desiredAfter(
  state: DepartmentState,
  all: readonly Repository[],
  done: ReadonlySet<string>,
  settings: AwsSettings,
): Resources {
  const seen = <T extends Pendable & object>(entities: readonly T[]): readonly T[] =>
    entities.flatMap((entity) => {
      const { pending } = entity;
      if (pending === undefined || done.has(pending.operation)) return isWanted(entity) ? [entity] : [];
      if (pending.change === 'create') return [];
      return [pending.change === 'update' ? ((pending.previous ?? entity) as T) : entity];
    });
  const [access = state.access] = seen([state.access]);
  const [grants, organisations] = [seen(state.grants).map(settledGrant), seen(state.organisations)];
  return {
    repositories: new Map(seen(all).map((one) => [one.name, desiredRepository(one, access, settings)])),
    roles: new Map(
      seen(state.roles).map((role) => [
        role.name,
        desiredRole(role, grants, organisations, state.department, settings),
      ]),
    ),
  };
}

/** As it counts at that time, whatever it waits for now. */
function settledGrant({ pending: _pending, ...grant }: Grant): Grant {
  return grant;
}
