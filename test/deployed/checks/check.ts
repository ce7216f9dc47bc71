import type { Stage } from '../stage.ts';

/** Something that a deployment must be seen to do. */
export interface Check {
  readonly name: string;
  /** The promise, as a sentence. */
  readonly promise: string;
  /** Checks whose doing this one builds on, by name; they are played first. */
  readonly after?: readonly string[];
  /** @throws Error that says how the promise is not kept */
  readonly play: (stage: Stage) => Promise<void>;
}
