import type { RegistryLook } from '../aws/registry-look.ts';
import type { Tables } from '../ledger/client.ts';
import type { Log } from '../lib/log.ts';
import type { Config } from '../config/config.ts';
import type { CursorSeal } from './queries/cursor-seal.ts';
import type { Polls } from './queries/polls.ts';
import type { Lines } from './lines.ts';

/** What a command or a query may read beyond the department: the ledger, and the registry to look at, never to change. */
export interface Sources {
  readonly tables: Tables;
  readonly registry: RegistryLook;
}

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
