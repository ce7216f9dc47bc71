/** The ledger on the embedded DynamoDB: what one transaction promises, and what two at once cannot do. */
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import t, { type Test } from 'tap';
import { EMPTY_CHAIN, findBreak, link } from '../../src/ledger/chain.ts';
import { auditHead } from '../../src/ledger/head.ts';
import { appendToChain, readChainHead } from '../../src/ledger/append.ts';
import { connectTables, type Tables } from '../../src/ledger/client.ts';
import { commit, isConflict, type Transaction } from '../../src/ledger/commit.ts';
import { auditSortKey, claimKey, entityKey, idempotencyKey } from '../../src/ledger/keys.ts';
import { releaseLease, takeLease } from '../../src/ledger/lease.ts';
import {
  listDepartmentIds,
  listRepositories,
  NEW_HEAD,
  readClaim,
  readDepartment,
  readOperation,
} from '../../src/ledger/read.ts';
import { ensureTables } from '../../src/ledger/tables.ts';
import { startLocalDynamoDb } from '../../src/local/dynamodb.ts';
import type { AuditRecord } from '../../src/model/audit-event.ts';
import type { Department } from '../../src/model/department.ts';
import type { RoleName } from '../../src/model/names.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import type { Operation } from '../../src/model/operation.ts';
import type { Repository } from '../../src/model/repository.ts';
import { take } from '../../src/model/settle.ts';
import type { ClaimKey, DepartmentHead } from '../../src/model/state.ts';
import { readWholeChain } from '../support/invariants.ts';

async function startLedger(t: Test): Promise<Tables> {
  const dynamoDb = await startLocalDynamoDb(undefined);
  const tables = connectTables({
    state: 'state',
    audit: 'audit',
    region: 'eu-west-1',
    endpoint: dynamoDb.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  t.teardown(async () => {
    tables.documents.destroy();
    await dynamoDb.close();
  });
  await ensureTables(tables);
  return tables;
}

const NOW = '2026-01-01T00:00:00.000Z';
const RECORD: AuditRecord = { time: NOW, action: 'createRepository', outcome: 'accepted' };
const KEY: ClaimKey = { kind: 'repository-name', name: 'app' };

function department(id: string): Department {
  return {
    id: id as DepartmentId,
    displayName: id,
    roleName: `${id}-role` as RoleName,
    managers: [],
    selfService: false,
    createdAt: NOW,
    updatedAt: NOW,
    revision: 1,
  };
}

function repository(id: string, name: string): Repository {
  return { name, department: id, revision: 1 } as unknown as Repository;
}

/** A transaction that makes a repository, as a mutation would decide it on this head. */
function making(
  id: string,
  name: string,
  was: DepartmentHead | undefined,
  more: Partial<Transaction> = {},
): Transaction {
  const head = was ?? NEW_HEAD;
  const events = link(id, { seq: head.auditSeq, hash: head.auditHash }, [RECORD]);
  return {
    department: department(id),
    ...(was === undefined ? {} : { was }),
    becomes: { ...head, version: head.version + 1, ...auditHead(head, events) },
    writes: [
      { kind: 'put', entity: { type: 'department', value: department(id) } },
      { kind: 'put', entity: { type: 'repository', value: repository(id, name) } },
    ],
    claims: [],
    operations: [{ id: `op-${id}-${name}`, department: id, status: 'succeeded', attempts: 0 } as unknown as Operation],
    events,
    now: NOW,
    ...more,
  };
}

t.test(
  'of transactions that were decided on the same head one is committed, and of the others nothing is seen',
  async (t) => {
    const tables = await startLedger(t);
    t.equal(await commit(tables, making('koa', 'first', undefined)), 'committed');
    t.equal(await commit(tables, making('koa', 'again', undefined)), 'conflict', 'a department begins once');
    const { head } = await readDepartment(tables, 'koa');
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => commit(tables, making('koa', `app-${index}`, head))),
    );
    t.equal(results.filter((result) => result === 'committed').length, 1);
    const names = (await listRepositories(tables, 'koa' as DepartmentId, 100)).map(({ name }) => name as string);
    const winner = `app-${results.indexOf('committed')}`;
    t.strictSame(names, [winner, 'first'].sort());
    t.equal(await readOperation(tables, 'op-koa-app-99'), undefined);
    const events = await readWholeChain(tables, 'koa');
    t.equal(events.length, 2);
    t.equal(findBreak(events), undefined);
    t.strictSame(await listDepartmentIds(tables, 10), ['koa']);
  },
);

