import { listRepositories, readDepartment, readDepartmentItem } from '../../src/ledger/read.ts';
import { EXECUTOR_LIMITS } from '../../src/executor/parts.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { PATIENT_WAIT } from '../support/patience.ts';
import type { Call, FaultKind, GateRules } from './gate.ts';
import { randomOf, type Random } from './random.ts';
import { violationsAtRest } from './rest.ts';
import { ask, lettersOf, newPlace, replay, type Answer } from './run.ts';
import * as step from './scenarios.ts';
import type { Asked, Place, Step } from './scenarios.ts';
import { startAnew, startWatch, watching, type Watch } from './watch.ts';
import { startFaultWorld, type FaultWorld } from './world.ts';

/** When a soak ends: after so much work, which a slow machine does as well, or after so much time. */
export type SoakLength = { readonly requests: number } | { readonly minutes: number };

/** What a soak is to do. */
export interface SoakOptions {
  readonly length: SoakLength;
  readonly seed: number;
  readonly tell?: (line: string) => void;
}

/** The figures of a soak. */
export interface SoakReport {
  readonly seed: number;
  readonly mutations: number;
  /** Answered with an error of the catalogue, such as `in-progress` or `contended`. */
  readonly refused: Readonly<Record<string, number>>;
  readonly faults: number;
  readonly crashes: number;
  readonly rests: number;
  /** Operations that left something in AWS, and were replayed. */
  readonly letters: number;
  readonly lost: number;
  readonly leaked: number;
  readonly unaudited: number;
  readonly other: number;
  readonly violations: readonly string[];
  /** Of mutations that were answered as done, in milliseconds, faults included. */
  readonly p50: number;
  readonly p99: number;
}

const DEPARTMENTS = 6;
const CLIENTS = 8;
const EXECUTORS = 3;
/** After so many requests the next department is brought to rest and checked. */
const CHECK_EVERY = 25;
/** How often a department that is to come to rest is rung while calls still fail. */
const RINGS_WITH_FAULTS = 200;
/** A lease that lapses soon, so that a crash holds a department up for seconds and not for a minute. */
const LIMITS = { ...EXECUTOR_LIMITS, work: 1_500, lease: 9_000, attempts: 6, page: 3 };

/** A department under soak. */
interface Subject {
  readonly place: Place;
  readonly watch: Watch;
  /** Requests that are under way. */
  asking: number;
  isPaused: boolean;
  /** Nothing fails any more, so that it can come to rest. */
  isHealing: boolean;
}

interface Soak {
  readonly world: FaultWorld;
  readonly random: Random;
  readonly subjects: readonly Subject[];
  readonly latencies: number[];
  readonly refused: Record<string, number>;
  readonly violations: string[];
  mutations: number;
  faults: number;
  crashes: number;
  rests: number;
  letters: number;
  requests: number;
  isOver: boolean;
}

/** Mixes mutations, faults and crashes at random, and checks each department at rest again and again. */
export async function soak({ length, seed, tell = () => undefined }: SoakOptions): Promise<SoakReport> {
  const world = await startFaultWorld({ limits: LIMITS, waits: true, waitMilliseconds: 5_000 });
  try {
    const subjects = await Promise.all(Array.from({ length: DEPARTMENTS }, () => onboard(world)));
    const state: Soak = {
      world,
      random: randomOf(seed),
      subjects,
      latencies: [],
      refused: {},
      violations: [],
      mutations: 0,
      faults: 0,
      crashes: 0,
      rests: 0,
      letters: 0,
      requests: 0,
      isOver: false,
    };
    const isEnough = endOf(length, state);
    const work = [
      ...Array.from({ length: CLIENTS }, () => client(state)),
      ...Array.from({ length: EXECUTORS }, (_, index) => executor(state, index)),
      checker(state, tell),
    ];
    while (!isEnough()) await wait(50);
    state.isOver = true;
    await Promise.all(work);
    return report(state, seed);
  } finally {
    await world.close();
  }
}

function endOf(length: SoakLength, state: Soak): () => boolean {
  if ('requests' in length) return () => state.requests >= length.requests;
  const until = Date.now() + length.minutes * 60_000;
  return () => Date.now() >= until;
}

