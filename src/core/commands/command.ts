import type { MutationName } from '../authorize/rules.ts';
import type { Role } from '../authorize/relation.ts';
import type { Caller } from '../../caller/caller.ts';
import type { Config } from '../../config/config.ts';
import type { Sources } from '../parts.ts';
import type { InputOf } from '../input.ts';
import type { Department } from '../../model/department.ts';
import type { OperationId } from '../../model/ids.ts';
import type { Answer, Operation, Subject, Target } from '../../model/operation.ts';
import type { Plan } from '../../model/plan.ts';
import type { PresentLife } from '../../model/present-life.ts';
import type { Repository } from '../../model/repository.ts';
import type { ClaimWrite, DepartmentHead, DepartmentState, Write } from '../../model/state.ts';

/** What a decision is made from; nothing else, so that the same situation gives the same decision. */
export interface Situation<Name extends MutationName, Facts> {
  readonly input: InputOf<Name>;
  /** The department, or what is left of a deleted one; absent when it has never been. */
  readonly head: DepartmentHead | undefined;
  readonly state: DepartmentState | undefined;
  readonly facts: Facts;
  readonly caller: Caller;
  readonly role: Role | 'self';
  readonly config: Config;
  readonly ifMatch: string | undefined;
  readonly dryRun: boolean;
  /** Ids that the mutation may give to what it makes. */
  readonly operation: OperationId;
  readonly newId: string;
  /** ISO 8601, UTC. */
  readonly now: string;
}

/** What a mutation means: for the ledger, for AWS and for the one who asks. */
export interface Decided {
  /** The department as it will stand. */
  readonly department: Department;
  readonly subject: Subject;
  readonly writes: readonly Write[];
  /** The repository that is written, as it was; absent for a new one, and where none is written. */
  readonly repository?: Repository;
  readonly claims: readonly ClaimWrite[];
  /** The AWS resources to bring to the new state; none when the change is ours alone. */
  readonly targets: readonly Target[];
  readonly plan: Plan;
  /** How many AWS resources that is. */
  readonly total: number;
  readonly answer: Answer;
  /** The operation that is still on its way and whose place this one takes: it ends, as failed, when this one is accepted. */
  readonly supersedes?: Operation;
  /** The operation whose resources are brought to what the state says. */
  readonly replays?: OperationId;
  /** The department's id was another one's before. */
  readonly life?: PresentLife;
}

/** A mutation: how it finds its department, what else it reads, and what it decides. */
export interface Command<Name extends MutationName, Facts = undefined> {
  /** The contract's name for it; a command does not go into the registry under another. */
  readonly name: Name;
  /** Id of the department in question; `undefined` when the input names something that is not there. */
  readonly departmentOf: (input: InputOf<Name>, sources: Sources) => Promise<string | undefined>;
  /** Reads what the decision needs beyond the department's state. */
  readonly look: (
    input: InputOf<Name>,
    sources: Sources,
    state: DepartmentState | undefined,
    situation: { readonly dryRun: boolean },
  ) => Promise<Facts>;
  /** Whether it would concern nothing but the caller's own GitHub repository; for self-service. */
  readonly onlyItself?: (input: InputOf<Name>, caller: Caller, facts: Facts, state: DepartmentState) => boolean;
  /** @throws ServiceError where the input, the state or a rule forbids it */
  readonly decide: (situation: Situation<Name, Facts>) => Decided;
}

/** For commands that need nothing beyond the department's state. */
export async function nothingElse(): Promise<undefined> {
  return undefined;
}
