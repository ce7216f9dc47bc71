import { link } from '../audit/chain.ts';
import { auditHead, chainHeadOf } from '../audit/head.ts';
import { commit } from '../ledger/commit.ts';
import type { DeadLetterWrites } from '../ledger/dead-letters.ts';
import { readClaim, readDepartment } from '../ledger/read.ts';
import type { AuditRecord, AwsCall } from '../model/audit-event.ts';
import type { ErrorCode } from '../model/error-code.ts';
import type { Operation } from '../model/operation.ts';
import { release, settle, type Settlement } from '../model/settle.ts';
import type { ClaimWrite, DepartmentHead } from '../model/state.ts';
import { embeddedMetric } from '../operations/metrics.ts';
import type { ExecutorParts, Run } from './parts.ts';
import { repositoryOf } from './resources.ts';

/** AWS calls that one audit event holds at most; more go into events of their own. */
export const CALLS_PER_EVENT = 100;

/** How an operation ended. */
export type Outcome = { readonly status: 'succeeded' } | Failure;

/** Why an operation failed. */
export interface Failure {
  readonly status: 'failed';
  readonly code: ErrorCode;
  readonly detail: string;
  /** The new state stays although the operation failed: part of it stands in AWS already. */
  readonly keepsState?: boolean;
  /** AWS is not known to be as the state says: the operation becomes a dead letter, which a replay takes up. */
  readonly isDeadLetter?: boolean;
  /** For a fan-out: how many repositories have the new policy; as far as was recorded without it. */
  readonly completed?: number;
}

/** An operation that ended elsewhere while it was carried out: a newer one took its place. There is nothing to record. */
export class Superseded extends Error {
  constructor(id: string) {
    super(`Operation ${id} is over; a newer one took its place.`);
    this.name = 'Superseded';
  }
}

/**
 * Ends an operation in one transaction: its outcome, what becomes of the entities that waited for it, and the audit
 * event. A refusal by AWS is undone by a new version of the department.
 */
export async function recordOutcome(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  outcome: Outcome,
  calls: readonly AwsCall[],
): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    if (await tryRecord(parts, run, operation, outcome, calls)) return;
    await parts.pause(Math.random() * 20 * attempt);
  }
  throw new Error(`The outcome of ${operation.id} could not be recorded; another run will.`);
}

async function tryRecord(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  outcome: Outcome,
  calls: readonly AwsCall[],
): Promise<boolean> {
  const { head, state } = await readDepartment(parts.tables, operation.department);
  if (head === undefined || state === undefined)
    throw new Error(`Department ${operation.department} of ${operation.id} is gone.`);
  // An answer that got lost on its way, or a newer operation: the end stands already, and is told once.
  if (!head.pendingOperations.includes(operation.id)) return true;
  const now = parts.now().toISOString();
  const settled = outcome.status === 'failed' && outcome.keepsState !== true ? 'failed' : 'succeeded';
  const settlement = settle(state, await repositoryOf(parts, operation), operation.id, settled);
  const events = link(operation.department, chainHeadOf(head), [recordOf(operation, outcome, calls, now)]);
  const becomes: DepartmentHead = {
    version: settled === 'failed' ? head.version + 1 : head.version,
    ...auditHead(head, events),
    pendingOperations: head.pendingOperations.filter((id) => id !== operation.id),
    deleted: settlement.deleted,
  };
  const committed = await commit(parts.tables, {
    department: settlement.department,
    was: head,
    becomes,
    writes: settlement.writes,
    claims: await releasedClaims(parts, operation, settlement, now),
    operations: [ended(operation, outcome, now)],
    events,
    deadLetters: deadLettersOf(operation, outcome, now),
    leaseOwner: run.owner,
    now,
  });
  if (committed !== 'committed') return false;
  const latencyMs = Math.max(0, Date.parse(now) - Date.parse(operation.createdAt));
  const measured = embeddedMetric(
    { kind: 'mutation', outcome: outcome.status, latencyMs },
    parts.tables.state,
    parts.now(),
  );
  parts.log.info({ ...measured, operation: operation.id, department: operation.department }, 'An operation has ended');
  return true;
}

/** The AWS calls of an operation that do not fit into its outcome's event, in an event of their own. */
export async function recordProgress(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  calls: readonly AwsCall[],
): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const { head, state } = await readDepartment(parts.tables, operation.department);
    if (head === undefined || state === undefined)
      throw new Error(`Department ${operation.department} of ${operation.id} is gone.`);
    if (!head.pendingOperations.includes(operation.id)) throw new Superseded(operation.id);
    const now = parts.now().toISOString();
    const record: AuditRecord = { ...baseRecord(operation, now), outcome: 'progressed', awsCalls: calls };
    const events = link(operation.department, chainHeadOf(head), [record]);
    const committed = await commit(parts.tables, {
      department: state.department,
      was: head,
      becomes: { ...head, ...auditHead(head, events) },
      writes: [],
      claims: [],
      operations: [operation],
      events,
      leaseOwner: run.owner,
      now,
    });
    if (committed === 'committed') return;
    await parts.pause(Math.random() * 20 * attempt);
  }
  throw new Error(`The progress of ${operation.id} could not be recorded; another run will go on.`);
}

/** What each event of an operation tells: who asked for it and from where, so that none needs another to be understood. */
function baseRecord(operation: Operation, time: string) {
  const { department, command: action, subject, id, version, requestId, asked } = operation;
  return { time, department, action, subject, ...(asked ?? { source: { requestId } }), operation: id, version };
}

function recordOf(operation: Operation, outcome: Outcome, calls: readonly AwsCall[], time: string): AuditRecord {
  const reason = outcome.status === 'failed' ? { reason: { code: outcome.code, detail: outcome.detail } } : {};
  return { ...baseRecord(operation, time), outcome: outcome.status, awsCalls: calls, ...reason };
}

function ended(operation: Operation, outcome: Outcome, finishedAt: string): Operation {
  if (outcome.status === 'succeeded')
    return { ...operation, status: 'succeeded', completed: operation.total, finishedAt };
  const { code, detail, completed = operation.completed } = outcome;
  return { ...operation, status: 'failed', completed, error: { code, detail }, finishedAt };
}

/** What an operation leaves to be replayed; and what a replay that went well takes away. */
function deadLettersOf(operation: Operation, outcome: Outcome, at: string): DeadLetterWrites {
  const { id, department, command, subject, targets, attempts, replays } = operation;
  if (outcome.status === 'succeeded') return { added: [], removed: replays === undefined ? [] : [replays] };
  // A replay that fails leaves the letter that it took up.
  if (outcome.isDeadLetter !== true || replays !== undefined) return { added: [], removed: [] };
  const { code, detail } = outcome;
  return {
    added: [{ operation: id, department, command, subject, targets, attempts, error: { code, detail }, at }],
    removed: [],
  };
}

async function releasedClaims(
  parts: ExecutorParts,
  { department }: Operation,
  { released }: Settlement,
  now: string,
): Promise<readonly ClaimWrite[]> {
  const writes = await Promise.all(
    released.map(async ({ key, how }): Promise<ClaimWrite[]> => {
      const was = await readClaim(parts.tables, key);
      if (was === undefined || !was.departments.includes(department)) return [];
      const becomes = release(was, department, how, now);
      return [{ key, was, ...(becomes === undefined ? {} : { becomes }) }];
    }),
  );
  return writes.flat();
}