async function onboard(world: FaultWorld): Promise<Subject> {
  const place = newPlace();
  const { core } = world.startApi({ faultAt: () => undefined }, { next: 1 });
  const { ring } = world.startExecutor({ faultAt: () => undefined }, { next: 1 });
  for (const one of [step.createDepartment, step.putOrganisation(), step.putAccess('931827427725')]) {
    const answer = await ask(world, core, one(place), undefined);
    if ('code' in answer) throw new Error(`A department cannot be onboarded: ${answer.detail}`);
    // On a busy machine a run may end before its work does.
    while (await isAtWork(world, place)) await ring(place.department).catch(() => undefined);
  }
  return { place, watch: await startWatch(world, place), asking: 0, isPaused: false, isHealing: false };
}

async function isAtWork({ embedded }: FaultWorld, { department }: Place): Promise<boolean> {
  const item = await readDepartmentItem(embedded.executor.tables, department);
  return item === undefined || item.head.pendingOperations.length > 0;
}

// ---- Faults ---------------------------------------------------------------------------------------------------------

/** About one call in fifty meets a fault, one in a thousand a crash. */
function rulesOf(state: Soak, subject: Subject): GateRules {
  return {
    faultAt: (call) => {
      if (subject.isHealing) return undefined;
      const kind = faultFor(state.random, call);
      if (kind === undefined) return undefined;
      if (kind.startsWith('crash')) state.crashes++;
      else state.faults++;
      return kind;
    },
    ...watching(subject.watch),
  };
}

function faultFor({ next }: Random, { writes }: Call): FaultKind | undefined {
  const dice = next();
  if (dice < 0.0005) return 'crash-before';
  if (dice < 0.001) return 'crash-after';
  if (dice < 0.012) return 'fail';
  return writes && dice < 0.02 ? 'lose' : undefined;
}

// ---- Those who ask --------------------------------------------------------------------------------------------------

async function client(state: Soak): Promise<void> {
  while (!state.isOver) {
    const subject = state.random.pick(state.subjects);
    if (subject.isPaused) {
      await wait(20);
      continue;
    }
    subject.asking++;
    try {
      const asked = await choose(state, subject);
      await askUntilAnswered(state, subject, asked, `soak-${++state.requests}`);
    } finally {
      subject.asking--;
    }
  }
}

/** As a pipeline does: the same request with the same key, until it is told something. */
async function askUntilAnswered(state: Soak, subject: Subject, asked: Asked, key: string): Promise<void> {
  const began = performance.now();
  for (let attempt = 1; attempt <= 10; attempt++) {
    const { core, gate } = state.world.startApi(rulesOf(state, subject), { next: 1 });
    const answer: Answer | 'crashed' = await Promise.race([ask(state.world, core, asked, key, false), gate.crashed]);
    if (answer === 'crashed' || ('code' in answer && answer.code === 'internal')) continue;
    if ('code' in answer) {
      state.refused[answer.code] = (state.refused[answer.code] ?? 0) + 1;
    } else {
      state.mutations++;
      if (answer.result.state === 'done') state.latencies.push(performance.now() - began);
    }
    return;
  }
  state.violations.push(`lost: ${asked.command} of ${subject.place.department} was never answered`);
}

const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'];
const ACCOUNTS = ['931827427725', '931827427726', '931827427727', '931827427725+push', '931827427726+push'];

