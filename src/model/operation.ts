import type { AuditCaller, AuditSource } from './audit-event.ts';
import type { ErrorCode } from './error-code.ts';
import type { DepartmentId, OperationId } from './ids.ts';
import type { RepositoryName } from './names.ts';
import type { Plan } from './plan.ts';
import type { SessionsEnd } from './revoked-sessions.ts';
import type { Ending } from './settle.ts';

/** The noun that an operation changes. */
export type SubjectType = 'department' | 'organisation' | 'account-access' | 'repository' | 'grant';

/** What an operation changes: a noun and its id within the department. */
export interface Subject {
  readonly type: SubjectType;
  readonly id: string;
}

/**
 * The AWS resources that an operation must bring to the desired state; the documents are computed when it runs.
 * `fresh`: made by this very operation, so the first attempt need not look whether it is there.
 */
export type Target =
  | { readonly kind: 'repository'; readonly name: string; readonly fresh?: boolean; readonly force?: boolean }
  | { readonly kind: 'role'; readonly name: string; readonly fresh?: boolean }
  | { readonly kind: 'repository-policies' };

/** What the mutation answers once it is done; kept, so that a repeat of the request gets the first answer. */
export interface Answer {
  /** Property of the answer that holds the entity. */
  readonly entityName: 'department' | 'organisation' | 'accountAccess' | 'repository' | 'grant' | 'replayed';
  /** The entity as it will be shown; `null` when it will be gone. */
  readonly entity: unknown;
  readonly revision?: number;
  readonly created: boolean;
  readonly location?: string;
  readonly blastRadius?: object;
  /** For a revocation: until when sessions issued before may still work; `null` until AWS has been told. */
  readonly sessionsValidUntil?: string | null;
  /** For a revocation: what ends them. */
  readonly sessionsEnd?: SessionsEnd;
}

/** A repository whose policy could not be written, and what AWS said. */
export interface RepositoryRefusal {
  readonly repository: RepositoryName;
  readonly detail: string;
}

/** One accepted mutation on its way into AWS. */
export interface Operation {
  readonly id: OperationId;
  readonly department: DepartmentId;
  /** The department's version that this mutation made; operations are applied in this order. */
  readonly version: number;
  /** The command's name, which is its `operationId` in openapi.yaml and its GraphQL mutation. */
  readonly command: string;
  readonly subject: Subject;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly plan: Plan;
  readonly targets: readonly Target[];
  /** AWS resources done, of those to do. */
  readonly completed: number;
  readonly total: number;
  /** For a fan-out: the name of the last repository that is done. */
  readonly cursor?: string;
  /** For a fan-out: whether a repository has the new policy already, so that the new state stays. */
  readonly applied?: boolean;
  /** For a fan-out: how many repositories refused, and of the first of them why. */
  readonly refused?: { readonly count: number; readonly first: readonly RepositoryRefusal[] };
  /** For a fan-out: the operation whose place it took half-way, so that AWS may hold some of that one's documents. */
  readonly supersedes?: OperationId;
  /** For a fan-out that was refused: the error that it will end with, once the policies are what they were before. */
  readonly undoing?: { readonly code: ErrorCode; readonly detail: string };
  /** For a replay: the operation whose resources it brings to what the state says. */
  readonly replays?: OperationId;
  /** How often the executor has begun it; from the second on, everything is looked at before it is written. */
  readonly attempts: number;
  readonly answer: Answer;
  /** What became of the state when it ended. */
  readonly ending?: Ending;
  readonly error?: { readonly code: ErrorCode; readonly detail: string };
  readonly requestId: string;
  /** Who asked and from where, for the audit events of its outcome. */
  readonly asked?: { readonly caller: AuditCaller; readonly source: AuditSource };
  /** Id of the GitHub repository whose workflow asked. */
  readonly callerRepositoryId: string;
  readonly createdAt: string;
  readonly finishedAt?: string;
}
