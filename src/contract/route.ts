import type { InputError } from '../core/errors.ts';
import type { MutationOptions } from '../core/core.ts';
import type { MutationCall, QueryCall } from '../core/input.ts';
import type { Schema } from './schema.ts';

/** HTTP methods that the contract uses. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Where a parameter travels in a REST request. */
export type ParameterPlace = 'path' | 'query' | 'header';

/** One parameter of an operation. Headers are named in lower case, as Node gives them. */
export interface Parameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly required: boolean;
  readonly schema: Schema;
}

/** A request in the contract's terms, before anything of it is trusted. Query values are as the URL has them. */
export interface RawRequest {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  /** Only the headers that the operation declares are looked at. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Absent when there is none. */
  readonly body?: unknown;
}

/** What the contract makes of a request: what it asks of the core, or everything that is wrong with it. */
export type Validation<Asked> =
  | { readonly ok: true; readonly asked: Asked }
  | { readonly ok: false; readonly errors: readonly InputError[] };

/** A valid request for a command, and how it is to be carried out. */
export interface AskedMutation {
  readonly call: MutationCall;
  readonly options: MutationOptions;
}

/** What an operation makes of a request; only the contract makes a call of the core from one. */
export type Answering =
  | { readonly kind: 'query'; readonly validate: (request: RawRequest) => Validation<QueryCall> }
  | { readonly kind: 'mutation'; readonly validate: (request: RawRequest) => Validation<AskedMutation> }
  /** Answered by the REST API itself, without a token. */
  | { readonly kind: 'public' };

/** One operation of openapi.yaml, as both APIs use it. */
export type ContractOperation = OperationFacts & Answering;

/** What is known of an operation beside what it makes of a request. */
export interface OperationFacts {
  /** The `operationId`: name of the command or query in the core and of the GraphQL mutation. */
  readonly id: string;
  readonly method: Method;
  /** The path with `{parameters}`, as the contract writes it. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Properties that the body knows; empty when the operation takes none. */
  readonly bodyProperties: ReadonlySet<string>;
  /** Properties of the body for which `null` means something, such as "remove it". */
  readonly nullable: ReadonlySet<string>;
  /** Declared statuses, without `default`. */
  readonly statuses: readonly number[];
  /** Media types of the `200` answer; the first is what a client gets that does not care. */
  readonly mediaTypes: readonly string[];
}

/** The REST contract: what the service reads at start, and what both APIs are made of. */
export interface Contract {
  /** openapi.yaml as it was written; served at `/openapi.yaml`. */
  readonly text: string;
  readonly operations: ReadonlyMap<string, ContractOperation>;
}