async function choose({ world, random }: Soak, { place }: Subject): Promise<Asked> {
  const { tables } = world.embedded.executor;
  const { state } = await readDepartment(tables, place.department);
  const repositories = await listRepositories(tables, place.department as DepartmentId, 20);
  place.grants.splice(0, place.grants.length, ...(state?.grants ?? []).map(({ id }) => id));
  const name = random.pick(NAMES);
  const known = repositories.length === 0 ? name : (random.pick(repositories).name.split('/')[1] ?? name);
  const grant = random.below(Math.max(1, place.grants.length));
  const app = random.pick(['app', 'site', 'gift*']);
  const choices: readonly Step[] = [
    step.createRepository(name),
    step.createRepository(name, { lifecyclePolicy: step.LIFECYCLE }),
    step.updateRepository(known, {
      scanOnPush: random.chance(0.5),
      imageTagMutability: random.pick(['MUTABLE', 'IMMUTABLE']),
    }),
    step.deleteRepository(known),
    step.putAccess(...new Set([random.pick(ACCOUNTS.slice(0, 3))])),
    step.putAccess(random.pick(ACCOUNTS)),
    step.putAccess('111122223333'),
    step.createGrant(app, { environment: random.pick(['prod', 'test']) }),
    step.createGrant(app, { refs: ['refs/heads/main'] }),
    step.named(app.replace('*', ''), {}, known),
    step.updateGrant(grant, () => ({ refs: ['refs/heads/*'], environment: null })),
    step.updateGrant(grant, () => ({ refs: null, environment: random.pick(['prod', 'test']) })),
    step.revokeGrant(grant, random.chance(0.3)),
    step.revokeGrant(grant),
    random.chance(0.5) ? step.putOrganisation('other') : step.deleteOrganisation('other'),
  ];
  return random.pick(choices)(place);
}

// ---- Those who carry out --------------------------------------------------------------------------------------------

/** A doorbell that is never missed for long: each executor looks at each department again and again. */
async function executor(state: Soak, index: number): Promise<void> {
  for (let turn = index; !state.isOver; turn++) {
    const subject = state.subjects[turn % state.subjects.length];
    if (subject !== undefined) await ringOnce(state, subject);
    await wait(5);
  }
}

async function ringOnce(state: Soak, subject: Subject): Promise<void> {
  const { ring, gate } = state.world.startExecutor(rulesOf(state, subject), { next: 1 });
  await Promise.race([ring(subject.place.department).catch(() => undefined), gate.crashed]);
}

// ---- The check ------------------------------------------------------------------------------------------------------

async function checker(state: Soak, tell: (line: string) => void): Promise<void> {
  for (let turn = 0; !state.isOver; turn++) {
    while (!state.isOver && state.requests < (turn + 1) * CHECK_EVERY) await wait(20);
    const subject = state.subjects[turn % state.subjects.length];
    if (subject !== undefined) await bringToRest(state, subject);
    tell(
      `${state.mutations} mutations, ${state.faults} faults, ${state.crashes} crashes, ${state.rests} times at rest, ${state.violations.length} violations`,
    );
  }
  for (const subject of state.subjects) await bringToRest(state, subject);
}

/** Lets a department finish what was asked for, and holds it against what is promised. */
async function bringToRest(state: Soak, subject: Subject): Promise<void> {
  const { world } = state;
  subject.isPaused = true;
  while (subject.asking > 0) await wait(10);
  await finish(state, subject);
  const letters = await lettersOf(world, subject.place);
  state.letters += letters.length;
  state.violations.push(...(await replay(world, letters)));
  await finish(state, subject);
  state.violations.push(...(await violationsAtRest(subject.watch)));
  await startAnew(subject.watch);
  state.rests++;
  subject.isHealing = false;
  subject.isPaused = false;
}

async function finish(state: Soak, subject: Subject): Promise<void> {
  const deadline = Date.now() + PATIENT_WAIT;
  for (let rings = 0; await isAtWork(state.world, subject.place); rings++) {
    // With faults for a while, so that they meet this too; without, so that it ends.
    subject.isHealing = state.isOver || rings > RINGS_WITH_FAULTS;
    if (Date.now() > deadline) {
      state.violations.push(`lost: ${subject.place.department} does not come to rest`);
      return;
    }
    await ringOnce(state, subject);
    await wait(20);
  }
}

function report(state: Soak, seed: number): SoakReport {
  const { mutations, refused, faults, crashes, rests, letters, violations } = state;
  const sorted = state.latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const count = (kind: string): number => violations.filter((text) => text.startsWith(kind)).length;
  const [lost, leaked, unaudited] = [count('lost'), count('leaked'), count('unaudited')];
  const other = violations.length - lost - leaked - unaudited;
  return {
    seed,
    mutations,
    refused,
    faults,
    crashes,
    rests,
    letters,
    lost,
    leaked,
    unaudited,
    other,
    violations,
    p50: at(0.5),
    p99: at(0.99),
  };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
