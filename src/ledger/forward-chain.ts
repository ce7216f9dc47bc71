import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { SNAPSHOT_ACTION, type AuditEvent, type AuditRecord } from '../model/audit-event.ts';
import type { DepartmentId } from '../model/ids.ts';
import type { DepartmentHead } from '../model/state.ts';
import { readChainHead } from './append.ts';
import { EMPTY_CHAIN, isRefusalChain, link, PLATFORM_CHAIN } from './chain.ts';
import type { Tables } from './client.ts';
import { eventActions } from './commit.ts';
import { auditHead } from './head.ts';
import { auditSortKey, chainHeadKey, departmentPartition, DEPARTMENT_SORT_KEY } from './keys.ts';
import { queryAll } from './pages.ts';
import { eventOf, listChains } from './read-audit.ts';
import { getItem, NEW_HEAD, readDepartmentItem } from './read.ts';

/** Moves the counters of a department to the end of its chain. @returns the events that it did not know */
export async function forwardChain(tables: Tables, department: DepartmentId): Promise<readonly AuditEvent[]> {
  const key = { pk: departmentPartition(department), sk: DEPARTMENT_SORT_KEY };
  const item = await getItem(tables, key);
  if (item === undefined) return [];
  const head = item['head'] as DepartmentHead;
  const since = await eventsAfter(tables, department, head.auditSeq);
  if (since.length === 0) return [];
  // A version is never given twice either.
  const version = Math.max(head.version, ...since.map((event) => event.version ?? 0));
  // What the chain told since is not what this state says: a snapshot has to.
  const { toldFrom: _told, ...rest } = head;
  const becomes: DepartmentHead = { ...rest, ...auditHead(head, since), version };
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
export async function forwardOtherChains(tables: Tables, now: Date): Promise<readonly Forwarded[]> {
  const forwarded: Forwarded[] = [];
  for (const chain of await listChains(tables)) {
    const own = chain === PLATFORM_CHAIN || isRefusalChain(chain);
    if (!own && (await readDepartmentItem(tables, chain)) !== undefined) continue;
    const head = own ? await readChainHead(tables, chain) : EMPTY_CHAIN;
    const since = await eventsAfter(tables, chain, head.seq);
    const last = since.at(-1);
    if (last === undefined) continue;
    const { seq, hash, time } = last;
    const told = own ? [] : link(chain, last, [nothingLeft(chain, now)]);
    const Item = own ? { ...chainHeadKey(chain), seq, hash, time } : countersOf(chain, [...since, ...told]);
    const condition =
      head.seq === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : { ConditionExpression: 'seq = :seq', ExpressionAttributeValues: { ':seq': head.seq } };
    await tables.documents.send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName: tables.state, Item, ...condition } },
          ...told.flatMap((event) => eventActions(tables, event)),
        ],
      }),
    );
    forwarded.push({ chain, since, lostDepartment: !own });
  }
  return forwarded;
}

/** Of a department that the restored state does not have, the chain says that nothing is left. */
function nothingLeft(department: string, now: Date): AuditRecord {
  const snapshot = { part: 1, isLast: true };
  return { time: now.toISOString(), department, action: SNAPSHOT_ACTION, outcome: 'succeeded', snapshot };
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