t.test('a change of one counter alone is enough to conflict', async (t) => {
  const tables = await startLedger(t);
  await commit(tables, making('koa', 'first', undefined));
  const { head } = await readDepartment(tables, 'koa');
  if (head === undefined) throw new Error('The department is not there.');
  t.equal(
    await commit(tables, making('koa', 'x', { ...head, version: head.version - 1 })),
    'conflict',
    'another version',
  );
  t.equal(
    await commit(tables, making('koa', 'x', { ...head, auditSeq: head.auditSeq + 1 })),
    'conflict',
    'another event',
  );
  t.equal(await commit(tables, making('koa', 'x', head)), 'committed');
});

t.test('an event is never written over, not even by a writer whose head is wrong', async (t) => {
  const tables = await startLedger(t);
  await commit(tables, making('koa', 'first', undefined));
  const { head } = await readDepartment(tables, 'koa');
  const forged = link('koa', EMPTY_CHAIN, [{ ...RECORD, action: 'forged' }]);
  t.equal(await commit(tables, making('koa', 'x', head, { events: forged })), 'conflict');
  t.match(await readWholeChain(tables, 'koa'), [{ action: 'createRepository' }]);
  t.equal((await readDepartment(tables, 'koa')).head?.version, head?.version, 'and nothing else of it was written');
});

t.test('a name in the account is claimed by one of two departments, whose heads do not meet', async (t) => {
  const tables = await startLedger(t);
  const claiming = (id: string, was?: DepartmentHead): Transaction =>
    making(id, 'app', was, { claims: [{ key: KEY, becomes: take(undefined, KEY, id as DepartmentId) }] });
  const results = await Promise.all(['koa', 'pol', 'idp', 'xyz'].map((id) => commit(tables, claiming(id))));
  t.equal(results.filter((result) => result === 'committed').length, 1);
  const claim = await readClaim(tables, KEY);
  t.equal(claim?.departments.length, 1);
  const holder = claim?.departments[0] as DepartmentId;
  const { head } = await readDepartment(tables, holder);
  const stale = { ...claim, reservedUntil: NOW } as typeof claim & object;
  t.equal(
    await commit(tables, making(holder, 'y', head, { claims: [{ key: KEY, was: stale }] })),
    'conflict',
    'a claim that changed meanwhile is not let go',
  );
  t.equal(
    await commit(
      tables,
      making(holder, 'y', head, { claims: [{ key: KEY, ...(claim === undefined ? {} : { was: claim }) }] }),
    ),
    'committed',
  );
  t.equal(await readClaim(tables, KEY), undefined);
});

t.test('the executor commits only while it holds the lease', async (t) => {
  const tables = await startLedger(t);
  await commit(tables, making('koa', 'first', undefined));
  const { head } = await readDepartment(tables, 'koa');
  const koa = 'koa' as DepartmentId;
  t.equal(await commit(tables, making('koa', 'x', head, { leaseOwner: 'me' })), 'conflict', 'there is no lease');
  t.equal(await takeLease(tables, koa, 'me', 1_000, 2_000), true);
  t.equal(await takeLease(tables, koa, 'you', 2_000, 3_000), false, 'it holds to the last millisecond');
  t.equal(await releaseLease(tables, koa, 'you'), false);
  t.equal(await takeLease(tables, koa, 'you', 2_001, 3_000), true, 'after that another may have it');
  t.equal(
    await commit(tables, making('koa', 'x', head, { leaseOwner: 'me' })),
    'conflict',
    'who lost it commits nothing',
  );
  t.equal(await commit(tables, making('koa', 'x', head, { leaseOwner: 'you' })), 'committed');
  t.equal(await releaseLease(tables, koa, 'you'), true);
  t.strictSame(
    (
      await Promise.all(
        Array.from({ length: 6 }, (_, index) => takeLease(tables, koa, `runner-${index}`, 5_000, 6_000)),
      )
    ).filter(Boolean),
    [true],
    'of many one has it',
  );
});

