import type { Tables } from '../../src/ledger/client.ts';
import { eventOf, readRun } from '../../src/ledger/read-audit.ts';
import { listRepositories, readDepartment } from '../../src/ledger/read.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import { canonicalJson } from '../../src/model/canonical-json.ts';
import { applied, nameOf, wanted, type ToldEntity } from '../../src/model/entity-change.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import type { Entities, Rebuilt } from '../../src/model/rebuild.ts';
import { entitiesOf, type Entity } from '../../src/model/state.ts';

/** What the ledger has of a department, as entities by their names. */
export interface LedgerState {
  readonly wanted: ReadonlyMap<string, ToldEntity>;
  readonly applied: ReadonlyMap<string, ToldEntity>;
}

/** A moment of a history: how far the chain was, and what the ledger had. */
export interface Moment {
  readonly events: number;
  readonly ledger: LedgerState;
}

/** What the ledger has of a department now, and how far its chain is. */
export async function momentOf(tables: Tables, department: string): Promise<Moment> {
  const { head, state } = await readDepartment(tables, department);
  const repositories = await listRepositories(tables, department as DepartmentId, 100);
  const entities: readonly Entity[] = [
    ...(state === undefined ? [] : entitiesOf(state)),
    ...repositories.map((value) => ({ type: 'repository', value }) as const),
  ];
  const byName = (told: readonly ToldEntity[]) => new Map(told.map((one) => [nameOf(one), one]));
  const ledger = { wanted: byName(entities.flatMap(wanted)), applied: byName(entities.flatMap(applied)) };
  return { events: head?.auditSeq ?? 0, ledger };
}

/** All events of a chain, in their order. */
export async function readChain(tables: Tables, chain: string): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (;;) {
    const texts = await readRun(tables, { chain, after: events.length, last: 99_999_999 });
    if (texts.length === 0) return events;
    events.push(...texts.map(eventOf));
  }
}

/** What a chain tells otherwise than the ledger has it, in words. */
export function unlikeLedger(told: Rebuilt, ledger: LedgerState): readonly string[] {
  return [
    ...unlike(told.wanted, ledger.wanted).map((what) => `wanted ${what}`),
    ...unlike(told.applied, ledger.applied).map((what) => `applied ${what}`),
  ];
}

function unlike(told: Entities, ledger: ReadonlyMap<string, ToldEntity>): readonly string[] {
  return [...new Set([...told.keys(), ...ledger.keys()])].flatMap((name) => {
    const [a, b] = [told.get(name)?.value, ledger.get(name)?.value];
    if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) return [];
    return [`${name}: the chain says ${JSON.stringify(a)}, the ledger ${JSON.stringify(b)}`];
  });
}
