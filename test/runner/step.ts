/** What the steps of a run share, and what is left of each when it has ended. */
import type { RunLog } from './log.ts';

/** What a step is run with. */
export interface StepSurroundings {
  /** The working copy. */
  readonly workspace: string;
  /** A folder of this step alone. */
  readonly folder: string;
  /** All variables that the step sees. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: RunLog;
}

/** What a step leaves to those after it. */
export interface StepResult {
  readonly succeeded: boolean;
  /** Variables for the steps that follow. */
  readonly env: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What is to be done when the job ends, whatever came of it. */
  readonly post?: (surroundings: StepSurroundings) => Promise<StepResult>;
}

/** A step that did what it is for, and left this. */
export function succeeded(left: Partial<StepResult> = {}): StepResult {
  return { succeeded: true, env: {}, summary: '', ...left };
}