t.test('an idempotency record is written once, until it has expired', async (t) => {
  const tables = await startLedger(t);
  const seconds = Date.parse(NOW) / 1000;
  const idempotency = {
    key: idempotencyKey('1', 'createRepository', 'digest'),
    requestDigest: 'a',
    operation: 'op-1',
    department: 'koa',
    version: 1,
    expiresAt: seconds + 10,
  };
  t.equal(await commit(tables, making('koa', 'a', undefined, { idempotency })), 'committed');
  t.equal(
    await commit(tables, making('pol', 'b', undefined, { idempotency: { ...idempotency, operation: 'op-2' } })),
    'conflict',
  );
  const later = new Date((seconds + 11) * 1000).toISOString();
  t.equal(
    await commit(
      tables,
      making('pol', 'b', undefined, { now: later, idempotency: { ...idempotency, operation: 'op-2' } }),
    ),
    'committed',
    'DynamoDB deletes lazily, so the time itself is compared',
  );
  t.not(idempotencyKey('1', 'createRepository', 'x').pk, idempotencyKey('11', 'createRepository', 'x').pk);
});

t.test('many refusals at once make one whole chain', async (t) => {
  const tables = await startLedger(t);
  const append = async (detail: string): Promise<void> => {
    while (
      !(await appendToChain(tables, 'koa.refusals', {
        ...RECORD,
        outcome: 'denied',
        reason: { code: 'forbidden', detail },
      }))
    );
  };
  await Promise.all(Array.from({ length: 12 }, (_, index) => append(String(index))));
  const events = await readWholeChain(tables, 'koa.refusals');
  t.equal(findBreak(events), undefined);
  t.strictSame(
    events.map(({ reason }) => Number(reason?.detail)).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, index) => index),
  );
  t.match(await readChainHead(tables, 'koa.refusals'), { seq: 12, hash: events.at(-1)?.hash });
  await tables.documents.send(
    new DeleteCommand({ TableName: tables.state, Key: { pk: 'CHAIN#koa.refusals', sk: 'HEAD' } }),
  );
  t.equal(
    await appendToChain(tables, 'koa.refusals', RECORD),
    false,
    'a head that got lost does not begin the chain again over what is there',
  );
  const { Item } = await tables.documents.send(
    new GetCommand({ TableName: tables.audit, Key: { pk: 'koa.refusals', sk: auditSortKey(1) } }),
  );
  t.match(JSON.parse(String(Item?.['event'])), { outcome: 'denied' });
});

t.test('keys: what is the same in any case is one, what is not stays apart', (t) => {
  const roleKey = (name: string) => claimKey({ kind: 'role-name', name });
  t.strictSame(roleKey('Koa-Role'), roleKey('kOA-role'));
  t.notSame(claimKey({ kind: 'repository-name', name: 'a' }), claimKey({ kind: 'namespace', name: 'a' }));
  const organisation = (login: string) =>
    entityKey({ type: 'organisation', value: { department: 'koa', login } as never });
  t.strictSame(organisation('JPPOL-KOA'), organisation('jppol-koa'));
  t.ok(auditSortKey(9) < auditSortKey(10) && auditSortKey(99_999) < auditSortKey(100_000), 'numbers sort as numbers');
  t.end();
});

t.test('only a lost race is a conflict: every other error is told', (t) => {
  const cancelled = (...codes: readonly string[]) => ({
    name: 'TransactionCanceledException',
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
  t.ok(isConflict(cancelled('None', 'ConditionalCheckFailed')));
  t.ok(isConflict(cancelled('TransactionConflict')));
  t.ok(isConflict({ name: 'TransactionInProgressException' }));
  t.notOk(isConflict(cancelled('None', 'ValidationError')));
  t.notOk(isConflict(cancelled('ConditionalCheckFailed', 'ItemCollectionSizeLimitExceeded')));
  t.notOk(isConflict(cancelled('None')));
  t.notOk(isConflict({ name: 'ProvisionedThroughputExceededException' }));
  t.notOk(isConflict(new Error('x')));
  t.end();
});
