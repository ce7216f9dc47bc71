import type { AwsClients } from '../aws/clients.ts';
import type { Log } from '../lib/log.ts';
import type { Tables } from '../ledger/client.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { AwsSettings } from '../model/settings.ts';

/** What the executor is made of. */
export interface ExecutorParts {
  readonly tables: Tables;
  readonly aws: AwsClients;
  readonly settings: AwsSettings;
  /** Whether the account's own quotas count, or those of the settings. */
  readonly usesAccountQuotas: boolean;
  readonly now: () => Date;
  /** Milliseconds that pass evenly, whatever becomes of the wall clock; since when does not matter. */
  readonly monotonic: () => number;
  readonly newId: () => string;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: Log;
  readonly limits: ExecutorLimits;
}

/** How long a run of the executor works, in milliseconds. */
export interface ExecutorLimits {
  /** No new work is begun after this. */
  readonly work: number;
  /** How long the lease lasts: longer than the work and the longest AWS call after it. */
  readonly lease: number;
  /** How often an operation is begun before it is given up. */
  readonly attempts: number;
  /** How often an operation is begun that meets something unexpected, which no waiting will cure. */
  readonly surprises: number;
  /** Repositories between two records of how far a fan-out came; the calls on them fit into one audit event. */
  readonly page: number;
}

/** The limits of a Lambda that times out after 45 seconds. */
export const EXECUTOR_LIMITS: ExecutorLimits = { work: 20_000, lease: 60_000, attempts: 12, surprises: 3, page: 50 };

/** Ends a run before its lease does: thrown where the next AWS call could outlive it. */
export class OutOfTime extends Error {
  constructor() {
    super('The time of this run is over; the next one goes on.');
    this.name = 'OutOfTime';
  }
}

/** What is pending and could not be finished yet, without that it is refused: the next ring goes on with it. */
export class NotYet extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'NotYet';
  }
}

/** Whose run it is, and for which department: the one whose lease it holds, whatever anything stored says. */
export interface Holder {
  readonly owner: string;
  readonly department: DepartmentId;
}

/** One run under a lease: whose it is, and until when work may be begun. */
export interface Run extends Holder {
  /** @throws OutOfTime when no AWS call may be begun any more */
  readonly checkTime: () => void;
  /** @throws OutOfTime when a request that is sent now could outlive the lease: after a pause of the whole process, say */
  readonly checkLease: () => void;
}

/** The longest that a request to AWS takes: connecting, and waiting for the answer. */
const LONGEST_REQUEST = 7_000;

/** What a run needs to know of time. */
type Time = Pick<ExecutorParts, 'limits' | 'monotonic'>;

/** Whether the time in which work may be begun is over, by the monotonic clock: a wall clock that is set back makes it no longer. */
export function isOver(began: number, { limits, monotonic }: Time): boolean {
  return monotonic() - began > limits.work;
}

/**
 * One run under a lease.
 * @param began when the event that rang came, by the monotonic clock: all its departments share the time that there is
 * @param taken when the lease was asked for, by the monotonic clock
 */
export function beginRun(holder: Holder, time: Time, began: number, taken: number): Run {
  const { limits, monotonic } = time;
  const takenByTheWall = Date.now() - (monotonic() - taken);
  return {
    ...holder,
    checkTime: () => {
      if (isOver(began, time)) throw new OutOfTime();
    },
    checkLease: () => {
      // The monotonic clock stands still while a whole machine sleeps, the wall's may be set back: whichever says more.
      const held = Math.max(monotonic() - taken, Date.now() - takenByTheWall);
      if (held > limits.lease - LONGEST_REQUEST) throw new OutOfTime();
    },
  };
}
