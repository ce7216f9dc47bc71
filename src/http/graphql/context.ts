import type { Contract } from '../../contract/route.ts';
import type { Asker, Core, QueryResult } from '../../core/core.ts';
import type { Metered } from './meter.ts';
import type { Turns } from './turns.ts';

/** What the resolvers of one request share. */
export interface GraphqlContext extends Metered {
  readonly contract: Contract;
  readonly core: Core;
  readonly asker: (idempotencyKey?: string) => Asker;
  /** Has look-ups wait for each other, see {@link Turns}. */
  readonly turns: Turns;
  /** Answers of this request's queries: a hundred repositories ask for their one department once. */
  readonly answers: Map<string, Promise<QueryResult>>;
  /** Operations that this request's mutations have led to so far: what was accepted stands, whatever becomes of the answer. */
  readonly accepted: string[];
}
