import type { Caller } from '../caller/caller.ts';
import type { AuditSource } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import type { Plan } from '../model/plan.ts';
import type { MutationCall, QueryCall } from './input.ts';

/** Who asks, and from where. */
export interface Asker {
  readonly caller: Caller;
  readonly source: AuditSource;
}

/** How a mutation is to be carried out. */
export interface MutationOptions {
  readonly dryRun: boolean;
  /** `If-Match`: an entity tag as {@link etagOf} makes it, or `*`. */
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
  /** `Prefer: respond-async`: do not wait for AWS. */
  readonly respondAsync: boolean;
}

/** The answer to a mutation, the same for both APIs. */
export interface MutationResult {
  /** `dry-run`: nothing was written. `accepted`: still on its way into AWS. `done`: it stands in AWS. */
  readonly state: 'dry-run' | 'accepted' | 'done';
  readonly operation?: Operation;
  readonly plan: Plan;
  readonly blastRadius?: unknown;
  /** Name of the property that holds the entity: `department`, `organisation`, `accountAccess`, `repository`, `grant`. */
  readonly entityName: string;
  /** The entity as it now is; `null` when it is gone, or for a dry run of a creation what it would be. */
  readonly entity: unknown;
  readonly revision?: number;
  /** Whether the mutation made the entity: REST answers 201 with `Location`. */
  readonly created: boolean;
  /** REST address of the entity, such as `/v1/departments/koa`. */
  readonly location?: string;
  /** For a revocation: until when sessions issued before may still work; `null` until AWS has been told. */
  readonly sessionsValidUntil?: string | null;
}

/** An answer that is sent while it is read, so that it may be of any size. REST only. */
export interface StreamAnswer {
  readonly mediaType: string;
  readonly fileName: string;
  /** What stands before everything, on the first page and on each other. */
  readonly head: string;
  /** Whole lines, and the value of `after` with which a request goes on behind them. */
  readonly blocks: AsyncIterable<{ readonly text: string; readonly last: string }>;
  /** Where an answer can't be streamed: about how many bytes one holds as JSON, before a link leads to the next. */
  readonly pageBytes?: number;
}

/** The answer to a query, the same for both APIs. */
export interface QueryResult {
  readonly value: unknown;
  /** Instead of a value: an answer that is streamed. */
  readonly stream?: StreamAnswer;
  /** Where there may soon be more: after how many seconds to ask again. */
  readonly retryAfterSeconds?: number;
  /** For one entity: its revision, from which the `ETag` is made. */
  readonly revision?: number;
}

/** A page of a list. Cursors are opaque; each item has one, for GraphQL's edges. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursors: readonly string[];
  /** Cursor to pass as `after` for the next page; absent on the last. */
  readonly nextCursor?: string;
}

/** The core that both APIs drive: commands and queries by the name that the contracts give them. */
export interface Core {
  readonly queryNames: ReadonlySet<string>;
  readonly mutationNames: ReadonlySet<string>;
  /** @throws ServiceError */
  query(call: QueryCall, asker: Asker): Promise<QueryResult>;
  /** @throws ServiceError */
  mutate(call: MutationCall, asker: Asker, options: MutationOptions): Promise<MutationResult>;
}

/** The `ETag` of an entity's revision: a strong validator (RFC 9110, section 8.8.3). */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}
