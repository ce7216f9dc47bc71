import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { findBreak } from '../../src/audit/chain.ts';
import type { Core, MutationResult } from '../../src/core.ts';
import { ServiceError } from '../../src/errors.ts';
import { readDepartmentItem, readOperation } from '../../src/ledger/read.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { Operation } from '../../src/model/operation.ts';
import { planChanges } from '../../src/plan/plan.ts';
import type { Resources } from '../../src/plan/resources.ts';
import { isOwnedBy } from '../../src/policy/tags.ts';
import { accessOf, probesOf } from './access.ts';
import type { Call, Counter, FaultKind, GateRules } from './gate.ts';
import type { Asked, Place, Scenario, Step } from './scenarios.ts';
import { LIMITS, type FaultWorld } from './world.ts';

/** Which call meets which fault. */
export type Faults = ReadonlyMap<number, FaultKind>;

/** What a run of a scenario came to. */
export interface RunReport {
  /** The calls that it made, until it was at rest. */
  readonly calls: readonly Call[];
  /** What was not as promised, in words; empty when all was. */
  readonly violations: readonly string[];
  readonly crashes: number;
}

let places = 0;

/** A department of its own for one run. */
function newPlace(): Place {
  const number = ++places;
  // The first three letters are the run's own, for patterns over the organisations of a department.
  const organisation = `O${number.toString(36)}-first`;
  return { department: `d${number.toString(36)}x`, organisation, other: `O${number.toString(36)}-second`, grants: [] };
}

/** One run of a scenario under way. */
interface Run {
  readonly world: FaultWorld;
  readonly scenario: Scenario;
  readonly place: Place;
  readonly faults: Faults;
  readonly counter: Counter;
  readonly calls: Call[];
  readonly violations: string[];
  readonly touched: { readonly repositories: Set<string>; readonly roles: Set<string> };
  /** Access that some accepted state gives, and access that AWS was seen to give after a write. */
  readonly meant: Set<string>;
  readonly seen: Map<string, string>;
  /** For each write to AWS: the operations that mean it, and how long the audit chain was. */
  readonly intents: { readonly what: string; readonly operations: readonly string[]; readonly auditSeq: number }[];
  readonly asked: Asked[];
  readonly first: (Answer | undefined)[];
  aws: Resources;
  crashes: number;
  awsWrites: number;
  readonly during: NonNullable<Scenario['during']>[number][];
}

/** What another process asks for at the worst moment. */
const RIVAL: Step = ({ department }) => ({
  command: 'createRepository',
  params: { department },
  body: { name: `${department}/rival` },
});

const NO_FAULTS: GateRules = { faultAt: () => undefined };
const QUIET = (): Counter => ({ next: 1 });

/**
 * Runs a scenario on a department of its own: its mutations are asked for with the faults, then the executor is rung,
 * restarted after each crash, until all is at rest. Then everything that is promised is checked.
 */
export async function runScenario(world: FaultWorld, scenario: Scenario, faults: Faults): Promise<RunReport> {
  const place = newPlace();
  await prepare(world, scenario, place);
  const run: Run = {
    world,
    scenario,
    place,
    faults,
    counter: { next: 1 },
    calls: [],
    violations: [],
    touched: { repositories: new Set(), roles: new Set() },
    meant: new Set(),
    seen: new Map(),
    intents: [],
    asked: [],
    first: [],
    aws: { repositories: new Map(), roles: new Map() },
    crashes: 0,
    awsWrites: 0,
    during: [...(scenario.during ?? [])],
  };
  await noteMeant(run);
  run.aws = await world.observed(namesOf(await world.desired(place.department)));
  for (const step of scenario.mutations) await askFor(run, step);
  await settle(run);
  // The executor may have come to rest before it made so many writes.
  for (const { step } of run.during.splice(0)) await askFor(run, step);
  await settle(run);
  await repeatAll(run);
  await check(run);
  return { calls: run.calls, violations: run.violations, crashes: run.crashes };
}

function keyOf({ department }: Place, index: number): string {
  return `${department}-${index}`;
}

// ---- Before the faults ----------------------------------------------------------------------------------------------

async function prepare(world: FaultWorld, { before = [], arrange, name }: Scenario, place: Place): Promise<void> {
  const { core } = world.startApi(NO_FAULTS, QUIET());
  const { ring } = world.startExecutor(NO_FAULTS, QUIET());
  for (const step of before) {
    const answer = await ask(world, core, step(place), undefined);
    await ring(place.department);
    if ('code' in answer) throw new Error(`${name} can not be prepared: ${answer.code}: ${answer.detail}`);
    noteGrant(place, answer);
  }
  await arrange?.(world, place);
}

function noteGrant(place: Place, { result }: { readonly result: MutationResult }): void {
  const entity = result.entity as { readonly id?: string } | null;
  if (result.entityName === 'grant' && entity?.id !== undefined && result.created) place.grants.push(entity.id);
}

