import { monotonicFactory } from 'ulid';

const ulid = monotonicFactory();

/** A new id: a ULID in lower case. Ids made one after the other in a process sort in that order. */
export function newId(): string {
  return ulid().toLowerCase();
}
