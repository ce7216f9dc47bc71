import type { AuditRecord } from '../../model/audit-event.ts';
import type { Operation } from '../../model/operation.ts';

/** An operation that ends because a newer one takes its place before it is done. */
export function supersededBy(old: Operation, by: Operation): Operation {
  const detail = `${by.id} set the same again and took its place, with ${old.completed} of ${old.total} resources done.`;
  return { ...old, status: 'failed', error: { code: 'superseded', detail }, finishedAt: by.createdAt };
}

/** The audit event of an operation's end that no AWS call belongs to. */
export function endRecord(operation: Operation): AuditRecord {
  const {
    department,
    command: action,
    subject,
    id,
    version,
    requestId,
    asked,
    error,
    createdAt,
    finishedAt,
  } = operation;
  return {
    time: finishedAt ?? createdAt,
    department,
    action,
    outcome: error === undefined ? 'succeeded' : 'failed',
    subject,
    ...(asked ?? { source: { requestId } }),
    operation: id,
    version,
    ...(error === undefined ? {} : { reason: error }),
  };
}
