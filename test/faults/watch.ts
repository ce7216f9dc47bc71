import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { findBreak } from '../../src/ledger/chain.ts';
import { readDepartmentItem, readOperation } from '../../src/ledger/read.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { Operation } from '../../src/model/operation.ts';
import { planChanges } from '../../src/plan/plan.ts';
import type { Resources } from '../../src/plan/resources.ts';
import { isOwnedBy } from '../../src/policy/tags.ts';
import { accessOf, probesOf } from './access.ts';
import type { Call } from './gate.ts';
import type { Place } from './scenarios.ts';
import type { FaultWorld } from './world.ts';

/** What is seen of a department while it is at work, to hold it against what is promised once it is at rest. */
export interface Watch {
  readonly world: FaultWorld;
  readonly place: Place;
  /** Names that were written to in AWS. */
  readonly touched: { readonly repositories: Set<string>; readonly roles: Set<string> };
  /** For each write to AWS: the operations that mean it, and how long the audit chain was. */
  readonly intents: { readonly what: string; readonly operations: readonly string[]; readonly auditSeq: number }[];
  /** Access that some accepted state gives. */
  readonly meant: Set<string>;
  /** Access that AWS was seen to give after a write, and the first such write. */
  readonly seen: Map<string, string>;
  /** Access that a write took away, and the write. */
  readonly closed: Map<string, string>;
  /** Access that was taken away and given again, although no state from the operation under way on allows it. */
  readonly reopened: string[];
  /** Access that AWS gives after the last write. */
  last: ReadonlySet<string>;
  aws: Resources;
}

/** Watches a department that is at rest. */
export async function startWatch(world: FaultWorld, place: Place): Promise<Watch> {
  const watch: Watch = {
    world,
    place,
    touched: { repositories: new Set(), roles: new Set() },
    intents: [],
    meant: new Set(),
    seen: new Map(),
    closed: new Map(),
    reopened: [],
    last: new Set(),
    aws: await world.observed(namesOf(await world.desired(place.department))),
  };
  watch.last = accessIn(watch, watch.aws);
  await noteMeant(watch);
  return watch;
}

/** Forgets what was meant and seen: what comes from now on is held against the state as it is now. */
export async function startAnew(watch: Watch): Promise<void> {
  watch.meant.clear();
  watch.seen.clear();
  watch.closed.clear();
  watch.intents.length = 0;
  await noteMeant(watch);
}

function resourceOf({ input }: Call): { readonly kind: 'repositories' | 'roles'; readonly name: string } {
  const { repositoryName, RoleName } = input as { readonly repositoryName?: string; readonly RoleName?: string };
  return repositoryName === undefined
    ? { kind: 'roles', name: RoleName ?? '' }
    : { kind: 'repositories', name: repositoryName };
}

/** A write to AWS belongs to an operation that the ledger says is on its way; that it was accepted before is seen in the end. */
export async function checkIntent(watch: Watch, call: Call): Promise<void> {
  const { kind, name } = resourceOf(call);
  watch.touched[kind].add(name);
  const { tables } = watch.world.embedded.executor;
  const item = await readDepartmentItem(tables, watch.place.department);
  const operations = await Promise.all((item?.head.pendingOperations ?? []).map((id) => readOperation(tables, id)));
  const meaning = operations.filter(
    (operation) =>
      operation?.targets.some((target) =>
        target.kind === 'repository-policies' ? call.operation.endsWith('RepositoryPolicy') : target.name === name,
      ) === true,
  );
  watch.intents.push({
    what: `${describe(call)} on ${name}`,
    operations: meaning.flatMap((operation) => operation?.id ?? []),
    auditSeq: item?.head.auditSeq ?? 0,
  });
}

export async function noteAccess(watch: Watch, call: Call): Promise<void> {
  const { kind, name } = resourceOf(call);
  const found = await watch.world.observed({
    repositories: kind === 'repositories' ? [name] : [],
    roles: kind === 'roles' ? [name] : [],
  });
  watch.aws = {
    repositories: new Map([...watch.aws.repositories, ...found.repositories]),
    roles: new Map([...watch.aws.roles, ...found.roles]),
  };
  const now = accessIn(watch, watch.aws);
  for (const access of now) if (!watch.seen.has(access)) watch.seen.set(access, describe(call));
  for (const access of watch.last) if (!now.has(access)) watch.closed.set(access, describe(call));
  const again = [...now].filter((access) => !watch.last.has(access) && watch.closed.has(access));
  watch.last = now;
  if (again.length > 0) await noteReopened(watch, again, call);
}

/** What was closed may be opened again only by the operation under way, or by what comes after it: never by going back. */
async function noteReopened(watch: Watch, again: readonly string[], call: Call): Promise<void> {
  const states = await watch.world.desiredInTurn(watch.place.department);
  const onwards = states.length > 1 ? states.slice(1) : states;
  const allowed = new Set(onwards.flatMap((resources) => [...accessIn(watch, resources)]));
  for (const access of again) {
    if (!allowed.has(access))
      watch.reopened.push(`${access}, closed by ${watch.closed.get(access)}, open again after ${describe(call)}`);
  }
}

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

export async function noteMeant(watch: Watch): Promise<void> {
  // Operations are carried out one after the other, so that AWS may be at each state in between.
  for (const resources of await watch.world.desiredInTurn(watch.place.department))
    for (const access of accessIn(watch, resources)) watch.meant.add(access);
}

function accessIn({ world, place }: Watch, resources: Resources): ReadonlySet<string> {
  return accessOf(resources, probesOf(place.organisation, place.other), world.embedded.executor.settings);
}

function describe({ number, process, service, operation }: Call): string {
  return `call ${number} (${process}, ${service}:${operation})`;
}

/** All that is not as promised of a department at rest. */
export async function violationsAtRest(watch: Watch): Promise<readonly string[]> {
  const { world, place } = watch;
  const violations: string[] = [];
  const { tables, settings } = world.embedded.executor;
  const desired = await world.desired(place.department);
  await noteMeant(watch);
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
  for (const [access, where] of watch.seen)
    if (!watch.meant.has(access)) violations.push(`leaked: ${access}, after ${where}`);
  violations.push(...watch.reopened.splice(0).map((what) => `reopened: ${what}`));
  const events = await chainOf(watch);
  const item = await readDepartmentItem(tables, place.department);
  const broken = findBreak(events);
  if (broken !== undefined) violations.push(`chain: ${broken}`);
  if (item !== undefined && events.at(-1)?.hash !== item.head.auditHash)
    violations.push('chain: the head is not the last event');
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
  for (const { what, operations, auditSeq } of watch.intents) {
    const isAccepted = events.some(
      ({ outcome, operation, seq }) =>
        outcome === 'accepted' && seq <= auditSeq && operation !== undefined && operations.includes(operation),
    );
    if (!isAccepted) violations.push(`unaudited: ${what} without an accepted operation that means it`);
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

function namesOf({ repositories, roles }: Resources) {
  return { repositories: repositories.keys(), roles: roles.keys() };
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
