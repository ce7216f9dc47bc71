import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { appendToChain, readChainHead } from '../../src/ledger/append.ts';
import { commit } from '../../src/ledger/commit.ts';
import { idempotencyKey } from '../../src/ledger/keys.ts';
import { releaseLease, takeLease } from '../../src/ledger/lease.ts';
import { withAccountQuotas, writeQuotas } from '../../src/ledger/quotas.ts';
import { readChainHeads, readRun, listChains } from '../../src/ledger/read-audit.ts';
import {
  countRepositories,
  getItem,
  listDepartmentIds,
  listRepositories,
  readClaim,
  readDepartment,
  readOperation,
  readRepository,
} from '../../src/ledger/read.ts';
import type { Claim, Write } from '../../src/model/state.ts';
import { deepEqual, equal, fail, ok } from './changes.ts';
import type { Check } from './check.ts';
import { departmentOf, nextTransaction, NOW, operationOf, repositoryOf, type LedgerBench } from './ledger-bench.ts';

async function committed(bench: LedgerBench, transaction: Parameters<typeof commit>[1]): Promise<void> {
  equal(await commit(bench.tables, transaction), 'committed');
}

/** A transaction that must not happen, and of which nothing may be seen afterwards. */
async function conflicts(bench: LedgerBench, transaction: Parameters<typeof commit>[1]): Promise<void> {
  const { id } = transaction.department;
  const before = await readDepartment(bench.tables, id);
  equal(await commit(bench.tables, transaction), 'conflict');
  deepEqual(await readDepartment(bench.tables, id), before, 'nothing was written');
}

function claimOf(name: string, department: string): Claim {
  return { key: { kind: 'repository-name', name }, departments: [department] as never, shared: false };
}

