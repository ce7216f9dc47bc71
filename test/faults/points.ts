import type { Call, FaultKind } from './gate.ts';
import { runScenario } from './run.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { startFaultWorld, type FaultWorld } from './world.ts';

/** One fault at one call of a scenario; its text replays it: `createGrant#12:crash-after`. */
export interface Point {
  readonly scenario: Scenario;
  readonly call: Call;
  readonly kind: FaultKind;
}

/** What an enumeration came to. */
export interface Enumeration {
  /** Places where a process was stopped: before and after each call. */
  readonly crashPoints: number;
  /** Of those, the ones that were run; the others leave the very state of one that was. */
  readonly crashRuns: number;
  /** Calls that failed, before or after their effect, while the process lived on. */
  readonly faultRuns: number;
  readonly violations: readonly string[];
}

/** The text by which a point is printed and replayed. */
function textOf({ scenario, call, kind }: Point): string {
  return `${scenario.name}#${call.number}:${kind}`;
}

/**
 * The points of a scenario that differ in what they leave behind. A process that stops after a read leaves what one
 * leaves that stops before it, so both are one run; so are a read that fails and a read whose answer gets lost.
 */
export function pointsOf(scenario: Scenario, calls: readonly Call[]): readonly Point[] {
  return calls.flatMap((call) => {
    const kinds: readonly FaultKind[] = call.writes
      ? ['crash-before', 'crash-after', 'fail', 'lose']
      : ['crash-before', 'fail'];
    const rivals: readonly FaultKind[] = call.operation === 'TransactWrite' ? ['rival'] : [];
    return [...kinds, ...rivals].map((kind) => ({ scenario, call, kind }));
  });
}

/** How an enumeration is narrowed, and told. */
export interface EnumerationOptions {
  /** Only scenarios whose name this holds. */
  readonly scenarios?: string;
  /** Only one of so many points; all without it. */
  readonly every?: number;
  /** Which of them, when not all are run. */
  readonly seed?: number;
  /** Runs at a time. */
  readonly parallel?: number;
  readonly tell?: (line: string) => void;
}

/** Runs on one world: the emulated DynamoDB takes the longer for a call the more it holds. */
const RUNS_PER_WORLD = 48;

/** Runs every scenario without a fault, and then once for each point. */
export async function enumerate(options: EnumerationOptions = {}): Promise<Enumeration> {
  const { every = 1, seed = 0, parallel = 4, tell = () => undefined } = options;
  const violations: string[] = [];
  let [crashPoints, crashRuns, faultRuns, turn] = [0, 0, 0, seed];
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(options.scenarios ?? ''))) {
    const began = performance.now();
    const plain = await onWorld((world) => runScenario(world, scenario, new Map()));
    const found = plain.violations.map((violation) => `${scenario.name}, without a fault: ${violation}`);
    const points = pointsOf(scenario, plain.calls).filter(() => turn++ % every === 0);
    for (let begin = 0; begin < points.length; begin += RUNS_PER_WORLD) {
      await onWorld((world) =>
        inParallel(points.slice(begin, begin + RUNS_PER_WORLD), parallel, async (point) => {
          const report = await runScenario(world, scenario, new Map([[point.call.number, point.kind]]));
          found.push(
            ...report.violations.map(
              (violation) => `${textOf(point)} (${point.call.process} ${point.call.operation}): ${violation}`,
            ),
          );
        }),
      );
    }
    const crashes = points.filter(({ kind }) => kind.startsWith('crash')).length;
    crashPoints += plain.calls.length * 2;
    crashRuns += crashes;
    faultRuns += points.length - crashes;
    violations.push(...found);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    tell(
      `${scenario.name}: ${plain.calls.length} calls, ${crashes} crashes, ${points.length - crashes} other faults, ${found.length} violations, ${seconds} s`,
    );
    for (const violation of found) tell(`  ${violation}`);
  }
  return { crashPoints, crashRuns, faultRuns, violations };
}

async function onWorld<T>(work: (world: FaultWorld) => Promise<T>): Promise<T> {
  const world = await startFaultWorld();
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

async function inParallel<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Runs one point again, by its text. */
export async function replayPoint(text: string): Promise<readonly string[]> {
  const parts = /^(.*)#(\d+):(crash-before|crash-after|fail|lose|rival)$/.exec(text);
  const scenario = SCENARIOS.find(({ name }) => name === parts?.[1]);
  if (parts === null || scenario === undefined) throw new Error(`There is no point ${text}.`);
  const faults = new Map([[Number(parts[2]), parts[3] as FaultKind]]);
  return (await onWorld((world) => runScenario(world, scenario, faults))).violations;
}