// ---- The mutations --------------------------------------------------------------------------------------------------

/** What a caller was told. */
type Answer =
  | { readonly result: MutationResult }
  | { readonly code: string; readonly detail: string; readonly operation: string | undefined };

async function ask(world: FaultWorld, core: Core, asked: Asked, idempotencyKey: string | undefined): Promise<Answer> {
  const { command, params = {}, query = {}, body = {}, ifMatch } = asked;
  const asker = { caller: world.platform, source: { requestId: 'faults' } };
  try {
    const result = await core.mutate(
      command,
      asker,
      { params, query, body },
      {
        dryRun: false,
        respondAsync: true,
        ...(ifMatch === undefined ? {} : { ifMatch }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      },
    );
    return { result };
  } catch (error) {
    if (!(error instanceof ServiceError)) return { code: 'internal', detail: String(error), operation: undefined };
    return { code: error.code, detail: error.message, operation: error.extras.operation };
  }
}

async function askFor(run: Run, step: Step): Promise<void> {
  const one = step(run.place);
  const index = run.asked.push(one) - 1;
  run.first[index] = await askUnderFaults(run, one, keyOf(run.place, index));
}

/** Asks as a client does that repeats its request with the same key until it is told something. */
async function askUnderFaults(run: Run, asked: Asked, key: string): Promise<Answer | undefined> {
  for (let attempt = 1; attempt <= 8; attempt++) {
    const { core, gate } = run.world.startApi(rulesOf(run), run.counter);
    const answer = await Promise.race([ask(run.world, core, asked, key), gate.crashed]);
    if (answer === 'crashed') {
      run.crashes++;
      continue;
    }
    await noteMeant(run);
    if ('code' in answer && answer.code === 'internal') continue;
    return answer;
  }
  run.violations.push(`${asked.command} was not answered after 8 attempts`);
  return undefined;
}

function rulesOf(run: Run): GateRules {
  return {
    faultAt: (call) => {
      run.calls.push(call);
      return run.faults.get(call.number);
    },
    onRival: async () => {
      const item = await readDepartmentItem(run.world.embedded.executor.tables, run.place.department);
      if (item !== undefined && !item.head.deleted && item.value.pending === undefined) await askFor(run, RIVAL);
    },
    onAwsWrite: async (call, when) => {
      if (when === 'before') return checkIntent(run, call);
      await noteAccess(run, call);
      const now = ++run.awsWrites;
      const due = run.during.findIndex(({ afterWrites }) => afterWrites <= now);
      const [next] = due < 0 ? [] : run.during.splice(due, 1);
      if (next !== undefined) await askFor(run, next.step);
    },
  };
}

/** Rings the executor, a new one after each crash, until nothing is pending. */
async function settle(run: Run): Promise<void> {
  const { world, place } = run;
  for (let round = 1; round <= 40; round++) {
    const item = await readDepartmentItem(world.embedded.executor.tables, place.department);
    if ((item?.head.pendingOperations.length ?? 0) === 0) return;
    const { ring, gate } = world.startExecutor(rulesOf(run), run.counter);
    const ended = await Promise.race([
      ring(place.department).then(
        () => 'done' as const,
        () => 'not-yet' as const,
      ),
      gate.crashed,
    ]);
    if (ended === 'crashed') run.crashes++;
    // A lease that a crash left behind lapses; so does one that could not be given back.
    world.pass(LIMITS.lease + 1_000);
  }
  run.violations.push('operations are pending after 40 rounds of the executor');
}

// ---- What is noted at each write to AWS -----------------------------------------------------------------------------

function resourceOf({ input }: Call): { readonly kind: 'repositories' | 'roles'; readonly name: string } {
  const { repositoryName, RoleName } = input as { readonly repositoryName?: string; readonly RoleName?: string };
  return repositoryName === undefined
    ? { kind: 'roles', name: RoleName ?? '' }
    : { kind: 'repositories', name: repositoryName };
}

/** A write to AWS belongs to an operation that the ledger says is on its way; that it was accepted before is seen in the end. */
async function checkIntent(run: Run, call: Call): Promise<void> {
  const { kind, name } = resourceOf(call);
  run.touched[kind].add(name);
  const { tables } = run.world.embedded.executor;
  const item = await readDepartmentItem(tables, run.place.department);
  const operations = await Promise.all((item?.head.pendingOperations ?? []).map((id) => readOperation(tables, id)));
  const meaning = operations.filter(
    (operation) =>
      operation?.targets.some((target) =>
        target.kind === 'repository-policies' ? call.operation.endsWith('RepositoryPolicy') : target.name === name,
      ) === true,
  );
  run.intents.push({
    what: `${describe(call)} on ${name}`,
    operations: meaning.flatMap((operation) => operation?.id ?? []),
    auditSeq: item?.head.auditSeq ?? 0,
  });
}

async function noteAccess(run: Run, call: Call): Promise<void> {
  const { kind, name } = resourceOf(call);
  const found = await run.world.observed({
    repositories: kind === 'repositories' ? [name] : [],
    roles: kind === 'roles' ? [name] : [],
  });
  run.aws = {
    repositories: new Map([...run.aws.repositories, ...found.repositories]),
    roles: new Map([...run.aws.roles, ...found.roles]),
  };
  for (const access of accessIn(run, run.aws)) if (!run.seen.has(access)) run.seen.set(access, describe(call));
}

async function noteMeant(run: Run): Promise<void> {
  // Operations are carried out one after the other: a repository that is made before the account access is changed gets what
  // stood until then.
  for (const which of [undefined, 'last-done'] as const)
    for (const access of accessIn(run, await run.world.desired(run.place.department, which))) run.meant.add(access);
}

function accessIn({ world, place }: Run, resources: Resources): ReadonlySet<string> {
  return accessOf(resources, probesOf(place.organisation, place.other), world.embedded.executor.settings);
}

function describe({ number, process, service, operation }: Call): string {
  return `call ${number} (${process}, ${service}:${operation})`;
}

// ---- Afterwards -----------------------------------------------------------------------------------------------------

/** A repeat with the same key gets the first answer, and the same again, and makes nothing new. */
async function repeatAll(run: Run): Promise<void> {
  const { world, place, asked, first } = run;
  const { core } = world.startApi(NO_FAULTS, QUIET());
  const version = async () =>
    (await readDepartmentItem(world.embedded.executor.tables, place.department))?.head.version;
  const before = await version();
  for (const [index, one] of asked.entries()) {
    const key = keyOf(place, index);
    const told = first[index];
    const [once, again] = [await ask(world, core, one, key), await ask(world, core, one, key)];
    if (JSON.stringify(identity(once)) !== JSON.stringify(identity(again)))
      run.violations.push(
        `repeat: ${one.command} was answered ${JSON.stringify(identity(once))}, then ${JSON.stringify(identity(again))}`,
      );
    if (told !== undefined && operationOf(told) !== undefined && operationOf(told) !== operationOf(once))
      run.violations.push(`repeat: ${one.command} was operation ${operationOf(told)} first, then ${operationOf(once)}`);
    const expected = run.scenario.ends?.[index];
    const code = 'code' in once ? once.code : undefined;
    if (run.faults.size === 0 && code !== expected)
      run.violations.push(
        `${one.command} ended with ${code ?? 'success'}${'detail' in once ? ` (${once.detail})` : ''}, not with ${expected ?? 'success'}`,
      );
  }
  if ((await version()) !== before) run.violations.push('repeat: a repeat made a new version');
}

function operationOf(answer: Answer): string | undefined {
  return 'result' in answer ? answer.result.operation?.id : answer.operation;
}

function identity(answer: Answer): unknown {
  if ('code' in answer) return answer;
  const { result } = answer;
  return {
    operation: result.operation?.id,
    status: result.operation?.status,
    entity: result.entity,
    created: result.created,
  };
}

async function check(run: Run): Promise<void> {
  const { world, place, violations } = run;
  const { tables, settings } = world.embedded.executor;
  const desired = await world.desired(place.department);
  await noteMeant(run);
  const names = {
    repositories: new Set([...run.touched.repositories, ...desired.repositories.keys()]),
    roles: new Set([...run.touched.roles, ...desired.roles.keys()]),
  };
  const observed = ownOnly(await world.observed(names), place.department);
  const wanted: Resources = {
    repositories: new Map([...names.repositories].map((name) => [name, desired.repositories.get(name)])),
    roles: new Map([...names.roles].map((name) => [name, desired.roles.get(name)])),
  };
  for (const { action, resource } of planChanges(observed, wanted, settings))
    violations.push(`lost: AWS needs ${action} on ${resource}`);
  for (const [access, where] of run.seen)
    if (!run.meant.has(access)) violations.push(`leaked: ${access}, after ${where}`);
  const events = await chainOf(run);
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
  for (const { what, operations, auditSeq } of run.intents) {
    const isAccepted = events.some(
      ({ outcome, operation, seq }) =>
        outcome === 'accepted' && seq <= auditSeq && operation !== undefined && operations.includes(operation),
    );
    if (!isAccepted) violations.push(`unaudited: ${what} without an accepted operation that means it`);
  }
  if (JSON.stringify([...(await entitiesPending(run))]) !== '[]')
    violations.push('an entity waits for an operation that is over');
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

async function chainOf({ world, place }: Run): Promise<readonly AuditEvent[]> {
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

async function entitiesPending({ world, place }: Run): Promise<readonly unknown[]> {
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
