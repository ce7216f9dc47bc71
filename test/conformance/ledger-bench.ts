import { DeleteTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { setTimeout as pause } from 'node:timers/promises';
import { link } from '../../src/ledger/chain.ts';
import { connectTables, type Tables } from '../../src/ledger/client.ts';
import { type Transaction } from '../../src/ledger/commit.ts';
import { NEW_HEAD } from '../../src/ledger/read.ts';
import { ensureTables } from '../../src/ledger/tables.ts';
import type { AuditRecord } from '../../src/model/audit-event.ts';
import type { Department } from '../../src/model/department.ts';
import type { RoleName } from '../../src/model/names.ts';
import type { DepartmentId, OperationId } from '../../src/model/ids.ts';
import type { Operation } from '../../src/model/operation.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { DepartmentHead } from '../../src/model/state.ts';
import type { Target } from './target.ts';

/** What the ledger's checks stand at: tables of their own, and department ids that no other check has. */
export interface LedgerBench {
  readonly tables: Tables;
  readonly region: string;
  readonly dynamoDb: NonNullable<Target['dynamoDb']>;
  readonly department: () => DepartmentId;
  readonly close: () => Promise<void>;
}

export const NOW = '2026-11-24T12:00:00.000Z';

/** Makes both tables as the embedded default does, under names of this run. */
export async function openLedgerBench(dynamoDb: NonNullable<Target['dynamoDb']>, region: string): Promise<LedgerBench> {
  const prefix = `ecp-conformance-${Date.now().toString(36)}`;
  const tables = connectTables({ state: `${prefix}-state`, audit: `${prefix}-audit`, region, ...dynamoDb });
  await ensureTables(tables);
  await ensureTables(tables);
  const names = [tables.state, tables.audit];
  for (const TableName of names) await active(tables, TableName);
  let made = 0;
  return {
    tables,
    region,
    dynamoDb,
    department: () => `department${(made += 1)}` as DepartmentId,
    close: async () => {
      for (const TableName of names) await tables.documents.send(new DeleteTableCommand({ TableName }));
      tables.documents.destroy();
    },
  };
}

async function active({ documents }: Tables, TableName: string): Promise<void> {
  for (;;) {
    const { Table } = await documents.send(new DescribeTableCommand({ TableName }));
    const states = [Table?.TableStatus, ...(Table?.GlobalSecondaryIndexes ?? []).map((index) => index.IndexStatus)];
    if (states.every((state) => state === 'ACTIVE' || state === undefined)) return;
    await pause(1_000);
  }
}

/** A department to write. */
export function departmentOf(id: DepartmentId): Department {
  return {
    id,
    displayName: id,
    roleName: `github-access-${id}` as RoleName,
    managers: [],
    selfService: false,
    createdAt: NOW,
    updatedAt: NOW,
    revision: 1,
  };
}

/** A repository of a department to write. */
export function repositoryOf(department: DepartmentId, name: string): Repository {
  return {
    name: name as Repository['name'],
    department,
    imageTagMutability: 'IMMUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: true,
    encryption: { encryptionType: 'AES256' },
    createdBy: { repositoryId: '42' as never, repository: 'acme/app' },
    createdAt: NOW,
    updatedAt: NOW,
    revision: 1,
  };
}

/** An operation to write, with documents whose members stand in an order of their own. */
export function operationOf(department: DepartmentId, id: string): Operation {
  return {
    id: id as OperationId,
    department,
    version: 1,
    command: 'createRepository',
    subject: { type: 'repository', id: 'app' },
    status: 'pending',
    plan: [
      {
        action: 'ecr:CreateRepository',
        resource: 'app',
        direction: 'prerequisite',
        before: null,
        after: { z: 1, a: 'æ', nested: { y: null, b: [1.5, ''] } },
      },
    ],
    targets: [{ kind: 'repository', name: 'app', fresh: true }],
    completed: 0,
    total: 1,
    attempts: 0,
    answer: { entityName: 'repository', entity: null, created: true },
    requestId: 'request-1',
    callerRepositoryId: '42',
    createdAt: NOW,
  };
}

/** The next transaction on a department: its version and its chain one further, with one audit event. */
export function nextTransaction(
  id: DepartmentId,
  was: DepartmentHead | undefined,
  more: Partial<Transaction> & { readonly pending?: readonly string[]; readonly records?: number } = {},
): Transaction {
  const { pending = [], records = 1, ...rest } = more;
  const before = was ?? NEW_HEAD;
  const record: AuditRecord = { time: NOW, department: id, action: 'createRepository', outcome: 'accepted' };
  const events = link(
    id,
    { seq: before.auditSeq, hash: before.auditHash },
    Array.from({ length: records }, () => record),
  );
  const last = events.at(-1);
  const becomes: DepartmentHead = {
    version: before.version + 1,
    auditSeq: last?.seq ?? before.auditSeq,
    auditHash: last?.hash ?? before.auditHash,
    pendingOperations: pending as readonly OperationId[],
    deleted: false,
  };
  return {
    department: departmentOf(id),
    ...(was === undefined ? {} : { was }),
    becomes,
    writes: [],
    claims: [],
    operations: [],
    events,
    now: NOW,
    ...rest,
  };
}