/** What the ledger relies on in DynamoDB's transactions, conditions and reads. */
export const LEDGER_CHECKS: readonly Check<LedgerBench>[] = [
  {
    id: 'ledger/commit',
    promise: 'a transaction writes the department, its entities, claims, operation and events; all are read at once',
    run: async (bench) => {
      const id = bench.department();
      const repository = repositoryOf(id, `${id}/app`);
      const operation = operationOf(id, `op-${id}`);
      const claim = claimOf(repository.name, id);
      const writes: Write[] = [
        { kind: 'put', entity: { type: 'department', value: departmentOf(id) } },
        { kind: 'put', entity: { type: 'repository', value: repository } },
      ];
      const first = nextTransaction(id, undefined, {
        writes,
        claims: [{ key: claim.key, becomes: claim }],
        operations: [operation],
        pending: [operation.id],
      });
      await committed(bench, first);
      const { head, state } = await readDepartment(bench.tables, id);
      deepEqual(head, first.becomes);
      deepEqual(state?.department, departmentOf(id));
      deepEqual(await readRepository(bench.tables, repository.name), repository);
      const readBack = await readOperation(bench.tables, operation.id);
      equal(
        JSON.stringify(readBack?.plan),
        JSON.stringify(operation.plan),
        'documents keep the order of their members',
      );
      const [event] = await readRun(bench.tables, { chain: id, after: 0, last: 9 });
      deepEqual(JSON.parse(event ?? 'null'), first.events[0]);
      ok((await listChains(bench.tables)).includes(id));
    },
  },
  {
    id: 'ledger/commit/versions',
    promise: 'a transaction on what somebody else changed meanwhile is a conflict, and nothing of it is written',
    run: async (bench) => {
      const id = bench.department();
      const first = nextTransaction(id, undefined);
      await committed(bench, first);
      await conflicts(bench, nextTransaction(id, undefined));
      const second = nextTransaction(id, first.becomes);
      await committed(bench, second);
      await conflicts(bench, nextTransaction(id, first.becomes));
      await conflicts(bench, nextTransaction(id, { ...second.becomes, auditSeq: 1 }));
      await conflicts(bench, nextTransaction(id, { ...second.becomes, version: 1 }));
    },
  },
  {
    id: 'ledger/commit/race',
    promise: 'of ten that race, one is committed and nine are conflicts',
    run: async (bench) => {
      const id = bench.department();
      const first = nextTransaction(id, undefined);
      await committed(bench, first);
      const racers = Array.from({ length: 10 }, () => commit(bench.tables, nextTransaction(id, first.becomes)));
      const results = await Promise.all(racers);
      equal(results.filter((result) => result === 'committed').length, 1);
      equal(results.filter((result) => result === 'conflict').length, 9);
      equal((await readDepartment(bench.tables, id)).head?.version, 2);
    },
  },
  {
    id: 'ledger/commit/events-once',
    promise: 'an event is never put in another’s place, and nothing else of such a transaction is written',
    run: async (bench) => {
      const id = bench.department();
      const first = nextTransaction(id, undefined);
      await committed(bench, first);
      const again = { ...nextTransaction(id, first.becomes), events: first.events };
      await conflicts(bench, again);
    },
  },
  {
    id: 'ledger/commit/claims',
    promise: 'a name is claimed once, and given on only by whoever read its holder',
    run: async (bench) => {
      const [one, two] = [bench.department(), bench.department()];
      const mine = claimOf(`${one}/app`, one);
      const yours = claimOf(`${one}/app`, two);
      const { key } = mine;
      const first = nextTransaction(one, undefined, { claims: [{ key, becomes: mine }] });
      await committed(bench, first);
      await conflicts(bench, nextTransaction(two, undefined, { claims: [{ key, becomes: yours }] }));
      await conflicts(bench, nextTransaction(two, undefined, { claims: [{ key, was: yours, becomes: yours }] }));
      const second = nextTransaction(one, first.becomes, { claims: [{ key, was: mine, becomes: yours }] });
      await committed(bench, second);
      deepEqual(await readClaim(bench.tables, key), yours);
      const third = nextTransaction(one, second.becomes, { claims: [{ key, was: yours }] });
      await committed(bench, third);
      equal(await readClaim(bench.tables, key), undefined);
    },
  },
  {
    id: 'ledger/commit/lease',
    promise: 'the executor’s transaction holds only while its lease does',
    run: async (bench) => {
      const id = bench.department();
      const first = nextTransaction(id, undefined);
      await committed(bench, first);
      await conflicts(bench, nextTransaction(id, first.becomes, { leaseOwner: 'me' }));
      ok(await takeLease(bench.tables, id, 'somebody', 1_000, 2_000));
      await conflicts(bench, nextTransaction(id, first.becomes, { leaseOwner: 'me' }));
      await committed(bench, nextTransaction(id, first.becomes, { leaseOwner: 'somebody' }));
    },
  },
  {
    id: 'ledger/commit/idempotency',
    promise: 'a request is recorded once; only a record that has lapsed is replaced',
    run: async (bench) => {
      const id = bench.department();
      const key = idempotencyKey('42', 'createRepository', id);
      const now = Math.floor(Date.parse(NOW) / 1000);
      const record = { key, requestDigest: 'd', operation: 'op-1', department: id, version: 1, expiresAt: now - 1 };
      const first = nextTransaction(id, undefined, { idempotency: record });
      await committed(bench, first);
      const fresh = { ...record, operation: 'op-2', expiresAt: now + 60 };
      const second = nextTransaction(id, first.becomes, { idempotency: fresh });
      await committed(bench, second);
      await conflicts(bench, nextTransaction(id, second.becomes, { idempotency: { ...record, operation: 'op-3' } }));
      equal((await getItem(bench.tables, key))?.['operation'], 'op-2');
    },
  },
  {
    id: 'ledger/commit/largest',
    promise: 'a hundred writes are one transaction; one more is refused as no conflict, and nothing is written',
    run: async (bench) => {
      const id = bench.department();
      const first = nextTransaction(id, undefined);
      await committed(bench, first);
      const writes = (count: number): Write[] =>
        Array.from({ length: count }, (_, index) => ({
          kind: 'put',
          entity: { type: 'repository', value: repositoryOf(id, `${id}/image-${index}`) },
        }));
      const tooMany = nextTransaction(id, first.becomes, { writes: writes(99) });
      await refusedCommit(bench, tooMany);
      equal(await countRepositories(bench.tables, id), 0);
      await committed(bench, nextTransaction(id, first.becomes, { writes: writes(98) }));
      equal(await countRepositories(bench.tables, id), 98);
    },
  },
  {
    id: 'ledger/commit/item-size',
    promise: 'an item of more than 400 KB is refused as no conflict, and nothing of its transaction is written',
    run: async (bench) => {
      const id = bench.department();
      const first = nextTransaction(id, undefined);
      await committed(bench, first);
      const operation = { ...operationOf(id, `op-${id}`), requestId: 'x'.repeat(410_000) };
      await refusedCommit(bench, nextTransaction(id, first.becomes, { operations: [operation] }));
      equal(await readOperation(bench.tables, operation.id), undefined);
      equal((await readDepartment(bench.tables, id)).head?.version, 1);
    },
  },
  {
    id: 'ledger/lease',
    promise: 'a lease is one owner’s until it lapses, and given back only by its owner',
    run: async (bench) => {
      const id = bench.department();
      const take = (owner: string, now: number) => takeLease(bench.tables, id, owner, now, now + 1_000);
      equal(await take('one', 1_000), true);
      equal(await take('two', 1_500), false);
      equal(await take('one', 1_500), false, 'not even by the owner itself');
      equal(await take('two', 2_001), true, 'lapsed');
      equal(await releaseLease(bench.tables, id, 'one'), false);
      equal(await releaseLease(bench.tables, id, 'two'), true);
      equal(await releaseLease(bench.tables, id, 'two'), false);
      const racers = await Promise.all(Array.from({ length: 10 }, (_, index) => take(`racer-${index}`, 3_000)));
      equal(racers.filter(Boolean).length, 1);
    },
  },
  {
    id: 'ledger/read/pages',
    promise: 'repositories and departments are read in order, page after page',
    run: async (bench) => {
      const ids = [bench.department(), bench.department(), bench.department()].sort();
      const [id = ids[0]] = ids;
      if (id === undefined) return;
      const names = ['a', 'a-b', 'a/b', 'a0', 'b'].map((name) => `${id}/${name}`);
      const writes: Write[] = names.map((name) => ({
        kind: 'put',
        entity: { type: 'repository', value: repositoryOf(id, name) },
      }));
      for (const each of ids) {
        const own: Write = { kind: 'put', entity: { type: 'department', value: departmentOf(each) } };
        await committed(bench, nextTransaction(each, undefined, { writes: each === id ? [own, ...writes] : [own] }));
      }
      const seen: string[] = [];
      for (;;) {
        const page = await listRepositories(bench.tables, id, 2, seen.at(-1));
        seen.push(...page.map(({ name }) => name));
        if (page.length < 2) break;
      }
      deepEqual(seen, [...names].sort());
      const departments = await listDepartmentIds(bench.tables, 1_000);
      deepEqual([...departments].sort(), departments);
      ok(ids.every((one) => departments.includes(one)));
      ok(!(await listDepartmentIds(bench.tables, 1_000, id)).includes(id));
    },
  },
  {
    id: 'ledger/read/megabyte',
    promise: 'a department of more than a megabyte is read and counted whole',
    run: async (bench) => {
      const id = bench.department();
      let last = nextTransaction(id, undefined);
      await committed(bench, last);
      for (let batch = 0; batch < 4; batch++) {
        const writes: Write[] = Array.from({ length: 2 }, (_, index) => ({
          kind: 'put',
          entity: {
            type: 'repository',
            value: { ...repositoryOf(id, `${id}/image-${batch}-${index}`), lifecyclePolicy: 'x'.repeat(300_000) },
          },
        }));
        last = nextTransaction(id, last.becomes, { writes });
        await committed(bench, last);
      }
      equal(await countRepositories(bench.tables, id), 8);
    },
  },
  {
    id: 'ledger/chain',
    promise: 'a chain of its own grows by one at a time, however many append to it',
    run: async (bench) => {
      const chain = `${bench.department()}.refusals`;
      const record = { time: NOW, action: 'createGrant', outcome: 'denied' } as const;
      equal((await readChainHead(bench.tables, chain)).seq, 0);
      const appended = await Promise.all(Array.from({ length: 5 }, () => appendToChain(bench.tables, chain, record)));
      const count = appended.filter(Boolean).length;
      ok(count >= 1);
      equal((await readChainHead(bench.tables, chain)).seq, count);
      equal((await readRun(bench.tables, { chain, after: 0, last: 99 })).length, count);
      equal((await readChainHeads(bench.tables, [chain, 'nobodys.refusals'])).get(chain)?.seq, count);
    },
  },
  {
    id: 'ledger/quotas',
    promise: 'the account’s quotas are kept as numbers',
    run: async (bench) => {
      const settings = { trustPolicySize: 2_048 } as never;
      await writeQuotas(bench.tables, { trustPolicySize: 4_096 });
      equal((await withAccountQuotas(bench.tables, settings)).trustPolicySize, 4_096);
    },
  },
  {
    id: 'ledger/values',
    promise: 'an item comes back with the types that it was written with; what is undefined is left out',
    run: async (bench) => {
      const Item = {
        pk: `VALUES#${bench.department()}`,
        sk: 'x',
        texts: ['', 'æ', '0'],
        number: 1_764_000_000_000,
        no: false,
        nothing: null,
        map: { deep: { list: [] } },
      };
      const documents = bench.tables.documents;
      await documents.send(new PutCommand({ TableName: bench.tables.state, Item: { ...Item, gone: undefined } }));
      deepEqual(await getItem(bench.tables, { pk: Item.pk, sk: Item.sk }), Item);
    },
  },
];

async function refusedCommit(bench: LedgerBench, transaction: Parameters<typeof commit>[1]): Promise<void> {
  const result = await commit(bench.tables, transaction).catch((error: unknown) => error as Error);
  if (!(result instanceof Error)) fail(`the transaction was ${result}`);
}
