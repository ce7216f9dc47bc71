/** The eyes of the fault harness: what they must see, and what they must not take for what it is not. */
import { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import { isAccountId } from '../../src/model/ids.ts';
import { repositoryPolicy } from '../../src/policy/repository-policy.ts';
import { accessViolations } from './access-violations.ts';
import type { FaultKind } from './gate.ts';
import { violationsAtRest } from './rest.ts';
import { ask, newPlace } from './run.ts';
import * as step from './scenarios.ts';
import { startAnew, startWatch, watching } from './watch.ts';
import { LIMITS, startFaultWorld } from './world.ts';

const OURS = '931827427725';
const THEIRS = '931827427726';
const OTHERS = '931827427727';
const world = await startFaultWorld();
t.teardown(() => world.close());

/** A department with two repositories that our account pulls, and the hands around it. */
async function startDepartment() {
  const place = newPlace();
  const { core } = world.startApi({ faultAt: () => undefined }, { next: 1 });
  const accept = async (one: step.Step): Promise<void> => {
    const answer = await ask(world, core, one(place), undefined);
    if ('code' in answer) throw new Error(answer.detail);
  };
  const calm = world.startExecutor({ faultAt: () => undefined }, { next: 1 });
  const repositories = ['one', 'two'].map((name) => step.createRepository(name));
  for (const one of [step.createDepartment, step.putOrganisation(), step.putAccess(OURS), ...repositories]) {
    await accept(one);
    await calm.ring(place.department);
  }
  const watch = await startWatch(world, place);
  /** Carries out what is pending, and does something else after each write, or meets a fault at one kind of call. */
  const carryOut = async (
    onAwsWritten: () => Promise<void> = async () => undefined,
    fault?: { readonly at: string; readonly kind: FaultKind },
  ): Promise<void> => {
    const faultAt = ({ operation }: { readonly operation: string }) =>
      operation === fault?.at ? fault.kind : undefined;
    const { ring, gate } = world.startExecutor({ faultAt, ...watching(watch), onAwsWritten }, { next: 1 });
    await Promise.race([ring(place.department).catch(() => undefined), gate.crashed]);
    world.pass(LIMITS.lease + 1_000);
  };
  /** Somebody with credentials of their own writes who may pull a repository. */
  const writeByHand = async (name: string, ...accountIds: readonly string[]): Promise<void> => {
    const { aws, settings } = world.embedded.executor;
    const accounts = accountIds
      .filter(isAccountId)
      .map((accountId) => ({ description: '', accountId, canWrite: false }));
    const policy = repositoryPolicy({ accounts, organisationPull: false }, settings);
    await aws.ecr.send(
      new SetRepositoryPolicyCommand({
        repositoryName: `${place.department}/${name}`,
        policyText: JSON.stringify(policy),
      }),
    );
  };
  return { place, watch, accept, carryOut, writeByHand };
}

t.test('access that no state gives is seen, however short it stands', async (t) => {
  const { place, watch, writeByHand } = await startDepartment();
  await writeByHand('one', OURS, THEIRS);
  await writeByHand('one', OURS);
  t.strictSame(await violationsAtRest(watch), [
    `leaked: account ${THEIRS} may pull ${place.department}/one, after SetRepositoryPolicy on ${place.department}/one by hand`,
  ]);
});

t.test('access that is given before it is accepted is seen', async (t) => {
  const { watch, accept, carryOut, writeByHand } = await startDepartment();
  await writeByHand('one', OURS, THEIRS);
  await accept(step.putAccess(OURS, THEIRS));
  await carryOut();
  t.match(await violationsAtRest(watch), [new RegExp(`^leaked: account ${THEIRS} may pull .*/one`)]);
});

t.test('access that was closed and is opened again by a state of before is seen', async (t) => {
  const { watch, accept, carryOut, writeByHand } = await startDepartment();
  await accept(step.putAccess(THEIRS));
  await carryOut();
  await writeByHand('one', OURS);
  await writeByHand('one', THEIRS);
  t.match(await violationsAtRest(watch), [
    new RegExp(`^reopened: account ${OURS} may pull .*/one, closed by call .*, open again after .* by hand$`),
    // By hand their access was closed, too.
    new RegExp(`^reopened: account ${THEIRS} may pull .*/one, closed by .* by hand, open again after .* by hand$`),
  ]);
});

t.test('an operation that writes on after a newer one took its place is seen', async (t) => {
  const { place, watch, accept, carryOut } = await startDepartment();
  await accept(step.putAccess(THEIRS));
  const next = [step.putAccess(OTHERS)];
  await carryOut(async () => {
    for (const one of next.splice(0)) await accept(one);
  });
  t.strictSame(await violationsAtRest(watch), [], 'the page that it is at is no fault');
  t.match(await accessViolations(watch, 0), [/^late: op-\w+ wrote 1 times to AWS after it was over$/]);
  t.ok(
    watch.writes.every(({ what }) => !what.includes('by hand')),
    `all of ${place.department} came through the gate`,
  );
});

t.test('what a process did just before it stopped is seen', async (t) => {
  const { watch, accept, carryOut } = await startDepartment();
  await accept(step.deleteRepository('two'));
  await carryOut(undefined, { at: 'DeleteRepository', kind: 'crash-after' });
  await carryOut();
  t.strictSame(await violationsAtRest(watch), []);
  await startAnew(watch);
  await accept(step.putAccess(THEIRS));
  await carryOut();
  t.strictSame(await violationsAtRest(watch), [], 'the repository is gone, and nobody has access to it');
});

t.test('a list that another takes the place of just after a write was a reason for the write', async (t) => {
  const { watch, accept, carryOut } = await startDepartment();
  await accept(step.putAccess(THEIRS));
  await carryOut();
  await accept(step.putAccess(OURS));
  const next = [step.putAccess(OTHERS)];
  await carryOut(async () => {
    for (const one of next.splice(0)) await accept(one);
  });
  await carryOut();
  t.strictSame(await violationsAtRest(watch), []);
});

t.test(
  'each committed state is told, in order, whoever committed it and whether or not anybody was answered',
  async (t) => {
    const { place, watch, accept, carryOut } = await startDepartment();
    await accept(step.createRepository('three'));
    await carryOut(undefined, { at: 'TransactWrite', kind: 'crash-after' });
    await accept(step.deleteRepository('three'));
    await carryOut(undefined, { at: 'TransactWrite', kind: 'lose' });
    const states = await world.commits.since(place.department, watch.begin.position);
    t.strictSame(
      states.map(({ state, repositories }) => [
        state?.head.pendingOperations.length,
        repositories.map(({ name, pending }) => `${name.split('/')[1]} ${pending?.change ?? 'stands'}`).join(),
      ]),
      [
        [0, 'one stands,two stands'],
        [1, 'one stands,two stands,three create'],
        [0, 'one stands,two stands,three stands'],
        [1, 'one stands,two stands,three delete'],
        [0, 'one stands,two stands'],
      ],
    );
  },
);
