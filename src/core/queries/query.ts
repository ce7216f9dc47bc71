import type { QueryName } from '../authorize/rules.ts';
import type { CoreParts } from '../parts.ts';
import type { Asker, QueryResult } from '../core.ts';
import type { InputOf } from '../input.ts';
import type { PresentLife } from '../../model/present-life.ts';
import type { DepartmentState } from '../../model/state.ts';

/** What a query about one department answers from; the caller may read it. */
export interface DepartmentQuestion<Name extends QueryName> {
  readonly parts: CoreParts;
  readonly asker: Asker;
  readonly input: InputOf<Name>;
  readonly state: DepartmentState;
  /** The caller sees nothing from before it; absent where it sees all. */
  readonly life: PresentLife | undefined;
}

/** What a query about no department answers from. */
export interface Question<Name extends QueryName> {
  readonly parts: CoreParts;
  readonly asker: Asker;
  readonly input: InputOf<Name>;
}

/** What a query about a record of a department answers from. */
export interface RecordQuestion<Name extends QueryName> extends Question<Name> {
  /** The caller sees nothing from before it; absent where it sees all. */
  readonly life: PresentLife | undefined;
}

/** A query: how it finds its department, and what it answers. */
export type Query<Name extends QueryName> =
  | {
      /** The contract's name for it; a query does not go into the registry under another. */
      readonly name: Name;
      readonly about: 'department';
      /** Id of the department in question; `undefined` when the input names something that is not there. */
      readonly departmentOf: (input: InputOf<Name>, parts: CoreParts) => Promise<string | undefined>;
      readonly answer: (question: DepartmentQuestion<Name>) => Promise<QueryResult>;
    }
  | {
      /** The contract's name for it; a query does not go into the registry under another. */
      readonly name: Name;
      /** Of a department, and outlives it: the platform may read on what a deleted one has left. */
      readonly about: 'record';
      readonly departmentOf: (input: InputOf<Name>, parts: CoreParts) => Promise<string | undefined>;
      /** @throws ServiceError `not-found` when there is no such record */
      readonly answer: (question: RecordQuestion<Name>) => Promise<QueryResult>;
    }
  | {
      /** The contract's name for it; a query does not go into the registry under another. */
      readonly name: Name;
      readonly about: 'anything';
      readonly answer: (question: Question<Name>) => Promise<QueryResult>;
    };
