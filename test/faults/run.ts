import { loadContracts } from '../../src/contract/contract-source.ts';
import type { AskedMutation } from '../../src/contract/route.ts';
import { valid } from '../../src/contract/valid.ts';
import type { Core, MutationResult } from '../../src/core/core.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { listDeadLetters, type DeadLetter } from '../../src/ledger/dead-letters.ts';
import { readDepartmentItem } from '../../src/ledger/read.ts';
import type { Call, Counter, FaultKind, GateRules } from './gate.ts';
import type { Asked, Place, Scenario, Step } from './scenarios.ts';
import { accessBeyondState, violationsAtRest } from './rest.ts';
import { startWatch, watching, type Watch } from './watch.ts';
import { LIMITS, type FaultWorld } from './world.ts';

/** Which call meets which fault. */
export type Faults = ReadonlyMap<number, FaultKind>;

/** What a run of a scenario came to. */
export interface RunReport {
  /** The calls that it made, until it was at rest. */
  readonly calls: readonly Call[];
  /** What was not as promised, in words; empty when all was. */
  readonly violations: readonly string[];
  readonly crashes: number;
}

const { contract } = loadContracts();

let places = 0;

/** A department of its own for one run. */
export function newPlace(): Place {
  const number = ++places;
  // The first three letters are the run's own, for patterns over the organisations of a department.
  const organisation = `O${number.toString(36)}-first`;
  return {
    department: `d${number.toString(36)}x`,
    organisation,
    other: `O${number.toString(36)}-second`,
    grants: [],
    operations: [],
  };
}

/** One run of a scenario under way. */
interface Run {
  readonly world: FaultWorld;
  readonly scenario: Scenario;
  readonly place: Place;
  readonly faults: Faults;
  readonly counter: Counter;
  readonly calls: Call[];
  readonly violations: string[];
  readonly watch: Watch;
  readonly asked: Asked[];
  readonly first: (Answer | undefined)[];
  crashes: number;
  awsWrites: number;
  readonly during: NonNullable<Scenario['during']>[number][];
}

/** What another process asks for at the worst moment. */
const RIVAL: Step = ({ department }) => ({
  command: 'createRepository',
  params: { department },
  body: { name: `${department}/rival` },
});

const NO_FAULTS: GateRules = { faultAt: () => undefined };
const QUIET = (): Counter => ({ next: 1 });

/**
 * Runs a scenario on a department of its own: its mutations are asked for with the faults, then the executor is rung,
 * restarted after each crash, until all is at rest. Then everything that is promised is checked.
 */
export async function runScenario(world: FaultWorld, scenario: Scenario, faults: Faults): Promise<RunReport> {
  const place = newPlace();
  await prepare(world, scenario, place);
  const run: Run = {
    world,
    scenario,
    place,
    faults,
    counter: { next: 1 },
    calls: [],
    violations: [],
    watch: await startWatch(world, place),
    asked: [],
    first: [],
    crashes: 0,
    awsWrites: 0,
    during: [...(scenario.during ?? [])],
  };
  for (const step of scenario.mutations) await askFor(run, step);
  await settle(run);
  // The executor may have come to rest before it made so many writes.
  for (const { step } of run.during.splice(0)) await askFor(run, step);
  await settle(run);
  await answerDeadLetters(run);
  await repeatAll(run);
  run.violations.push(...(await violationsAtRest(run.watch)));
  return { calls: run.calls, violations: run.violations, crashes: run.crashes };
}

function keyOf({ department }: Place, index: number): string {
  return `${department}-${index}`;
}

// ---- Before the faults ----------------------------------------------------------------------------------------------

async function prepare(world: FaultWorld, { before = [], arrange, name }: Scenario, place: Place): Promise<void> {
  const { core } = world.startApi(NO_FAULTS, QUIET());
  const { ring } = world.startExecutor(NO_FAULTS, QUIET());
  for (const step of before) {
    let answer = await ask(world, core, step(place), undefined);
    if ('code' in answer && answer.code === 'in-progress') {
      await ring(place.department);
      answer = await ask(world, core, step(place), undefined);
    }
    if ('code' in answer) throw new Error(`${name} cannot be prepared: ${answer.code}: ${answer.detail}`);
    noteGrant(place, answer);
    if (answer.result.operation !== undefined) place.operations.push(answer.result.operation.id);
  }
  await ring(place.department);
  await arrange?.(world, place);
}

