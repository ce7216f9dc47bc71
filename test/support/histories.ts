import { DeleteRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { rebuild } from '../../src/model/rebuild.ts';
import { listDeadLetters } from '../../src/ledger/dead-letters.ts';
import { listRepositories, readDepartment, readDepartmentItem } from '../../src/ledger/read.ts';
import type { HookAnswer } from '../../src/local/aws/hooks.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { reconcile } from '../../src/maintenance/reconcile.ts';
import type { FaultKind, GateRules } from '../faults/gate.ts';
import { randomOf, type Random } from '../faults/random.ts';
import { ask, newPlace } from '../faults/run.ts';
import * as step from '../faults/scenarios.ts';
import type { Asked, Place, Step } from '../faults/scenarios.ts';
import { LIMITS, startFaultWorld, type FaultWorld } from '../faults/world.ts';
import { momentOf, readChain, unlikeLedger, type Moment } from './told.ts';

/** One history: all that a department's chain tells, and what the ledger had at some moments of it. */
export interface History {
  readonly seed: number;
  readonly events: readonly AuditEvent[];
  readonly moments: readonly Moment[];
}

/** A history that is under way. */
interface Playing {
  readonly world: FaultWorld;
  readonly place: Place;
  readonly random: Random;
  readonly moments: Moment[];
  /** How many calls in a thousand meet a fault. */
  readonly faults: number;
}

const QUOTA: HookAnswer = {
  kind: 'fault',
  code: 'LimitExceededException',
  status: 400,
  message: 'A quota is reached.',
};
const DOWN: HookAnswer = { kind: 'fault', code: 'ServerException', status: 500, message: 'Try again.' };

/** Histories on one world: the emulated DynamoDB takes the longer for a call the more it holds. */
const PER_WORLD = 40;

/** Plays so many random histories, one after the other. */
export function histories(count: number, firstSeed = 1): AsyncGenerator<History> {
  return historiesOf(Array.from({ length: count }, (_, played) => firstSeed + played));
}

/** Plays the random histories of these seeds, one after the other. */
export async function* historiesOf(seeds: readonly number[]): AsyncGenerator<History> {
  for (let first = 0; first < seeds.length; first += PER_WORLD) {
    const world = await startFaultWorld();
    try {
      for (const seed of seeds.slice(first, first + PER_WORLD)) yield await playHistory(world, seed);
    } finally {
      await world.close();
    }
  }
}

/** A department that is made, changed at random, with refusals, undos, replays and crashes, and brought to rest. */
async function playHistory(world: FaultWorld, seed: number): Promise<History> {
  const random = randomOf(seed);
  const playing: Playing = { world, place: newPlace(), random, moments: [], faults: random.pick([0, 10, 40]) };
  for (const one of [
    createDepartment(random),
    step.putOrganisation(),
    step.createRepository('one'),
    step.createRepository('two'),
  ])
    await play(playing, one);
  const length = 5 + random.below(8);
  for (let turn = 0; turn < length; turn++) await play(playing, await choose(playing));
  world.refusals.clear();
  await settle(playing);
  await note(playing);
  return { seed, events: await eventsOf(playing), moments: playing.moments };
}

/** One mutation, and maybe the executor: operations that nobody carries out yet pile up. */
async function play(playing: Playing, one: Step): Promise<void> {
  const { random } = playing;
  await askUnderFaults(playing, one(playing.place));
  await note(playing);
  if (random.chance(0.6)) await ringUnderFaults(playing);
  await note(playing);
}

function createDepartment({ chance }: Random): Step {
  return (place) => {
    const { body, ...asked } = step.createDepartment(place);
    return {
      ...asked,
      body: { ...body, acknowledge: ['reused-id'], ...(chance(0.3) ? { namespace: place.department } : {}) },
    };
  };
}

const MANAGER = { repositoryId: '424242', repository: 'JPPOL-KOA/Deployer', ref: 'refs/heads/main' };

async function choose({ world, place, random }: Playing): Promise<Step> {
  const { tables } = world.embedded.executor;
  const { state } = await readDepartment(tables, place.department);
  const repositories = await listRepositories(tables, place.department as DepartmentId, 20);
  place.grants.splice(0, place.grants.length, ...(state?.grants ?? []).map(({ id }) => id));
  if (state === undefined) return createDepartment(random);
  const name = random.pick(['one', 'two', 'three', 'four']);
  const known = repositories.length === 0 ? name : (random.pick(repositories).name.split('/')[1] ?? name);
  const grant = random.below(Math.max(1, place.grants.length));
  const app = random.pick(['app', 'site', 'gift*']);
  const department = { department: place.department };
  const update =
    (body: Readonly<Record<string, unknown>>): Step =>
    () => ({ command: 'updateDepartment', params: department, body });
  const letters = (await listDeadLetters(tables)).filter((letter) => letter.department === place.department);
  const [letter] = letters;
  if (letter !== undefined && random.chance(0.3))
    return () => ({ command: 'replayOperation', params: { id: letter.operation } });
  return random.pick<Step>([
    step.createRepository(name),
    step.createRepository(name, { lifecyclePolicy: step.LIFECYCLE, imageTagMutability: 'MUTABLE' }),
    step.updateRepository(known, {
      scanOnPush: random.chance(0.5),
      imageTagMutability: random.pick(['MUTABLE', 'IMMUTABLE']),
    }),
    step.updateRepository(known, {}),
    step.deleteRepository(known),
    step.putAccess(random.pick(['931827427725', '931827427726', '931827427726+push'])),
    step.putAccess('931827427727', '931827427725+push'),
    step.putAccess('111122223333'),
    step.createGrant(app, { environment: random.pick(['prod', 'test']) }),
    step.createGrant(app, { refs: ['refs/heads/main'], pullRequests: random.chance(0.3) }),
    (at) => step.createGrant('app*', { organisation: `${at.organisation.slice(0, 3)}*` })(at),
    step.named(app.replace('*', ''), {}, known),
    step.updateGrant(grant, () => ({ refs: ['refs/heads/*'], environment: null })),
    step.updateGrant(grant, (at) => ({ repositories: [`${at.department}/${known}`] })),
    step.revokeGrant(grant, random.chance(0.5)),
    step.revokeGrant(grant),
    random.chance(0.5) ? step.putOrganisation('other') : step.deleteOrganisation('other'),
    update({ displayName: random.pick(['Ours', 'Theirs']), selfService: random.chance(0.5) }),
    update({ managers: random.chance(0.5) ? [MANAGER] : [] }),
    () => ({ command: 'deleteDepartment', params: department }),
  ]);
}

// ---- Faults ---------------------------------------------------------------------------------------------------------

function rulesOf({ random, faults }: Playing): GateRules {
  return {
    faultAt: ({ writes }): FaultKind | undefined => {
      if (random.below(1_000) >= faults) return undefined;
      return random.pick<FaultKind>(
        writes ? ['crash-before', 'crash-after', 'fail', 'lose'] : ['crash-before', 'fail'],
      );
    },
  };
}

/** Asks as a pipeline does: again with the same key, until it is told something, or gives up. */
async function askUnderFaults(playing: Playing, asked: Asked): Promise<void> {
  const { world, random } = playing;
  const key = `history-${random.below(1_000_000_000)}`;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const { core, gate } = world.startApi(rulesOf(playing), { next: 1 });
    const answer = await Promise.race([ask(world, core, asked, key), gate.crashed]);
    if (answer !== 'crashed' && !('code' in answer && answer.code === 'internal')) return;
  }
}

