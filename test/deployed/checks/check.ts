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

/** What a promise failed with; undefined where it held. */
export async function failureOf(doing: Promise<unknown>): Promise<Error | undefined> {
  try {
    await doing;
    return undefined;
  } catch (error) {
    return asError(error);
  }
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(JSON.stringify(thrown));
}
