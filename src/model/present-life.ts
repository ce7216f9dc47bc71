import type { Operation } from './operation.ts';

/**
 * Where the present life of a department begins whose id another one had before. Whoever belongs to the present one sees nothing from
 * before it: the id is the same, and the people may be others.
 */
export interface PresentLife {
  /** The department's version that its creation made. */
  readonly version: number;
  /** Number of the last event from before, in the department's own chain. */
  readonly afterEvent: number;
  /** The same in the chain of its refusals. */
  readonly afterRefusal: number;
  /** Time of its first event, ISO 8601 in UTC. */
  readonly since: string;
}

/** Whether an operation is from before the department's present life. */
export function isFromBefore({ version }: Pick<Operation, 'version'>, life: PresentLife | undefined): boolean {
  return life !== undefined && version < life.version;
}
