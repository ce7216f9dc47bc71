/** A state table that an earlier version of the service wrote: there nothing told whose an operation is but the operation itself. */
import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import t from 'tap';
import type { Tables } from '../../src/ledger/client.ts';
import { operationDepartmentKey } from '../../src/ledger/keys.ts';
import { upgradeState } from '../../src/ledger/upgrade.ts';
import { idOf, KOA, PLATFORM, startService, STRANGER } from '../support/service.ts';

async function operationsOf({ documents, state }: Tables): Promise<readonly string[]> {
  const { Items = [] } = await documents.send(new ScanCommand({ TableName: state, ConsistentRead: true }));
  return Items.filter(({ sk }) => sk === 'OPERATION').map(({ pk }) => String(pk).replace('OPERATION#', ''));
}

t.test(
  'operations that an earlier version stored are found after the upgrade, by those who may know of them',
  async (t) => {
    const { ask, embedded } = await startService(t);
    const { tables } = embedded.executor;
    const must = async (job: typeof KOA, method: 'POST' | 'PUT', path: string, body: unknown): Promise<void> => {
      const answer = await ask(job, { method, path, body });
      t.equal(answer.status, 201, answer.text);
    };
    const managers = [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }];
    await must(PLATFORM, 'POST', '/v1/departments', { id: 'koa', displayName: 'KOA', managers });
    await must(PLATFORM, 'PUT', '/v1/departments/koa/organisations/JPPOL-KOA', { ownerId: idOf('JPPOL-KOA') });
    await must(KOA, 'POST', '/v1/departments/koa/repositories', { name: 'koa/app' });
    const operations = await operationsOf(tables);
    t.equal(operations.length, 3);
    const statuses = (job: typeof KOA): Promise<readonly number[]> =>
      Promise.all(operations.map(async (id) => (await ask(job, { path: `/v1/operations/${id}` })).status));

    for (const id of operations.slice(1))
      await tables.documents.send(new DeleteCommand({ TableName: tables.state, Key: operationDepartmentKey(id) }));
    t.equal((await statuses(KOA)).filter((status) => status === 404).length, 2, 'as an earlier version left them');

    t.equal(await upgradeState(tables), 2);
    t.same(await statuses(KOA), [200, 200, 200]);
    t.same(await statuses(STRANGER), [404, 404, 404], 'a stranger learns of none');
    t.equal(await upgradeState(tables), 0, 'and a second time there is nothing to do');
  },
);

t.test('an upgrade of more operations than are looked up at once leaves none out', async (t) => {
  const { embedded } = await startService(t);
  const { tables } = embedded.executor;
  const ids = Array.from({ length: 230 }, (_, at) => `op-${String(at).padStart(26, '0')}`);
  for (const id of ids)
    await tables.documents.send(
      new PutCommand({
        TableName: tables.state,
        Item: { pk: `OPERATION#${id}`, sk: 'OPERATION', operation: JSON.stringify({ id, department: 'koa' }) },
      }),
    );
  t.equal(await upgradeState(tables), ids.length);
  t.equal(await upgradeState(tables), 0);
});