/** What AWS may refuse for a while, by the beginning of a call's name and of its resource. */
const REFUSABLE: readonly ((place: Place) => string)[] = [
  () => 'PutLifecyclePolicy',
  () => 'SetRepositoryPolicy',
  ({ department }) => `SetRepositoryPolicy ${department}/two`,
  () => 'UpdateAssumeRolePolicy',
  () => 'PutRolePolicy',
  () => 'Delete',
];

/** Rings the executor once, on an AWS that may refuse some of what it is asked. */
async function ringUnderFaults(playing: Playing): Promise<void> {
  const { world, place, random } = playing;
  if (random.chance(0.4)) world.refusals.set(random.pick(REFUSABLE)(place), random.pick([QUOTA, DOWN]));
  if (random.chance(0.1)) await changeByHand(playing);
  const { ring, gate } = world.startExecutor(rulesOf(playing), { next: 1 });
  await Promise.race([ring(place.department).catch(() => undefined), gate.crashed]);
  if (random.chance(0.5)) world.refusals.clear();
  world.pass(LIMITS.lease + 1_000);
}

/** Somebody takes a policy away by hand, and the platform reconciles. */
async function changeByHand({ world, place }: Playing): Promise<void> {
  const { executor } = world.embedded;
  const [first] = await listRepositories(executor.tables, place.department as DepartmentId, 1);
  if (first === undefined) return;
  await executor.aws.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: first.name })).catch(() => undefined);
  await reconcile({ ...executor, now: world.now, limits: LIMITS }, place.department as DepartmentId, true).catch(
    () => undefined,
  );
}

async function settle(playing: Playing): Promise<void> {
  const { world, place } = playing;
  const calm: Playing = { ...playing, faults: 0 };
  for (let round = 1; round <= 40; round++) {
    const item = await readDepartmentItem(world.embedded.executor.tables, place.department);
    if ((item?.head.pendingOperations.length ?? 0) === 0) return;
    const { ring } = world.startExecutor(rulesOf(calm), { next: 1 });
    await ring(place.department).catch(() => undefined);
    world.pass(LIMITS.lease + 1_000);
  }
  throw new Error(`${place.department} does not come to rest`);
}

// ---- What is held against what --------------------------------------------------------------------------------------

async function note({ world, place, moments }: Playing): Promise<void> {
  moments.push(await momentOf(world.embedded.executor.tables, place.department));
}

async function eventsOf({ world, place }: Playing): Promise<readonly AuditEvent[]> {
  return readChain(world.embedded.executor.tables, place.department);
}

/** What the events of a history say otherwise than the ledger did, at any of its moments; in words. */
export function differences({ seed, events, moments }: History): readonly string[] {
  return moments.flatMap(({ events: count, ledger }) => {
    const told = rebuild(events.slice(0, count));
    const at = `seed ${seed}, event ${count}`;
    return [
      ...(told.isWhole || count === 0 ? [] : [`${at}: it does not say that it is whole`]),
      ...[...told.contradictions, ...unlikeLedger(told, ledger)].map((what) => `${at}: ${what}`),
    ];
  });
}
