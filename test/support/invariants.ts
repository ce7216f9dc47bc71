import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { findBreak } from '../../src/ledger/chain.ts';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import type { Tables } from '../../src/ledger/client.ts';
import { listDepartmentIds, listRepositories, readDepartment } from '../../src/ledger/read.ts';
import type { EmbeddedAwsHooks, EmbeddedAwsRequest } from '../../src/local/aws/hooks.ts';
import type { Embedded } from '../../src/local/embedded.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { Operation } from '../../src/model/operation.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import { claimsOf } from '../../src/model/settle.ts';
import type { Claim, ClaimKey, DepartmentState, Entity } from '../../src/model/state.ts';
import { planChanges } from '../../src/plan/plan.ts';
import { desiredRepository, desiredRole } from '../../src/plan/render.ts';
import { isOwnedBy, MANAGED_BY, MANAGED_BY_TAG } from '../../src/policy/tags.ts';

/** Everything that the ledger holds. */
export interface WholeLedger {
  readonly departments: readonly (DepartmentState & { readonly repositories: readonly Repository[] })[];
  readonly operations: readonly Operation[];
  readonly claims: readonly Claim[];
  /** Audit chains by name, oldest event first. */
  readonly chains: ReadonlyMap<string, readonly AuditEvent[]>;
}

/** A write that AWS got, in the order of their coming. */
export interface AwsWrite {
  readonly operation: string;
  /** Name of the repository or role. */
  readonly resource: string;
  readonly at: number;
}

/** Writes down what AWS is asked to change; `hooks` is for the embedded AWS. */
export function watchWrites(): { readonly hooks: EmbeddedAwsHooks; readonly writes: AwsWrite[] } {
  const writes: AwsWrite[] = [];
  const before = ({ operation, input }: EmbeddedAwsRequest): void => {
    const { repositoryName, RoleName } = input as { readonly repositoryName?: string; readonly RoleName?: string };
    if (/^(Create|Delete|Set|Put|Update)(Repository|Lifecycle|Image(Tag|Scanning)|Role|AssumeRole)/.test(operation)) {
      writes.push({ operation, resource: repositoryName ?? RoleName ?? '', at: Date.now() });
    }
  };
  return { hooks: { before }, writes };
}

/** Reads the whole ledger, each table by a scan, so that nothing is overlooked that no index leads to. */
export async function readWholeLedger(tables: Tables): Promise<WholeLedger> {
  const state = await scanAll(tables, tables.state);
  const departments: WholeLedger['departments'][number][] = [];
  for (const id of await listDepartmentIds(tables, 1_000)) {
    const { state: department } = await readDepartment(tables, id);
    if (department !== undefined)
      departments.push({ ...department, repositories: await listRepositories(tables, id, 1_000) });
  }
  return {
    departments,
    operations: state
      .filter(({ sk }) => sk === 'OPERATION')
      .map((item) => JSON.parse(String(item['operation'])) as Operation),
    claims: state.filter(({ sk }) => sk === 'CLAIM').map((item) => item['value'] as Claim),
    chains: chainsOf(await scanAll(tables, tables.audit)),
  };
}

/** Reads one chain of the audit trail whole, oldest first. */
export async function readWholeChain(tables: Tables, chain: string): Promise<readonly AuditEvent[]> {
  return chainsOf(await scanAll(tables, tables.audit)).get(chain) ?? [];
}

type Item = Readonly<Record<string, unknown>>;

