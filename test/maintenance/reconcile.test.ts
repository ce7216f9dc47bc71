/** Reconciliation writes to AWS as an operation does: under the lease, by the ledger's clock, behind the fence. */
import { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import t from 'tap';
import { execute } from '../../src/executor/execute.ts';
import { leaseKey } from '../../src/ledger/keys.ts';
import { takeLease } from '../../src/ledger/lease.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { reconcile } from '../../src/maintenance/reconcile.ts';
import { awsHands } from '../support/hands.ts';
import { readWholeChain } from '../support/invariants.ts';
import { limits, startBench, type Bench } from '../executor/bench.ts';

const KOA = 'koa' as DepartmentId;
const MINUTES = 60_000;
/** A lease that outlasts every test, and is shorter than the clocks are off; nothing is waited for. */
const CALM = { pause: async () => undefined, ...limits({ work: 60 * MINUTES, lease: 5 * MINUTES }) };

/** A repository whose policy somebody changed by hand, so that there is something to bring back. */
async function startWithDrift(bench: Bench): Promise<void> {
  await bench.accept('createRepository', { department: 'koa', name: 'app' });
  await bench.ring();
  const Principal = { AWS: 'arn:aws:iam::931827427725:root' };
  const Statement = [{ Sid: 'EcpPull', Effect: 'Allow', Principal, Action: ['ecr:BatchGetImage'] }];
  const policyText = JSON.stringify({ Version: '2012-10-17', Statement });
  const ecr = awsHands(bench.service).ecr();
  await bench.aside(() => ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'app', policyText })));
  bench.writes.length = 0;
}

/** This machine's clock, so many milliseconds off. */
const off = (milliseconds: number) => ({ now: () => new Date(Date.now() + milliseconds) });

for (const [what, milliseconds] of [
  ['ahead', 10 * MINUTES],
  ['behind', -10 * MINUTES],
] as const) {
  t.test(`a machine whose clock is ten minutes ${what} neither takes a live lease nor loses its own`, async (t) => {
    const bench = await startBench(t);
    await startWithDrift(bench);
    const parts = { ...bench.service.embedded.executor, ...CALM };
    const { tables } = parts;
    const Key = leaseKey('koa');
    t.ok(await takeLease(tables, KOA, 'the executor', Date.now(), Date.now() + 5 * MINUTES));
    await t.rejects(reconcile({ ...parts, ...off(milliseconds) }, KOA, true), /The executor is at work for koa/);
    const { Item } = await tables.documents.send(new GetCommand({ TableName: tables.state, Key }));
    t.equal(Item?.['owner'], 'the executor', 'who held it holds it still');
    t.strictSame(bench.writes, [], 'and AWS is not touched');
    await tables.documents.send(new DeleteCommand({ TableName: tables.state, Key }));

    let met: string | undefined;
    bench.faults.before = async ({ operation }) => {
      if (operation !== 'DeleteRepositoryPolicy' || met !== undefined) return;
      // Something is asked for while reconciliation is at work; an executor with a good clock is rung.
      await bench.accept('createRepository', { department: 'koa', name: 'later' });
      met = await execute(parts, KOA);
    };
    t.equal((await reconcile({ ...parts, ...off(milliseconds) }, KOA, true)).changes.length, 1);
    t.equal(met, 'busy', 'the other leaves it alone');
    t.strictSame(
      bench.writes.map(({ operation, resource }) => `${operation} ${resource}`),
      ['DeleteRepositoryPolicy app'],
    );
  });
}

t.test('a reconciliation that was stopped until its lease was over sends nothing more, and says so', async (t) => {
  const bench = await startBench(t);
  await startWithDrift(bench);
  const parts = { ...bench.service.embedded.executor, ...CALM };
  let stopped = 0;
  bench.faults.before = ({ operation }) => {
    // The process stands still while it looks, until after its lease.
    if (operation === 'GetRepositoryPolicy') stopped = 6 * MINUTES;
  };
  const slow = { ...parts, monotonic: () => performance.now() + stopped };
  await t.rejects(reconcile(slow, KOA, true), { name: 'OutOfTime' });
  t.strictSame(bench.writes, [], 'the fence let no request out');
  const events = await readWholeChain(parts.tables, 'koa');
  t.strictSame(
    events.slice(-2).map(({ action, outcome }) => `${action} ${outcome}`),
    ['reconcileDepartment accepted', 'reconcileDepartment failed'],
    'intent and end are in the audit chain',
  );
  stopped = 0;
  bench.faults.before = undefined;
  t.equal((await reconcile(parts, KOA, true)).changes.length, 1, 'the next one finishes it');
  t.equal((await reconcile(parts, KOA, true)).changes.length, 0);
});
