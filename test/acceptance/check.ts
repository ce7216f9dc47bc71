import type { World } from './world.ts';

/** One promise that every form keeps. */
export interface Check {
  /** The row of the table that it belongs to: an `operationId`, a root field such as `query repository`, or a theme. */
  readonly row: string;
  readonly title: string;
  /** @throws Error when the promise is not kept */
  readonly play: (world: World) => Promise<void>;
}
