import type { Entities } from './entities.ts';
import { openJournal } from './journal.ts';
import type { Change } from './journal.ts';

type Kind = keyof Entities;

/** A change to one entity; `null` removes it. */
export type EntityChange = {
  [K in Kind]: { readonly kind: K; readonly id: string; readonly value: Entities[K] | null };
}[Kind];

/** The state of the embedded AWS: in memory, and in a journal when it has a directory. */
export interface Store {
  get<K extends Kind>(kind: K, id: string): Entities[K] | undefined;
  /** All of a kind whose id begins so, by id in the order of their code units. */
  list<K extends Kind>(kind: K, idPrefix?: string): readonly Entities[K][];
  count(kind: Kind): number;
  /** The ids of all of a kind. */
  ids(kind: Kind): readonly string[];
  /** Makes changes together: after a crash all of them are there or none. */
  change(...changes: readonly EntityChange[]): void;
  close(): void;
}

/** Opens the state; `directory` absent keeps it in memory only. */
export function openStore(directory: string | undefined): Store {
  const journal = directory === undefined ? undefined : openJournal(directory);
  const kinds = new Map<string, Map<string, unknown>>();
  const entitiesOf = (kind: string): Map<string, unknown> => {
    let entities = kinds.get(kind);
    if (entities === undefined) kinds.set(kind, (entities = new Map<string, unknown>()));
    return entities;
  };
  const carryOut = ({ kind, id, value }: Change): void => {
    if (value === null) entitiesOf(kind).delete(id);
    else entitiesOf(kind).set(id, value);
  };
  for (const change of journal?.kept ?? []) carryOut(change);

  return {
    get: <K extends Kind>(kind: K, id: string) => entitiesOf(kind).get(id) as Entities[K] | undefined,
    list: <K extends Kind>(kind: K, idPrefix = '') =>
      [...entitiesOf(kind)]
        .filter(([id]) => id.startsWith(idPrefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, entity]) => entity as Entities[K]),
    count: (kind) => entitiesOf(kind).size,
    ids: (kind) => [...entitiesOf(kind).keys()],
    change: (...changes) => {
      journal?.append(changes);
      for (const change of changes) carryOut(change);
    },
    close: () => journal?.close(),
  };
}
