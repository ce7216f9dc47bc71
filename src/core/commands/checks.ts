import { etagOf } from '../core.ts';
import { notFound, ServiceError } from '../errors.ts';
import type { Acknowledgement } from '../../model/grant.ts';
import type { Pendable } from '../../model/pending.ts';
import type { DepartmentState } from '../../model/state.ts';

/**
 * Holds `If-Match` against the entity's revision.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
 */
export function checkIfMatch(ifMatch: string | undefined, current: { readonly revision: number } | undefined): void {
  if (ifMatch === undefined) return;
  if (current !== undefined && (ifMatch.trim() === '*' || tagsOf(ifMatch).includes(etagOf(current.revision)))) return;
  const has = current === undefined ? 'there is none' : `its entity tag is ${etagOf(current.revision)}`;
  throw new ServiceError(
    'precondition-failed',
    `If-Match does not hold: ${has}. Read it again and repeat the change on what you find.`,
  );
}

function tagsOf(ifMatch: string): readonly string[] {
  return ifMatch.split(',').map((tag) => tag.trim());
}

/** Demands `If-Match` where a change made without having read would be dangerous. */
export function requireIfMatch(ifMatch: string | undefined, why: string): void {
  if (ifMatch !== undefined) return;
  throw new ServiceError('precondition-required', `${why} Read it first and send its ETag as If-Match.`);
}

/** An entity that an operation is still carrying into AWS can't be changed or built upon. */
export function checkNotPending(entity: Pendable, what: string): void {
  if (entity.pending === undefined) return;
  const operation = entity.pending.operation;
  throw new ServiceError(
    'in-progress',
    `${what} has an operation in progress: ${operation}. Try again when it is done.`,
    {
      operation,
      retryAfterSeconds: 2,
    },
  );
}

/** Demands that the words were given by which the caller says that a wide effect is meant. */
export function checkAcknowledged(
  needed: readonly Acknowledgement[],
  given: readonly Acknowledgement[] = [],
  blastRadius: unknown,
  more: { readonly imageCount?: number } = {},
): void {
  const missing = needed.filter((word) => !given.includes(word));
  if (missing.length === 0) return;
  throw new ServiceError(
    'acknowledgement-required',
    `The effect is wide. If it is meant, repeat the request with acknowledge: ${JSON.stringify(missing)}.`,
    { acknowledge: missing, blastRadius, ...more },
  );
}

/** The state of a department that the authorisation let through; it is there. */
export function present(state: DepartmentState | undefined): DepartmentState {
  if (state === undefined) throw notFound();
  return state;
}
