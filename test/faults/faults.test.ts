import t from 'tap';
import { handleEvent } from '../../src/executor/handle.ts';
import { takeLease } from '../../src/ledger/lease.ts';
import { listDeadLetters, readDeadLetter } from '../../src/ledger/dead-letters.ts';
import { readDepartmentItem, readOperation } from '../../src/ledger/read.ts';
import type { HookAnswer } from '../../src/local/aws/hooks.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import type { GateRules } from './gate.ts';
import { enumerate, pointsOf } from './points.ts';
import { randomOf } from './random.ts';
import { violationsAtRest } from './rest.ts';
import { ask, newPlace, runScenario } from './run.ts';
import {
  createDepartment,
  createRepository,
  LIFECYCLE,
  putAccess,
  SCENARIOS,
  type Asked,
  type Place,
} from './scenarios.ts';
import { startWatch } from './watch.ts';
import { LIMITS, startFaultWorld, type FaultWorld } from './world.ts';

const CALM: GateRules = { faultAt: () => undefined };
const QUOTA: HookAnswer = {
  kind: 'fault',
  code: 'LimitExceededException',
  status: 400,
  message: 'A quota is reached.',
};
const DOWN: HookAnswer = { kind: 'fault', code: 'ServerException', status: 500, message: 'Try again.' };

const world = await startFaultWorld();
t.teardown(() => world.close());

/** A department, and the hands of those who ask for it and carry it out. */
async function startDepartment(where: FaultWorld = world) {
  const place = newPlace();
  const { core } = where.startApi(CALM, { next: 1 });
  const { ring } = where.startExecutor(CALM, { next: 1 });
  const accept = async (step: (at: Place) => Asked): Promise<string> => {
    const answer = await ask(where, core, step(place), undefined);
    if ('code' in answer) throw new Error(answer.detail);
    return answer.result.operation?.id ?? '';
  };
  const ringUntilRest = async (): Promise<number> => {
    for (let rings = 1; rings <= 100; rings++) {
      await ring(place.department).catch(() => undefined);
      const item = await readDepartmentItem(where.embedded.executor.tables, place.department);
      if (item?.head.pendingOperations.length === 0) return rings;
    }
    throw new Error(`${place.department} does not come to rest`);
  };
  await accept(createDepartment);
  await ringUntilRest();
  return { place, accept, ringUntilRest, watch: await startWatch(where, place) };
}

t.test('wherever a process stops or a call fails, nothing is lost, leaked or left unaudited', async (t) => {
  // A taste of it: every mutation has its turn in .ci/steps/faults.sh, and every point in npm run faults.
  const scenarios = 'createGrant for named repositories';
  const { crashPoints, crashRuns, faultRuns, violations } = await enumerate({ scenarios, every: 13 });
  t.strictSame(violations, []);
  t.ok(crashPoints > 40, `there are ${crashPoints} places where it may stop`);
  t.ok(crashRuns > 2 && faultRuns > 2, 'of which some are met');
});

t.test('a point replays exactly: the same calls in the same order', async (t) => {
  const scenario = SCENARIOS.find(({ name }) => name === 'createGrant for named repositories');
  if (scenario === undefined) throw new Error('The scenario is gone.');
  const calls = async () =>
    (await runScenario(world, scenario, new Map([[15, 'lose']]))).calls.map(
      ({ process, service, operation }) => `${process} ${service}:${operation}`,
    );
  const first = await calls();
  t.ok(first.length > pointsOf(scenario, []).length);
  t.strictSame(await calls(), first);
});

t.test('the same seed gives the same dice', async (t) => {
  const throws = (seed: number): readonly number[] => {
    const { below } = randomOf(seed);
    return Array.from({ length: 20 }, () => below(1_000));
  };
  t.strictSame(throws(7), throws(7));
  t.not(throws(7).join(), throws(8).join());
});

t.test(
  'what can be neither carried out nor undone becomes a dead letter, holds nothing up, and is replayed',
  async (t) => {
    const { place, accept, ringUntilRest, watch } = await startDepartment();
    const { tables } = world.embedded.executor;
    const name = `${place.department}/stuck`;
    world.refusals.set(`PutLifecyclePolicy ${name}`, QUOTA);
    world.refusals.set(`DeleteRepository ${name}`, DOWN);
    const stuck = await accept(createRepository('stuck', { lifecyclePolicy: LIFECYCLE }));
    const later = await accept(createRepository('later'));
    const rings = await ringUntilRest();
    t.ok(rings <= 2 * LIMITS.attempts, `it was given up after ${rings} rings`);
    const operation = await readOperation(tables, stuck);
    t.match(operation, { status: 'failed', error: { code: 'quota-exceeded', detail: /can replay op-/ } });
    t.equal((await readOperation(tables, later))?.status, 'succeeded', 'what came after it was carried out');
    const letter = await readDeadLetter(tables, stuck);
    t.match(letter, {
      operation: stuck,
      department: place.department,
      command: 'createRepository',
      targets: [{ name }],
    });
    t.ok((await listDeadLetters(tables)).some((one) => one.operation === stuck));
    watch.touched.repositories.add(name);
    t.match(await violationsAtRest(watch), [/^lost: AWS needs ecr:DeleteRepository/], 'AWS is not as the ledger says');

    world.refusals.clear();
    const replay = await accept(() => ({ command: 'replayOperation', params: { id: stuck } }));
    await ringUntilRest();
    t.match(await readOperation(tables, replay), { status: 'succeeded', replays: stuck });
    t.equal(await readDeadLetter(tables, stuck), undefined, 'the letter is answered');
    t.strictSame(await violationsAtRest(watch), [], 'and AWS is what the ledger says');
  },
);

