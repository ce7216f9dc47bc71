import type { Config } from '../../config/config.ts';
import type { CursorSeal } from '../queries/cursor-seal.ts';
import type { Polls } from '../queries/polls.ts';
import type { Lines } from './lines.ts';
import type { Sources } from './command.ts';

/** What the core is made of; handed in, so that time and ids are the caller's. */
export interface CoreParts extends Sources {
  readonly config: Config;
  readonly now: () => Date;
  /** A ULID in lower case: unique, and later ones sort later. */
  readonly newId: () => string;
  /** Resolves after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Where requests wait for something new. */
  readonly polls: Polls;
  readonly log: Log;
  /** Where mutations stand that lost a race for their department. */
  readonly lines: Lines;
  /** Seals the cursors of lists. */
  readonly cursors: CursorSeal;
}

/** The little of a logger that the core needs. */
export interface Log {
  readonly info: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** A log that nobody reads. */
export const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
