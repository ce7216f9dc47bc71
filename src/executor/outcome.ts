import type { DeadLetterWrites } from '../ledger/dead-letters.ts';
import { readClaim } from '../ledger/read.ts';
import type { AuditRecord, AwsCall } from '../model/audit-event.ts';
import { changing, inEvents, changesOf, type EntityChange } from '../model/entity-change.ts';
import type { ErrorCode } from '../model/error-code.ts';
import type { Answer, Operation } from '../model/operation.ts';
import { sessionsValidUntil } from '../model/revoked-sessions.ts';
import { release, settle, type Ending, type Settlement } from '../model/settle.ts';
import type { ClaimWrite, DepartmentState } from '../model/state.ts';
import { embeddedMetric } from '../metrics/metrics.ts';
import { NOTHING_MARKED, type Marked } from './access-in-place.ts';
import { advance, type Step } from './advance.ts';
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
  /**
   * What becomes of the state: `undone`, where nothing of the operation is applied any more; `closed`, where going back would
   * open what it closed; `done`, where the new state stays although a part of it could not be applied.
   */
  readonly ending: Ending;
  /** AWS is not known to be as the state says: the operation becomes a dead letter, which a replay takes up. */
  readonly isDeadLetter?: boolean;
  /** For a fan-out: how many repositories have the new policy; as far as was recorded without it. */
  readonly completed?: number;
  /** For a fan-out: the repositories that refused; as far as was recorded without it. */
  readonly refused?: Operation['refused'];
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
 * event. What is not simply done is a new version of the department.
 */
export async function recordOutcome(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  outcome: Outcome,
  calls: readonly AwsCall[],
): Promise<void> {
  const isRecorded = await advance(parts, run, `The outcome of ${operation.id}`, (state, now) =>
    // An answer that got lost on its way, or a newer operation: it has ended already, and that is told once.
    isPending(state, operation) ? endOf(parts, state, operation, outcome, calls, now) : Promise.resolve(undefined),
  );
  if (isRecorded) tellEnd(parts, operation, outcome);
}

async function endOf(
  parts: ExecutorParts,
  state: DepartmentState,
  operation: Operation,
  outcome: Outcome,
  calls: readonly AwsCall[],
  now: string,
): Promise<Step> {
  const { head } = state;
  const ending = outcome.status === 'failed' ? outcome.ending : 'done';
  const leavesTraces = outcome.status === 'failed' && outcome.isDeadLetter === true;
  const repository = await repositoryOf(parts, operation.department, operation);
  const settlement = settle(state, repository, operation.id, ending, leavesTraces);
  const change = changesOf(
    { state, repositories: repository === undefined ? [] : [repository] },
    { department: settlement.deleted ? undefined : settlement.department, writes: settlement.writes },
  );
  return {
    records: [recordOf(operation, outcome, calls, change, now)],
    department: settlement.department,
    head: {
      version: ending === 'done' ? head.version : head.version + 1,
      pendingOperations: head.pendingOperations.filter((id) => id !== operation.id),
      deleted: settlement.deleted,
      ...(settlement.deleted && ending !== 'done' && head.life === undefined ? { neverLived: true } : {}),
    },
    writes: settlement.writes,
    claims: await releasedClaims(parts, operation, settlement, now),
    operations: [ended(operation, outcome, now)],
    deadLetters: deadLettersOf(operation, outcome, now),
  };
}

function tellEnd(parts: ExecutorParts, { id, department, createdAt }: Operation, { status }: Outcome): void {
  const now = parts.now();
  const latencyMs = Math.max(0, now.getTime() - Date.parse(createdAt));
  const measured = embeddedMetric({ kind: 'mutation', outcome: status, latencyMs }, parts.tables.state, now);
  parts.log.info({ ...measured, operation: id, department }, 'An operation has ended');
}

/**
 * Records how far an operation came: its AWS calls, which do not fit into its outcome's event, in an event of their own.
 * @param mark what this says of repositories, from the state as it is now
 * @throws Superseded
 */
export async function recordProgress(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  calls: readonly AwsCall[],
  mark: (state: DepartmentState) => Promise<Marked> = async () => NOTHING_MARKED,
): Promise<void> {
  const isRecorded = await advance(parts, run, `The progress of ${operation.id}`, async (state, now) => {
    if (!isPending(state, operation)) return undefined;
    const { writes, change } = await mark(state);
    const base = { ...baseRecord(operation, now), outcome: 'progressed' } as const;
    const [first, ...more] = inEvents(change);
    const records = [
      { ...base, ...changing(first), awsCalls: calls },
      ...more.map((some) => ({ ...base, change: some })),
    ];
    return { records, operations: [operation], writes };
  });
  if (!isRecorded) throw new Superseded(operation.id);
}

function isPending({ head }: DepartmentState, { id }: Operation): boolean {
  return head.pendingOperations.includes(id);
}

/** What each event of an operation tells: who asked for it and from where, so that none needs another to be understood. */
function baseRecord(operation: Operation, time: string) {
  const { department, command: action, subject, id, version, requestId, asked } = operation;
  return { time, department, action, subject, ...(asked ?? { source: { requestId } }), operation: id, version };
}

/** @param change how its end moves the desired state: what is undone, and what goes with a department */
function recordOf(
  operation: Operation,
  outcome: Outcome,
  calls: readonly AwsCall[],
  change: readonly EntityChange[],
  time: string,
): AuditRecord {
  const reason = outcome.status === 'failed' ? { reason: { code: outcome.code, detail: bounded(outcome.detail) } } : {};
  const base = baseRecord(operation, time);
  return { ...base, outcome: outcome.status, ...changing(change), awsCalls: calls, ...reason };
}

function ended(operation: Operation, outcome: Outcome, finishedAt: string): Operation {
  if (outcome.status === 'succeeded') {
    const answer = answered(operation.answer, finishedAt);
    return { ...operation, answer, status: 'succeeded', completed: operation.total, ending: 'done', finishedAt };
  }
  const { code, detail, ending, completed = operation.completed, refused = operation.refused } = outcome;
  return {
    ...operation,
    status: 'failed',
    completed,
    ...(refused === undefined ? {} : { refused }),
    error: { code, detail: bounded(detail) },
    ending,
    finishedAt,
  };
}

/** What is known only when AWS has been told. */
function answered(answer: Answer, told: string): Answer {
  const { sessionsEnd } = answer;
  return sessionsEnd === undefined ? answer : { ...answer, sessionsValidUntil: sessionsValidUntil(sessionsEnd, told) };
}

/** Characters of what is told of a failure: names and AWS's own words are longer than anybody reads. */
const LONGEST_DETAIL = 4_000;

function bounded(detail: string): string {
  return detail.length <= LONGEST_DETAIL ? detail : `${detail.slice(0, LONGEST_DETAIL)}…`;
}

/** What an operation leaves to be replayed; and what a replay that went well takes away. */
function deadLettersOf(operation: Operation, outcome: Outcome, at: string): DeadLetterWrites {
  const { id, department, command, subject, targets, attempts, replays } = operation;
  if (outcome.status === 'succeeded') return { added: [], removed: replays === undefined ? [] : [replays] };
  // A replay that fails leaves the letter that it took up.
  if (outcome.isDeadLetter !== true || replays !== undefined) return { added: [], removed: [] };
  const error = { code: outcome.code, detail: bounded(outcome.detail) };
  return {
    added: [{ operation: id, department, command, subject, targets, attempts, error, at }],
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
