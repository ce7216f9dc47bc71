import { EXECUTOR_LIMITS, type ExecutorLimits } from '../../src/executor/parts.ts';

/*
 * How long the product waits where a test runs it. What a test promises must hold on a machine that is ten times as busy, so what
 * ends by itself in production after seconds, ends here after longer than any test takes; a test that is about such an end sets it.
 */

/** How long a mutation waits for AWS before it answers 202, in milliseconds. */
export const PATIENT_WAIT = 15 * 60_000;

/** How long a run of the executor works. */
export const PATIENT_LIMITS: ExecutorLimits = { ...EXECUTOR_LIMITS, work: 60 * 60_000, lease: 2 * 60 * 60_000 };
