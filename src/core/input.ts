import type { operations } from '../generated/openapi.ts';
import type { CommandName, MutationName, QueryName } from './authorize/rules.ts';

/** In the place of what an operation does not take. */
type Nothing = object;

type Given<Part> = [NonNullable<Part>] extends [never] ? Nothing : NonNullable<Part>;

type BodyOf<Operation> = Operation extends {
  readonly requestBody: { readonly content: { readonly 'application/json': infer Body } };
}
  ? Body
  : Nothing;

/** What each operation takes, as openapi.yaml says it. `dryRun` is an option of mutations and no part of their input. */
type Inputs = {
  readonly [Id in CommandName]: {
    readonly params: Given<operations[Id]['parameters']['path']>;
    readonly query: Omit<Given<operations[Id]['parameters']['query']>, 'dryRun'>;
    readonly body: BodyOf<operations[Id]>;
  };
};

/**
 * The input of a command or query: the request of that operation of openapi.yaml after its validator has passed it. A
 * default of its query is filled in; what a body leaves out is absent. Only the contract makes one (contract/assemble.ts), so what it says needs no second look.
 */
export type InputOf<Id extends CommandName> = Inputs[Id];

/** A command or query by its name, with its input. */
export type CallOf<Name extends CommandName> = {
  readonly [Id in Name]: { readonly name: Id; readonly input: InputOf<Id> };
}[Name];

/** A call of any query. */
export type QueryCall = CallOf<QueryName>;

/** A call of any command. */
export type MutationCall = CallOf<MutationName>;
