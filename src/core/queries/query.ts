import type { QueryName } from '../authorize/rules.ts';
import type { CoreParts } from '../parts.ts';
import type { Asker, Input, QueryResult } from '../core.ts';
import type { PresentLife } from '../../model/present-life.ts';
import type { DepartmentState } from '../../model/state.ts';

/** What a query about one department answers from; the caller may read it. */
export interface DepartmentQuestion {
  readonly parts: CoreParts;
  readonly asker: Asker;
  readonly input: Input;
  readonly state: DepartmentState;
  /** The caller sees nothing from before it; absent where it sees all. */
  readonly life: PresentLife | undefined;
}

/** What a query about no department answers from. */
export interface Question {
  readonly parts: CoreParts;
  readonly asker: Asker;
  readonly input: Input;
}

/** What a query about a record of a department answers from. */
export interface RecordQuestion extends Question {
  /** The caller sees nothing from before it; absent where it sees all. */
  readonly life: PresentLife | undefined;
}

/** A query: how it finds its department, and what it answers. */
export type Query =
  | {
      readonly name: QueryName;
      readonly about: 'department';
      /** Id of the department in question; `undefined` when the input names something that is not there. */
      readonly departmentOf: (input: Input, parts: CoreParts) => Promise<string | undefined>;
      readonly answer: (question: DepartmentQuestion) => Promise<QueryResult>;
    }
  | {
      readonly name: QueryName;
      /** Of a department, and outlives it: the platform may read on what a deleted one has left. */
      readonly about: 'record';
      readonly departmentOf: (input: Input, parts: CoreParts) => Promise<string | undefined>;
      /** @throws ServiceError `not-found` when there is no such record */
      readonly answer: (question: RecordQuestion) => Promise<QueryResult>;
    }
  | {
      readonly name: QueryName;
      readonly about: 'anything';
      readonly answer: (question: Question) => Promise<QueryResult>;
    };
