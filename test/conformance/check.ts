import { AssertionError } from 'node:assert';
import type { Test } from 'tap';
import { differenceOf } from './differences.ts';
import type { TargetName } from './target-name.ts';

/** One promise that AWS keeps and that a target is held to. `run` throws an `AssertionError` where it is not kept. */
export interface Check<Bench> {
  /** Its name in the table of differences, such as `ecr/create/length-of-name`. */
  readonly id: string;
  /** What is promised, as a sentence. */
  readonly promise: string;
  readonly run: (bench: Bench) => Promise<void>;
}

/**
 * Holds a target to each check. A check that the table of differences names for this target runs all the same, and must
 * fail: a row that is no longer true is a failure like any other. (Of a race, it may fail.)
 */
export async function hold<Bench>(
  t: Test,
  target: TargetName,
  checks: readonly Check<Bench>[],
  bench: Bench,
): Promise<void> {
  for (const check of checks) {
    const difference = differenceOf(target, check.id);
    if (difference === undefined) {
      await t.test(`${check.id}: ${check.promise}`, async (one) => {
        await check.run(bench);
        one.pass('kept');
      });
      continue;
    }
    await t.test(`${check.id}: differs on ${target}, as listed: ${difference.here}`, async (one) => {
      const failure: unknown = await check.run(bench).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined && !(failure instanceof AssertionError)) throw failure;
      if (difference.sometimes === true) return void one.pass(failure === undefined ? 'kept this time' : 'differs');
      one.ok(failure instanceof AssertionError, 'the difference is still there; else take its row out of the table');
    });
  }
}