async function scanAll({ documents }: Tables, table: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

function chainsOf(items: readonly Item[]): ReadonlyMap<string, readonly AuditEvent[]> {
  const events = items
    .filter((item) => item['event'] !== undefined)
    .map((item) => JSON.parse(String(item['event'])) as AuditEvent);
  const chains = new Map<string, AuditEvent[]>();
  for (const event of events.sort((a, b) => a.seq - b.seq))
    chains.set(event.chain, [...(chains.get(event.chain) ?? []), event]);
  return chains;
}

/**
 * Everything that is wrong with a service at rest: what the ledger says is what AWS does, the audit trail is whole and
 * tells of every operation, and nothing was written to AWS that had not been accepted before.
 */
export async function breaches(embedded: Embedded, writes: readonly AwsWrite[] = []): Promise<readonly string[]> {
  const { executor } = embedded;
  const ledger = await readWholeLedger(executor.tables);
  return [
    ...chainBreaches(ledger),
    ...operationBreaches(ledger),
    ...claimBreaches(ledger),
    ...(await repositoryBreaches(embedded, ledger)),
    ...(await roleBreaches(embedded, ledger)),
    ...writeBreaches(ledger, writes),
  ];
}

function chainBreaches({ chains, departments }: WholeLedger): string[] {
  const broken = [...chains].flatMap(([chain, events]) => {
    const found = findBreak(events);
    return found === undefined ? [] : [`chain ${chain}: ${found}`];
  });
  const heads = departments.flatMap(({ department, head }) => {
    const last = chains.get(department.id)?.at(-1);
    return last?.seq === head.auditSeq && last.hash === head.auditHash
      ? []
      : [`chain ${department.id}: its head says ${head.auditSeq}, its last event is ${last?.id}`];
  });
  return [...broken, ...heads];
}

function operationBreaches({ operations, chains, departments }: WholeLedger): string[] {
  const pending = departments.flatMap(({ department, head }) =>
    head.pendingOperations.map((id) => `department ${department.id} still waits for ${id}`),
  );
  const versions = operations.map(({ department, version }) => `${department}/${version}`);
  const twice = versions
    .filter((version, index) => versions.indexOf(version) !== index)
    .map((version) => `two operations have the version ${version}`);
  const told = operations.flatMap(({ id, department, status }) => {
    const events = (chains.get(department) ?? [])
      .filter(({ operation }) => operation === id)
      .map(({ outcome }) => outcome);
    const ends = events.filter((outcome) => outcome === 'succeeded' || outcome === 'failed');
    if (events[0] !== 'accepted' || events.filter((outcome) => outcome === 'accepted').length !== 1)
      return [`${id}: its events are ${events.join(', ')}`];
    if (status === 'pending' || ends.length !== 1 || ends[0] !== status || events.at(-1) !== status)
      return [`${id} is ${status}, its events are ${events.join(', ')}`];
    return [];
  });
  const unknown = [...chains.values()]
    .flat()
    .flatMap(({ operation, id }) =>
      operation === undefined || operations.some((one) => one.id === operation)
        ? []
        : [`${id} tells of ${operation}, which is not in the ledger`],
    );
  return [...pending, ...twice, ...told, ...unknown];
}

function nameOf(key: ClaimKey): string {
  return `${key.kind} ${key.kind === 'role-name' ? key.name.toLowerCase() : key.name}`;
}

function claimBreaches({ departments, claims }: WholeLedger): string[] {
  const held = new Set<string>();
  const unclaimed = departments.flatMap((state) => {
    const entities: readonly Entity[] = [
      { type: 'department', value: state.department },
      ...state.organisations.map((value) => ({ type: 'organisation', value }) as const),
      ...state.roles.map((value) => ({ type: 'push-role', value }) as const),
      ...state.repositories.map((value) => ({ type: 'repository', value }) as const),
    ];
    const waiting = entities
      .filter(({ value }) => value.pending !== undefined)
      .map(({ type }) => `a ${type} of ${state.department.id} still waits`);
    const missing = entities
      .flatMap((entity) => claimsOf(entity))
      .flatMap((key) => {
        held.add(`${nameOf(key)} ${state.department.id}`);
        const claim = claims.find((one) => nameOf(one.key) === nameOf(key));
        return claim?.reservedUntil === undefined && claim?.departments.includes(state.department.id) === true
          ? []
          : [`${state.department.id} has ${nameOf(key)} without a claim`];
      });
    return [...waiting, ...missing];
  });
  const empty = claims
    .filter(({ reservedUntil }) => reservedUntil === undefined)
    .flatMap(({ key, departments: holders }) => holders.map((holder) => `${nameOf(key)} ${holder}`))
    .filter((name) => !held.has(name))
    .map((name) => `the claim of ${name} is of nothing`);
  return [...unclaimed, ...empty];
}

async function repositoryBreaches({ executor }: Embedded, { departments }: WholeLedger): Promise<string[]> {
  const { aws, settings } = executor;
  const wanted = new Map(
    departments.flatMap((state) =>
      state.repositories.map((repository) => [repository.name as string, { repository, state }] as const),
    ),
  );
  const found = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await aws.ecr.send(new DescribeRepositoriesCommand({ nextToken }));
    for (const { repositoryName = '' } of page.repositories ?? []) found.add(repositoryName);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  const breaches: string[] = [];
  for (const name of new Set([...wanted.keys(), ...found])) {
    const observed = await observeRepository(aws, name);
    const one = wanted.get(name);
    if (one === undefined && observed?.tags[MANAGED_BY_TAG] !== MANAGED_BY) continue;
    const desired = one === undefined ? undefined : desiredRepository(one.repository, one.state.access, settings);
    if (one !== undefined && observed !== undefined && !isOwnedBy(observed.tags, one.state.department.id))
      breaches.push(`repository ${name} does not carry the tags of ${one.state.department.id}`);
    breaches.push(...differences('repository', name, { observed, desired }, settings));
  }
  return breaches;
}

async function roleBreaches({ executor }: Embedded, { departments }: WholeLedger): Promise<string[]> {
  const { aws, settings } = executor;
  const wanted = new Map(
    departments.flatMap((state) => state.roles.map((role) => [role.name as string, { role, state }] as const)),
  );
  const { Roles = [] } = await aws.iam.send(new ListRolesCommand({ PathPrefix: settings.rolePath, MaxItems: 1_000 }));
  const breaches: string[] = [];
  for (const name of new Set([...wanted.keys(), ...Roles.map(({ RoleName = '' }) => RoleName)])) {
    const observed = await observeRole(aws, name);
    const one = wanted.get(name);
    const desired =
      one === undefined
        ? undefined
        : desiredRole(one.role, one.state.grants, one.state.organisations, one.state.department, settings);
    if (one !== undefined && observed !== undefined) {
      if (!isOwnedBy(observed.tags, one.state.department.id))
        breaches.push(`role ${name} does not carry the tags of ${one.state.department.id}`);
      if (observed.boundaryArn !== settings.boundaryArn) breaches.push(`role ${name} has no boundary`);
    }
    breaches.push(...differences('role', name, { observed, desired }, settings));
  }
  return breaches;
}

/** In words, what would have to be done for AWS to be what the ledger says. */
function differences(
  kind: 'repository' | 'role',
  name: string,
  sides: {
    readonly observed: Awaited<ReturnType<typeof observeRepository | typeof observeRole>>;
    readonly desired: Awaited<ReturnType<typeof observeRepository | typeof observeRole>>;
  },
  settings: AwsSettings,
): string[] {
  const side = (value: unknown) => ({
    repositories: new Map(),
    roles: new Map(),
    [kind === 'role' ? 'roles' : 'repositories']: new Map([[name, value]]),
  });
  const plan = planChanges(side(sides.observed), side(sides.desired), settings);
  return plan.map(
    ({ action, before, after }) =>
      `${kind} ${name} differs: ${action} would turn ${JSON.stringify(before)} into ${JSON.stringify(after)}`,
  );
}

function writeBreaches({ chains }: WholeLedger, writes: readonly AwsWrite[]): string[] {
  const accepted = [...chains.values()].flat().filter(({ outcome }) => outcome === 'accepted');
  return writes.flatMap(({ operation, resource, at }) => {
    const isMeant = accepted.some(
      ({ time, plan }) =>
        Date.parse(time) <= at &&
        (plan ?? []).some(
          (change) =>
            change.resource === resource || (change.resource === '*' && operation.endsWith('RepositoryPolicy')),
        ),
    );
    return isMeant ? [] : [`AWS got ${operation} on ${resource} without an event that accepted it`];
  });
}
