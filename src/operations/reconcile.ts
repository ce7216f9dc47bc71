import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { applyChange } from '../aws/apply.ts';
import { observeRepository, observeRole } from '../aws/observe.ts';
import { EMPTY_CHAIN, isRefusalChain, link, PLATFORM_CHAIN } from '../audit/chain.ts';
import { auditHead, chainHeadOf } from '../audit/head.ts';
import { guardPlan } from '../executor/guard.ts';
import { beginRun, type ExecutorParts, type Run } from '../executor/parts.ts';
import { commit } from '../ledger/commit.ts';
import { readChainHead } from '../ledger/append.ts';
import { auditSortKey, chainHeadKey, departmentPartition, DEPARTMENT_SORT_KEY } from '../ledger/keys.ts';
import { readExports, releaseRun } from '../ledger/export-state.ts';
import { releaseLease, takeLease } from '../ledger/lease.ts';
import { queryAll } from '../ledger/pages.ts';
import { eventOf, listChains } from '../ledger/read-audit.ts';
import { getItem, listRepositories, NEW_HEAD, readDepartment, readDepartmentItem } from '../ledger/read.ts';
import type { Tables } from '../ledger/client.ts';
import type { AuditEvent, AuditRecord, AwsCall } from '../model/audit-event.ts';
import type { DepartmentId } from '../model/ids.ts';
import { isWanted } from '../model/pending.ts';
import type { Plan } from '../model/plan.ts';
import type { DepartmentHead, DepartmentState } from '../model/state.ts';
import { planChanges } from '../plan/plan.ts';
import { desiredRepository, desiredRole } from '../plan/render.ts';
import type { Resources } from '../plan/resources.ts';

/** What became of a department whose state was restored. */
export interface Reconciled {
  readonly department: DepartmentId;
  /** Events of its audit chain that the restored state does not know: what was done after the moment that was restored. */
  readonly since: readonly AuditEvent[];
  /** What stands in AWS otherwise than the state says, and what brings it there. */
  readonly changes: Plan;
  /** Operations that are pending in the state; the executor finishes them, so nothing was compared. */
  readonly pending: readonly string[];
}

/**
 * Brings a department whose state was restored back to its audit chain, and AWS back to the state.
 *
 * The chain is ahead of a restored state, and an event is never put twice: so the state's counters go to where the chain
 * really ends. Then each repository and role is looked at and compared, under the department's lease and through the same
 * guards as an operation.
 *
 * @param apply whether to carry the changes out; with an audit event of their own
 */
export async function reconcile(parts: ExecutorParts, department: DepartmentId, apply: boolean): Promise<Reconciled> {
  const owner = parts.newId();
  await takeLeaseInTurn(parts, department, owner);
  const run = beginRun(owner, parts, parts.monotonic());
  try {
    const since = await forwardChain(parts.tables, department);
    const { head, state } = await readDepartment(parts.tables, department);
    const pending = head?.pendingOperations ?? [];
    if (state === undefined || pending.length > 0) return { department, since, changes: [], pending };
    const changes = await compareWithAws(parts, state);
    if (apply && changes.length > 0) await carryOut(parts, run, state, changes);
    return { department, since, changes, pending };
  } finally {
    await releaseLease(parts.tables, department, owner);
  }
}

/** How often, and how many milliseconds apart, the lease is asked for: the executor may just be giving it back. */
const LEASE_TRIES = 20;
const LEASE_PAUSE = 250;

async function takeLeaseInTurn(parts: ExecutorParts, department: DepartmentId, owner: string): Promise<void> {
  for (let attempt = 1; attempt <= LEASE_TRIES; attempt++) {
    const now = parts.now().getTime();
    if (await takeLease(parts.tables, department, owner, now, now + parts.limits.lease)) return;
    await parts.pause(LEASE_PAUSE);
  }
  throw new Error(`The executor is at work for ${department}. Try again in a minute.`);
}

