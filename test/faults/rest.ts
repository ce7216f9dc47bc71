import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { findBreak } from '../../src/ledger/chain.ts';
import { readDepartmentItem, readOperation } from '../../src/ledger/read.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { Operation } from '../../src/model/operation.ts';
import { rebuild } from '../../src/model/rebuild.ts';
import { planChanges } from '../../src/plan/plan.ts';
import type { Resources } from '../../src/plan/resources.ts';
import { isOwnedBy } from '../../src/policy/tags.ts';
import { momentOf, unlikeLedger } from '../support/told.ts';
import { accessViolations } from './access-violations.ts';
import { accessIn, type Watch } from './watch.ts';

/** Access that AWS gives and the state does not: there is none, also where a dead letter says that AWS is not as the state says. */
export async function accessBeyondState(watch: Watch): Promise<readonly string[]> {
  const desired = await watch.world.desired(watch.place.department);
  const observed = await watch.world.observed({
    repositories: new Set([...watch.touched.repositories, ...desired.repositories.keys()]),
    roles: new Set([...watch.touched.roles, ...desired.roles.keys()]),
  });
  const allowed = accessIn(watch, desired);
  return [...accessIn(watch, ownOnly(observed, watch.place.department))].filter((access) => !allowed.has(access));
}

/** All that is not as promised of a department at rest. */
export async function violationsAtRest(watch: Watch): Promise<readonly string[]> {
  const { world, place } = watch;
  const violations: string[] = [];
  const { tables, settings } = world.embedded.executor;
  const desired = await world.desired(place.department);
  const names = {
    repositories: new Set([...watch.touched.repositories, ...desired.repositories.keys()]),
    roles: new Set([...watch.touched.roles, ...desired.roles.keys()]),
  };
  const observed = ownOnly(await world.observed(names), place.department);
  const wanted: Resources = {
    repositories: new Map([...names.repositories].map((name) => [name, desired.repositories.get(name)])),
    roles: new Map([...names.roles].map((name) => [name, desired.roles.get(name)])),
  };
  for (const { action, resource } of planChanges(observed, wanted, settings))
    violations.push(`lost: AWS needs ${action} on ${resource}`);
  violations.push(...(await accessViolations(watch, world.limits.page)));
  const events = await chainOf(watch);
  const item = await readDepartmentItem(tables, place.department);
  const broken = findBreak(events);
  if (broken !== undefined) violations.push(`chain: ${broken}`);
  if (item !== undefined && events.at(-1)?.hash !== item.head.auditHash)
    violations.push('chain: the head is not the last event');
  const told = rebuild(events);
  const { ledger } = await momentOf(tables, place.department);
  for (const what of [...told.contradictions, ...unlikeLedger(told, ledger)]) violations.push(`untold: ${what}`);
  for (const id of new Set(events.flatMap(({ operation }) => operation ?? []))) {
    const operation = await readOperation(tables, id);
    violations.push(
      ...operationViolations(
        id,
        operation,
        events.filter((event) => event.operation === id),
      ),
    );
  }
  for (const { call, resource, meantBy, position } of watch.intents) {
    const isAccepted = events.some(
      ({ outcome, operation, seq }) =>
        outcome === 'accepted' && seq <= position && operation !== undefined && meantBy.includes(operation),
    );
    if (!isAccepted) violations.push(`unaudited: ${call} on ${resource} without an accepted operation that means it`);
  }
  if (JSON.stringify([...(await entitiesPending(watch))]) !== '[]')
    violations.push('an entity waits for an operation that is over');
  return violations;
}

function operationViolations(
  id: string,
  operation: Operation | undefined,
  events: readonly AuditEvent[],
): readonly string[] {
  const outcomes = events.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'progressed');
  if (operation === undefined) return [`lost: ${id} is in the audit chain and not in the ledger`];
  if (operation.status === 'pending') return [`lost: ${id} is pending`];
  if (outcomes.join() === `accepted,${operation.status}`) return [];
  return [`audit: ${id} ${operation.status}, its events say ${outcomes.join()}`];
}

/** What is not ours is not held against us. */
function ownOnly({ repositories, roles }: Resources, department: string): Resources {
  const own = <T extends { readonly tags: Readonly<Record<string, string>> }>(
    all: ReadonlyMap<string, T | undefined>,
  ) =>
    new Map(
      [...all].map(
        ([name, one]) => [name, one !== undefined && isOwnedBy(one.tags, department) ? one : undefined] as const,
      ),
    );
  return { repositories: own(repositories), roles: own(roles) };
}

async function chainOf({ world, place }: Watch): Promise<readonly AuditEvent[]> {
  const { tables } = world.embedded.executor;
  const items: unknown[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await tables.documents.send(
      new QueryCommand({
        TableName: tables.audit,
        KeyConditionExpression: 'pk = :chain',
        ExpressionAttributeValues: { ':chain': place.department },
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items.map((item) => JSON.parse((item as { readonly event: string }).event) as AuditEvent);
}

async function entitiesPending({ world, place }: Watch): Promise<readonly unknown[]> {
  const { tables } = world.embedded.executor;
  const pages = await Promise.all(
    [`DEPARTMENT#${place.department}`, `REPOSITORIES#${place.department}`].map((pk) =>
      tables.documents.send(
        new QueryCommand({
          TableName: tables.state,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
        }),
      ),
    ),
  );
  return pages
    .flatMap(({ Items = [] }) => Items)
    .filter((item) => (item['value'] as { readonly pending?: unknown } | undefined)?.pending !== undefined);
}
