import type { Contract } from '../contract/operation.ts';
import type { Asker, Core, QueryResult } from '../core.ts';

/** What the resolvers of one request share. */
export interface GraphqlContext {
  readonly contract: Contract;
  readonly core: Core;
  readonly asker: (idempotencyKey?: string) => Asker;
  /** Answers of this request's queries: a hundred repositories ask for their one department once. */
  readonly answers: Map<string, Promise<QueryResult>>;
  /** How many more look-ups this request may come to. */
  readonly budget: { left: number };
}