/** Moves the counters of a department to the end of its chain. @returns the events that it did not know */
async function forwardChain(tables: Tables, department: DepartmentId): Promise<readonly AuditEvent[]> {
  const key = { pk: departmentPartition(department), sk: DEPARTMENT_SORT_KEY };
  const item = await getItem(tables, key);
  if (item === undefined) return [];
  const head = item['head'] as DepartmentHead;
  const since = await eventsAfter(tables, department, head.auditSeq);
  if (since.length === 0) return [];
  // A version is never given twice either.
  const version = Math.max(head.version, ...since.map((event) => event.version ?? 0));
  const becomes: DepartmentHead = { ...head, ...auditHead(head, since), version };
  await tables.documents.send(
    new PutCommand({
      TableName: tables.state,
      Item: { ...item, head: becomes, version, auditSeq: becomes.auditSeq },
      ConditionExpression: 'auditSeq = :auditSeq AND version = :version',
      ExpressionAttributeValues: { ':auditSeq': head.auditSeq, ':version': head.version },
    }),
  );
  return since;
}

/** A chain whose events the restored state did not know. */
export interface Forwarded {
  readonly chain: string;
  readonly since: readonly AuditEvent[];
  /** The chain is of a department that the restored state does not have: it was made after the moment that was restored. */
  readonly lostDepartment: boolean;
}

/**
 * Moves the counters of all chains that are no department's own, and of departments that the restored state does not know, to
 * where the chains really end. A department that is not there keeps its counters as a deleted one does, so that it can be made
 * again and its chain goes on.
 */
export async function forwardOtherChains(tables: Tables): Promise<readonly Forwarded[]> {
  const forwarded: Forwarded[] = [];
  for (const chain of await listChains(tables)) {
    const own = chain === PLATFORM_CHAIN || isRefusalChain(chain);
    if (!own && (await readDepartmentItem(tables, chain)) !== undefined) continue;
    const head = own ? await readChainHead(tables, chain) : EMPTY_CHAIN;
    const since = await eventsAfter(tables, chain, head.seq);
    const last = since.at(-1);
    if (last === undefined) continue;
    const { seq, hash, time } = last;
    const Item = own ? { ...chainHeadKey(chain), seq, hash, time } : countersOf(chain, since);
    await tables.documents.send(
      new PutCommand({
        TableName: tables.state,
        Item,
        ConditionExpression: head.seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :seq',
        ...(head.seq === 0 ? {} : { ExpressionAttributeValues: { ':seq': head.seq } }),
      }),
    );
    forwarded.push({ chain, since, lostDepartment: !own });
  }
  return forwarded;
}

/** Where the bulk export stands after a restore. */
export interface ReconciledExport {
  /** Number of the last export that ended; 0 when there was none. */
  readonly last: number;
  /** An export that began after it and did not end. */
  readonly begun?: number;
  /** When the run began that the restored state still knew, if it was let go of. */
  readonly released?: string;
}

/**
 * Brings the bulk export back after a restore: what was exported is in the platform's chain, so that only a run that the restored
 * state remembers, and that is over, has to be let go of.
 */
export async function reconcileExport(tables: Tables, now: Date): Promise<ReconciledExport> {
  const released = await releaseRun(tables, now);
  const { last, begun } = await readExports(tables);
  return {
    last: last.number,
    ...(begun === undefined ? {} : { begun: begun.number }),
    ...(released === undefined ? {} : { released }),
  };
}

/** What a deleted department leaves: its counters. */
function countersOf(department: string, events: readonly AuditEvent[]) {
  const version = Math.max(0, ...events.map((event) => event.version ?? 0));
  const head: DepartmentHead = { ...NEW_HEAD, ...auditHead(NEW_HEAD, events), version, deleted: true };
  const key = { pk: departmentPartition(department), sk: DEPARTMENT_SORT_KEY };
  return { ...key, value: { id: department }, head, version, auditSeq: head.auditSeq, hasPending: 'no' };
}

