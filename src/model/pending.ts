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

/** The entity waiting for the operation that makes it. */
export function pendingCreate<T extends object>(entity: T, operation: OperationId): T & { pending: Pending<T> } {
  return { ...entity, pending: { operation, change: 'create' } };
}

/** The changed entity waiting for the operation that carries the change into AWS. */
export function pendingUpdate<T extends object>(
  next: T,
  previous: T,
  operation: OperationId,
): T & { pending: Pending<T> } {
  return { ...next, pending: { operation, change: 'update', previous: settled(previous) } };
}

/** The entity waiting for the operation that deletes it. */
export function pendingDelete<T extends object>(entity: T, operation: OperationId): T & { pending: Pending<T> } {
  return { ...entity, pending: { operation, change: 'delete' } };
}

/** The entity with nothing pending. */
export function settled<T extends object>(entity: T): Omit<T, 'pending'> {
  const { pending: _pending, ...rest } = entity as T & Pendable;
  return rest;
}
