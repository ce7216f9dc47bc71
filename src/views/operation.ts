import type { Operation, Subject } from '../model/operation.ts';
import type { Plan } from '../model/plan.ts';

/** An operation as both faces show it. */
export interface OperationView {
  readonly id: string;
  readonly department: string;
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
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export function operationView(operation: Operation): OperationView {
  const { id, department, command, subject, status, version, plan, completed, total, attempts, createdAt } = operation;
  const error = operation.error ?? null;
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
    createdAt,
    finishedAt,
  };
}