function noteGrant(place: Place, { result }: { readonly result: MutationResult }): void {
  const entity = result.entity as { readonly id?: string } | null;
  if (result.entityName === 'grant' && entity?.id !== undefined && result.created) place.grants.push(entity.id);
}

// ---- The mutations --------------------------------------------------------------------------------------------------

/** What a caller was told. */
export type Answer =
  | { readonly result: MutationResult }
  | { readonly code: string; readonly detail: string; readonly operation: string | undefined };

export async function ask(
  world: FaultWorld,
  core: Core,
  asked: Asked,
  idempotencyKey: string | undefined,
  respondAsync = true,
): Promise<Answer> {
  const asker = { caller: world.platform, source: { requestId: 'faults' } };
  try {
    const { call, options } = throughTheContract(asked);
    const result = await core.mutate(call, asker, {
      ...options,
      respondAsync,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    return { result };
  } catch (error) {
    if (!(error instanceof ServiceError)) return { code: 'internal', detail: String(error), operation: undefined };
    return { code: error.code, detail: error.message, operation: error.extras.operation };
  }
}

function throughTheContract({ command, params = {}, query = {}, body, ifMatch }: Asked): AskedMutation {
  const operation = contract.operations.get(command);
  if (operation?.kind !== 'mutation') throw new Error(`${command} is no mutation.`);
  const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch };
  return valid(operation.validate({ path: params, query, headers, ...(body === undefined ? {} : { body }) }));
}

async function askFor(run: Run, step: Step): Promise<void> {
  const one = step(run.place);
  const index = run.asked.push(one) - 1;
  run.first[index] = await askUnderFaults(run, one, keyOf(run.place, index));
}

/** Asks as a client does that repeats its request with the same key until it is told something. */
async function askUnderFaults(run: Run, asked: Asked, key: string): Promise<Answer | undefined> {
  for (let attempt = 1; attempt <= 8; attempt++) {
    const { core, gate } = run.world.startApi(rulesOf(run), run.counter);
    const answer = await Promise.race([ask(run.world, core, asked, key), gate.crashed]);
    if (answer === 'crashed') {
      run.crashes++;
      continue;
    }
    if ('code' in answer && answer.code === 'internal') continue;
    return answer;
  }
  run.violations.push(`${asked.command} was not answered after 8 attempts`);
  return undefined;
}

function rulesOf(run: Run): GateRules {
  return {
    faultAt: (call) => {
      run.calls.push(call);
      return run.faults.get(call.number);
    },
    onRival: async () => {
      const item = await readDepartmentItem(run.world.embedded.executor.tables, run.place.department);
      if (item !== undefined && !item.head.deleted && item.value.pending === undefined) await askFor(run, RIVAL);
    },
    ...watching(run.watch),
    onAwsWritten: async () => {
      const now = ++run.awsWrites;
      const due = run.during.findIndex(({ afterWrites }) => afterWrites <= now);
      const [next] = due < 0 ? [] : run.during.splice(due, 1);
      if (next !== undefined) await askFor(run, next.step);
    },
  };
}

/** Rings the executor, a new one after each crash, until nothing is pending. */
async function settle(run: Run): Promise<void> {
  const { world, place } = run;
  for (let round = 1; round <= 40; round++) {
    const item = await readDepartmentItem(world.embedded.executor.tables, place.department);
    if ((item?.head.pendingOperations.length ?? 0) === 0) return;
    const { ring, gate } = world.startExecutor(rulesOf(run), run.counter);
    const ended = await Promise.race([
      ring(place.department).then(
        () => 'done' as const,
        () => 'not-yet' as const,
      ),
      gate.crashed,
    ]);
    if (ended === 'crashed') run.crashes++;
    // A lease that a crash left behind lapses; so does one that could not be given back.
    world.pass(LIMITS.lease + 1_000);
  }
  run.violations.push('operations are pending after 40 rounds of the executor');
}

/**
 * What an operation left is replayed, once AWS refuses no more. Until then AWS is not as the state says, but gives nothing
 * that the state does not, other than what AWS itself refuses to take away.
 */
async function answerDeadLetters(run: Run): Promise<void> {
  const { world, place, scenario } = run;
  const letters = await lettersOf(world, place);
  if (run.faults.size === 0 && letters.length !== (scenario.leaves ?? 0))
    run.violations.push(`${letters.length} operations left something in AWS, not ${scenario.leaves ?? 0}`);
  if (letters.length === 0) return;
  const open = (await accessBeyondState(run.watch)).filter((access) => scenario.staysOpen?.test(access) !== true);
  run.violations.push(...open.map((access) => `open: ${access}, and the state says no`));
  for (const text of world.refusals.keys()) if (text.includes(place.department)) world.refusals.delete(text);
  run.violations.push(...(await replay(world, letters)));
  await settle(run);
  const left = await lettersOf(world, place);
  run.violations.push(...left.map(({ operation, error }) => `${operation} is not answered: ${error.detail}`));
}

/** What operations of a department left to be replayed. */
export async function lettersOf({ embedded }: FaultWorld, { department }: Place): Promise<readonly DeadLetter[]> {
  return (await listDeadLetters(embedded.executor.tables)).filter((letter) => letter.department === department);
}

/**
 * Asks for the replay of each, as the platform team does.
 * @returns those that were refused, in words
 */
export async function replay(world: FaultWorld, letters: readonly DeadLetter[]): Promise<readonly string[]> {
  const { core } = world.startApi(NO_FAULTS, QUIET());
  const refused: string[] = [];
  for (const { operation } of letters) {
    const answer = await ask(world, core, { command: 'replayOperation', params: { id: operation } }, undefined);
    if ('code' in answer) refused.push(`replay of ${operation}: ${answer.code}: ${answer.detail}`);
  }
  return refused;
}

// ---- Afterwards -----------------------------------------------------------------------------------------------------

/** A repeat with the same key gets the first answer, and the same again, and makes nothing new. */
async function repeatAll(run: Run): Promise<void> {
  const { world, place, asked, first } = run;
  const { core } = world.startApi(NO_FAULTS, QUIET());
  const version = async () =>
    (await readDepartmentItem(world.embedded.executor.tables, place.department))?.head.version;
  const before = await version();
  for (const [index, one] of asked.entries()) {
    const key = keyOf(place, index);
    const told = first[index];
    const [once, again] = [await ask(world, core, one, key), await ask(world, core, one, key)];
    if (JSON.stringify(identity(once)) !== JSON.stringify(identity(again)))
      run.violations.push(
        `repeat: ${one.command} was answered ${JSON.stringify(identity(once))}, then ${JSON.stringify(identity(again))}`,
      );
    if (told !== undefined && operationOf(told) !== undefined && operationOf(told) !== operationOf(once))
      run.violations.push(`repeat: ${one.command} was operation ${operationOf(told)} first, then ${operationOf(once)}`);
    const expected = run.scenario.ends?.[index];
    const code = 'code' in once ? once.code : undefined;
    if (run.faults.size === 0 && code !== expected)
      run.violations.push(
        `${one.command} ended with ${code ?? 'success'}${'detail' in once ? ` (${once.detail})` : ''}, not with ${expected ?? 'success'}`,
      );
  }
  if ((await version()) !== before) run.violations.push('repeat: a repeat made a new version');
}

function operationOf(answer: Answer): string | undefined {
  return 'result' in answer ? answer.result.operation?.id : answer.operation;
}

function identity(answer: Answer): unknown {
  if ('code' in answer) return answer;
  const { result } = answer;
  return {
    operation: result.operation?.id,
    status: result.operation?.status,
    entity: result.entity,
    created: result.created,
  };
}
