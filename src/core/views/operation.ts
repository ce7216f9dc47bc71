import type { DepartmentId, OperationId } from '../../model/ids.ts';
import type { Operation, Subject } from '../../model/operation.ts';
import type { Ending } from '../../model/settle.ts';
import type { Plan } from '../../model/plan.ts';

/** An operation as both APIs show it. */
export interface OperationView {
  readonly id: OperationId;
  readonly department: DepartmentId;
  readonly command: string;
  readonly subject: Subject;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly version: number;
  readonly plan: Plan;
  /** AWS resources done, of those to do. */
  readonly completed: number;
  readonly total: number;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly detail: string } | null;
  /** What became of the state; `null` while it is pending, or where a newer one took its place. */
  readonly ending: Ending | null;
  readonly refused: NonNullable<Operation['refused']> | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export function operationView(operation: Operation): OperationView {
  const { id, department, command, subject, status, version, plan, completed, total, attempts, createdAt } = operation;
  const error = operation.error ?? null;
  const ending = operation.ending ?? (status === 'succeeded' ? 'done' : null);
  const refused = operation.refused ?? null;
  const finishedAt = operation.finishedAt ?? null;
  return {
    id,
    department,
    command,
    subject,
    status,
    version,
    plan,
    completed,
    total,
    attempts,
    error,
    ending,
    refused,
    createdAt,
    finishedAt,
  };
}
