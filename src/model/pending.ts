import type { OperationId } from './ids.ts';

/** What an entity is waiting for: the operation that changes it, and what to return to should AWS refuse. */
export interface Pending<T> {
  readonly operation: OperationId;
  readonly change: 'create' | 'update' | 'delete';
  /** The entity as it was, for an update. */
  readonly previous?: Omit<T, 'pending'>;
}

/** Anything that carries a pending operation. */
export interface Pendable {
  readonly pending?: Pending<unknown>;
}

/** Whether the entity is to exist once its pending operation is done. */
export function isWanted(entity: Pendable): boolean {
  return entity.pending?.change !== 'delete';
}
