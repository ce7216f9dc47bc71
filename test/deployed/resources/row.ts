import type { Values } from '../../../scripts/provider-stand-in.ts';
import type { Arguments } from '../arguments.ts';
import type { Clients } from '../clients.ts';

/** Where resources are created. */
export interface Place {
  readonly clients: Clients;
  readonly accountId: string;
  readonly region: string;
  /** Changes a document of a role before it is written; the emulator judges some statements wrongly. */
  readonly relax: (policyName: string, document: string) => string;
}

/** How a resource of one type is created: its arguments → the attributes that only AWS knows. */
export type Row = (given: Arguments, place: Place) => Promise<Values>;

/** `field: value` where there is a value, else nothing: for requests whose absent members must not be there. */
export function where<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}

/** What an answer of AWS must have. @throws Error where it does not */
export function must<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`The answer has no ${what}.`);
  return value;
}