async function eventsAfter(tables: Tables, chain: string, seq: number): Promise<readonly AuditEvent[]> {
  const items = await queryAll(tables, {
    TableName: tables.audit,
    KeyConditionExpression: 'pk = :chain AND sk > :after',
    ExpressionAttributeValues: { ':chain': chain, ':after': auditSortKey(seq) },
    ConsistentRead: true,
  });
  return items.map((item) => eventOf(String(item['event'])));
}

/**
 * What stands in AWS otherwise than a department's state says, as the changes that would bring it there.
 * @throws UnsafePlan when something stands there that is not the department's
 */
export async function compareWithAws(parts: ExecutorParts, state: DepartmentState): Promise<Plan> {
  return (await Promise.all([comparedRoles(parts, state), comparedRepositories(parts, state)])).flat();
}

async function comparedRoles(parts: ExecutorParts, state: DepartmentState): Promise<Plan> {
  const plans = state.roles.filter(isWanted).map(async (role) => {
    const organisations = state.organisations.filter(isWanted);
    const desired = desiredRole(role, state.grants, organisations, state.department, parts.settings);
    return guarded(parts, state, {
      observed: { repositories: new Map(), roles: new Map([[role.name, await observeRole(parts.aws, role.name)]]) },
      desired: { repositories: new Map(), roles: new Map([[role.name, desired]]) },
    });
  });
  return (await Promise.all(plans)).flat();
}

async function comparedRepositories(parts: ExecutorParts, state: DepartmentState): Promise<Plan> {
  const plan: Plan[number][] = [];
  let after: string | undefined;
  for (;;) {
    const page = await listRepositories(parts.tables, state.department.id, 25, after);
    for (const repository of page.filter(isWanted)) {
      const desired = desiredRepository(repository, state.access, parts.settings);
      plan.push(
        ...guarded(parts, state, {
          observed: {
            repositories: new Map([[repository.name, await observeRepository(parts.aws, repository.name)]]),
            roles: new Map(),
          },
          desired: { repositories: new Map([[repository.name, desired]]), roles: new Map() },
        }),
      );
    }
    if (page.length < 25) return plan;
    after = page.at(-1)?.name;
  }
}

/** The changes between what stands and what is to stand, which no guard holds back. Nothing is ever deleted here. */
function guarded(
  parts: ExecutorParts,
  state: DepartmentState,
  comparison: { readonly observed: Resources; readonly desired: Resources },
): Plan {
  const plan = planChanges(comparison.observed, comparison.desired, parts.settings);
  guardPlan(plan, { state, comparison, settings: parts.settings, forced: new Set(), maxDeletions: 0 });
  return plan;
}

/** Intent before effect: the plan is recorded in the department's chain, then applied, then what came of it is recorded. */
async function carryOut(parts: ExecutorParts, run: Run, state: DepartmentState, changes: Plan): Promise<void> {
  await record(parts, run, state, { outcome: 'accepted', plan: changes });
  const awsCalls: AwsCall[] = [];
  let outcome: 'succeeded' | 'failed' = 'failed';
  try {
    for (const change of changes) {
      run.checkTime();
      awsCalls.push(await applyChange(parts.aws, change, { force: false }));
    }
    outcome = 'succeeded';
  } finally {
    await record(parts, run, state, { outcome, awsCalls: awsCalls.slice(-100) });
  }
}

type What = Pick<AuditRecord, 'outcome' | 'plan' | 'awsCalls'>;

async function record({ tables, now }: ExecutorParts, run: Run, state: DepartmentState, what: What): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const { head } = await readDepartment(tables, state.department.id);
    if (head === undefined) throw new Error(`Department ${state.department.id} is gone.`);
    const time = now().toISOString();
    const events = link(state.department.id, chainHeadOf(head), [
      { time, department: state.department.id, action: 'reconcileDepartment', ...what },
    ]);
    const committed = await commit(tables, {
      department: state.department,
      was: head,
      becomes: { ...head, ...auditHead(head, events) },
      writes: [],
      claims: [],
      operations: [],
      events,
      leaseOwner: run.owner,
      now: time,
    });
    if (committed === 'committed') return;
  }
  throw new Error(`What is done for ${state.department.id} could not be recorded.`);
}
