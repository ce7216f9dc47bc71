import t from 'tap';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { rebuild } from '../../src/model/rebuild.ts';
import type { ExecutorParts } from '../../src/executor/parts.ts';
import { departmentPartition, DEPARTMENT_SORT_KEY } from '../../src/ledger/keys.ts';
import { readDepartmentItem } from '../../src/ledger/read.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { inTurn } from '../../src/maintenance/in-turn.ts';
import { writeSnapshot } from '../../src/maintenance/snapshot.ts';
import { ask, newPlace } from '../faults/run.ts';
import {
  createDepartment,
  createGrant,
  createRepository,
  LIFECYCLE,
  putAccess,
  putOrganisation,
} from '../faults/scenarios.ts';
import { startFaultWorld } from '../faults/world.ts';
import { readChain, momentOf, unlikeLedger } from '../support/told.ts';

const world = await startFaultWorld();
t.teardown(() => world.close());
const { tables } = world.embedded.executor;
const parts: ExecutorParts = { ...world.embedded.executor, now: world.now };
const snapshot = (department: string) => inTurn(parts, department as DepartmentId, (run) => writeSnapshot(parts, run));

/** As a department is whose events were of version 1: nothing says from which event on its chain tells it. */
async function forget(department: string): Promise<void> {
  await tables.documents.send(
    new UpdateCommand({
      TableName: tables.state,
      Key: { pk: departmentPartition(department), sk: DEPARTMENT_SORT_KEY },
      UpdateExpression: 'REMOVE head.toldFrom',
    }),
  );
}

async function startDepartment(repositories: number) {
  const place = newPlace();
  const { core } = world.startApi({ faultAt: () => undefined }, { next: 1 });
  const { ring } = world.startExecutor({ faultAt: () => undefined }, { next: 1 });
  const names = Array.from({ length: repositories }, (_, index) => `r${String(index).padStart(3, '0')}`);
  const steps = [
    createDepartment,
    putOrganisation(),
    putAccess('931827427725'),
    createGrant('app'),
    ...names.map((name) => createRepository(name, { lifecyclePolicy: LIFECYCLE })),
  ];
  for (const step of steps) {
    const answer = await ask(world, core, step(place), undefined);
    if ('code' in answer) throw new Error(answer.detail);
    if (step !== steps.at(-1)) await ring(place.department);
  }
  return { department: place.department, before: (await readChain(tables, place.department)).length };
}

t.test('a department from before events told changes is told by one snapshot, also what waits for AWS', async (t) => {
  const { department, before } = await startDepartment(1);
  await forget(department);
  t.equal(await snapshot(department), 1);
  const told = rebuild((await readChain(tables, department)).slice(before));
  t.equal(told.isWhole, true);
  const { ledger } = await momentOf(tables, department);
  t.strictSame(unlikeLedger(told, ledger), []);
  t.not(ledger.applied.size, ledger.wanted.size, 'the repository waits for AWS');
  t.equal((await readDepartmentItem(tables, department))?.head.toldFrom, before + 1);
  t.equal(await snapshot(department), 0, 'a second time there is nothing to tell');
});

t.test('a department of many repositories is told in parts, each of which one event can hold', async (t) => {
  const { department, before } = await startDepartment(27);
  await forget(department);
  t.equal(await snapshot(department), 2);
  const events = (await readChain(tables, department)).slice(before);
  t.strictSame(
    events.map((event) => event.snapshot),
    [
      { part: 1, isLast: false },
      { part: 2, isLast: true },
    ],
  );
  t.equal(rebuild(events.slice(0, 1)).isWhole, false, 'it is whole with its last part');
  t.strictSame(unlikeLedger(rebuild(events), (await momentOf(tables, department)).ledger), []);
});
