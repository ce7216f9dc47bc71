import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Department } from '../model/department.ts';
import type { Operation } from '../model/operation.ts';
import type { PresentLife } from '../model/present-life.ts';
import type { ClaimWrite, DepartmentHead, Write } from '../model/state.ts';
import type { Tables } from './client.ts';
import { auditItem } from './audit-items.ts';
import { deadLetterActions, type DeadLetterWrites } from './dead-letters.ts';
import {
  chainKey,
  claimKey,
  departmentPartition,
  DEPARTMENT_SORT_KEY,
  DIRECTORY_PARTITION,
  entityKey,
  leaseKey,
  operationDepartmentKey,
  operationKey,
  type Key,
} from './keys.ts';

type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** A record by which a repeat of a request is known. */
export interface IdempotencyRecord {
  readonly key: Key;
  /** SHA-256 of the request in canonical form. */
  readonly requestDigest: string;
  readonly operation: string;
  /** Whose the operation is. */
  readonly department: string;
  /** The operation's version. */
  readonly version: number;
  /** Epoch seconds; also the table's time to live, which is lazy, so readers compare it themselves. */
  readonly expiresAt: number;
}

/** One DynamoDB transaction on a department: all of it happens, or nothing. */
export interface Transaction {
  readonly department: Department;
  /** The head as it was read; absent for a department that has never been. */
  readonly was?: DepartmentHead;
  readonly becomes: DepartmentHead;
  readonly writes: readonly Write[];
  readonly claims: readonly ClaimWrite[];
  readonly operations: readonly Operation[];
  /** Which of them is new. */
  readonly accepted?: Operation['id'];
  readonly events: readonly AuditEvent[];
  readonly idempotency?: IdempotencyRecord;
  readonly deadLetters?: DeadLetterWrites;
  /** The executor's: commit only while this owner holds the department's lease. */
  readonly leaseOwner?: string;
  readonly now: string;
}

/**
 * Commits a transaction.
 * @returns `conflict` when somebody else was faster: nothing was written, read again and decide again
 */
export async function commit(tables: Tables, transaction: Transaction): Promise<'committed' | 'conflict'> {
  try {
    await tables.documents.send(new TransactWriteCommand({ TransactItems: actionsOf(tables, transaction) }));
    return 'committed';
  } catch (error) {
    if (isConflict(error)) return 'conflict';
    throw error;
  }
}

function actionsOf(tables: Tables, transaction: Transaction): Action[] {
  const { department, writes, claims, operations, accepted, events, idempotency, deadLetters, leaseOwner, now } =
    transaction;
  return [
    headAction(tables, transaction),
    ...(leaseOwner === undefined ? [] : [leaseCheck(tables, department.id, leaseOwner)]),
    ...writes.flatMap((write) => writeActions(tables, write)),
    ...claims.map((claim) => claimAction(tables, claim)),
    ...operations.map((operation) => operationAction(tables, operation)),
    ...(accepted === undefined ? [] : [operationDepartmentAction(tables, accepted, department.id)]),
    ...events.flatMap((event) => eventActions(tables, event)),
    ...(deadLetters === undefined ? [] : deadLetterActions(tables, deadLetters)),
    ...(idempotency === undefined ? [] : [idempotencyAction(tables, idempotency, transaction.becomes.life, now)]),
  ];
}

/** The department's item under the condition of its counters: the point where all mutations of it meet. */
function headAction(tables: Tables, { department, was, becomes }: Transaction): Action {
  const item = {
    pk: departmentPartition(department.id),
    sk: DEPARTMENT_SORT_KEY,
    value: department,
    head: becomes,
    version: becomes.version,
    auditSeq: becomes.auditSeq,
    // A word of its own, because an event filter can't test a list for being empty.
    hasPending: becomes.pendingOperations.length > 0 ? 'yes' : 'no',
  };
  if (was === undefined) {
    return { Put: { TableName: tables.state, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } };
  }
  return {
    Put: {
      TableName: tables.state,
      Item: item,
      ConditionExpression: 'version = :version AND auditSeq = :auditSeq',
      ExpressionAttributeValues: { ':version': was.version, ':auditSeq': was.auditSeq },
    },
  };
}

function leaseCheck(tables: Tables, department: string, owner: string): Action {
  return {
    ConditionCheck: {
      TableName: tables.state,
      Key: leaseKey(department),
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':owner': owner },
    },
  };
}

/** A department's own item is the head's; what remains of it is its place in the directory. */
function writeActions(tables: Tables, { kind, entity }: Write): Action[] {
  const key = entity.type === 'department' ? { pk: DIRECTORY_PARTITION, sk: entity.value.id } : entityKey(entity);
  if (kind === 'delete') return [{ Delete: { TableName: tables.state, Key: key } }];
  const value = entity.type === 'department' ? {} : { value: entity.value };
  return [{ Put: { TableName: tables.state, Item: { ...key, type: entity.type, ...value } } }];
}

function claimAction(tables: Tables, { key, was, becomes }: ClaimWrite): Action {
  const condition =
    was === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#value = :was',
          ExpressionAttributeNames: { '#value': 'value' },
          ExpressionAttributeValues: { ':was': was },
        };
  if (becomes === undefined) return { Delete: { TableName: tables.state, Key: claimKey(key), ...condition } };
  return { Put: { TableName: tables.state, Item: { ...claimKey(key), value: becomes }, ...condition } };
}

/** As text, so that documents are shown as they were written: a map of DynamoDB forgets the order of its members. */
function operationAction(tables: Tables, { attempts, ...operation }: Operation): Action {
  const item = {
    ...operationKey(operation.id),
    operation: JSON.stringify(operation),
    status: operation.status,
    attempts,
  };
  return { Put: { TableName: tables.state, Item: item } };
}

function operationDepartmentAction(tables: Tables, operation: string, department: string): Action {
  return { Put: { TableName: tables.state, Item: { ...operationDepartmentKey(operation), department } } };
}

/** An event is put once and never again: a chain has no two events in one place. The first one also lists its chain. */
export function eventActions(tables: Tables, event: AuditEvent): readonly Action[] {
  const items: Record<string, unknown>[] = [auditItem(event)];
  if (event.seq === 1) items.push({ ...chainKey(event.chain), since: event.time });
  return items.map((Item) => ({
    Put: { TableName: tables.audit, Item, ConditionExpression: 'attribute_not_exists(pk)' },
  }));
}

/** A record takes the place of one that is over, or that is from before the department's present life. */
function idempotencyAction(
  tables: Tables,
  { key, ...record }: IdempotencyRecord,
  life: PresentLife | undefined,
  now: string,
): Action {
  return {
    Put: {
      TableName: tables.state,
      Item: { ...key, ...record },
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now OR #version < :life',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':now': Math.floor(Date.parse(now) / 1000), ':life': life?.version ?? 0 },
    },
  };
}

/** Whether a transaction was cancelled because a condition failed or another transaction was under way. */
export function isConflict(error: unknown): boolean {
  const { name, CancellationReasons: reasons } = error as { name?: string; CancellationReasons?: { Code?: string }[] };
  if (name === 'TransactionInProgressException') return true;
  if (name !== 'TransactionCanceledException' || reasons === undefined) return false;
  const codes = reasons.map((reason) => reason.Code).filter((code) => code !== 'None' && code !== undefined);
  return codes.length > 0 && codes.every((code) => code === 'ConditionalCheckFailed' || code === 'TransactionConflict');
}