t.test(
  'an operation that fails for ever is given up after bounded attempts, and another department does not wait',
  async (t) => {
    const [poisoned, other] = [await startDepartment(), await startDepartment()];
    world.refusals.set(`CreateRepository ${poisoned.place.department}/`, DOWN);
    const poison = await poisoned.accept(createRepository('poison'));
    const fine = await other.accept(createRepository('fine'));
    const record = (department: string, SequenceNumber: string) => ({
      dynamodb: {
        NewImage: { pk: { S: `DEPARTMENT#${department}` }, sk: { S: 'DEPARTMENT' }, hasPending: { S: 'yes' } },
        SequenceNumber,
      },
    });
    const { executor } = world.embedded;
    const Records = [record(poisoned.place.department, '1'), record(other.place.department, '2')];
    const response = await handleEvent({ ...executor, now: world.now, limits: LIMITS }, { Records });
    t.strictSame(response, { batchItemFailures: [{ itemIdentifier: '1' }] }, 'only what is left is delivered again');
    t.equal((await readOperation(executor.tables, fine))?.status, 'succeeded');
    t.ok((await poisoned.ringUntilRest()) <= LIMITS.attempts);
    t.match(await readOperation(executor.tables, poison), { status: 'failed', error: { code: 'aws-unavailable' } });
    world.refusals.clear();
    t.strictSame(await violationsAtRest(poisoned.watch), []);
  },
);

t.test('throttling by AWS slows an operation down, and does not fail it', async (t) => {
  const { accept, ringUntilRest, watch } = await startDepartment();
  world.throttling.left = 5;
  const operation = await accept(createRepository('one'));
  const rings = await ringUntilRest();
  t.equal(world.throttling.left, 0, 'five requests were throttled');
  t.ok(rings <= 3, `and most repeated by the SDK, so that it took ${rings} rings`);
  t.equal((await readOperation(world.embedded.executor.tables, operation))?.status, 'succeeded');
  t.strictSame(await violationsAtRest(watch), []);
});

t.test('a clock that is ten minutes ahead takes no lease from another', async (t) => {
  const { place, accept } = await startDepartment();
  const { executor } = world.embedded;
  const before = Date.now();
  const operation = await accept(createRepository('one'));
  const now = executor.tables.serverTime?.() ?? 0;
  // Its clock tells whole seconds.
  t.ok(now > before - 1_000 && now < Date.now() + 1_000, 'the ledger tells what time it is');
  t.equal(await takeLease(executor.tables, place.department as DepartmentId, 'another', now, now + 3_600_000), true);
  const ahead = { ...executor, now: () => new Date(now + 600_000) };
  await handleEvent(ahead, { department: place.department });
  t.equal((await readOperation(executor.tables, operation))?.attempts, 0);
});

t.test('no request leaves for AWS that could outlive the lease, however long the process was paused', async (t) => {
  const { place, accept, ringUntilRest, watch } = await startDepartment();
  const { executor } = world.embedded;
  const operation = await accept(createRepository('one'));
  // A lease as short as the longest request: by the time that anything could be sent it is too late.
  const paused = { ...executor, now: world.now, limits: { ...LIMITS, lease: 7_000 } };
  await t.rejects(handleEvent(paused, { department: place.department }), /may succeed later/);
  const name = `${place.department}/one`;
  const observed = await world.observed({ repositories: [name], roles: [] });
  t.equal(observed.repositories.get(name), undefined, 'AWS was asked for nothing');
  t.equal((await readOperation(executor.tables, operation))?.status, 'pending');
  await ringUntilRest();
  t.equal((await readOperation(executor.tables, operation))?.status, 'succeeded');
  t.strictSame(await violationsAtRest(watch), []);
});

t.test('account access that is set again wins half-way, and the earlier one says so', async (t) => {
  const { accept, ringUntilRest, watch } = await startDepartment();
  const { tables } = world.embedded.executor;
  for (const name of ['one', 'two', 'three']) await accept(createRepository(name));
  await ringUntilRest();
  const [older, newer] = [await accept(putAccess('931827427725')), await accept(putAccess('931827427726'))];
  t.match(await readOperation(tables, older), { status: 'failed', error: { code: 'superseded' } }, 'at once');
  await ringUntilRest();
  t.match(await readOperation(tables, newer), { status: 'succeeded', supersedes: older, completed: 3, total: 3 });
  t.strictSame(await violationsAtRest(watch), []);
});
