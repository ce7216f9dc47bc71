import { parseArgs } from 'node:util';
import { killRepeatedly } from '../test/faults/kill.ts';
import { enumerate, replayPoint } from '../test/faults/points.ts';

const HELP = `Stops and breaks the service at every call that it makes, and checks what is promised.

  npm run faults                              every point of every mutation
  npm run faults -- --scenario createGrant    only scenarios whose name holds this
  npm run faults -- --every 10 [--seed S]     one of ten points; which, the seed says
  npm run faults -- --replay 'createGrant#12:crash-after'
  npm run faults -- --kill 10 [--seed S]      kills real processes with SIGKILL, in the middle of requests, on the same data
`;

/** Places where a process may stop; fewer would mean that the harness looks away. */
const LEAST_CRASH_POINTS = 2_000;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '4' },
    replay: { type: 'string' },
    kill: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (values.kill !== undefined) return kill(Number(values.kill), seed);
  if (values.replay !== undefined) {
    const violations = await replayPoint(values.replay);
    console.log([...violations, `${violations.length} violations`].join('\n'));
    return violations.length;
  }
  const { crashPoints, crashRuns, faultRuns, violations } = await enumerate({
    scenarios: values.scenario,
    every: Number(values.every),
    seed,
    parallel: Number(values.parallel),
    tell: (line) => console.log(line),
  });
  console.log(
    `${crashPoints} crash points (${crashRuns} that differ were run), ${faultRuns} other faults, ${violations.length} violations, seed ${seed}`,
  );
  const isShort = values.scenario === '' && crashPoints < LEAST_CRASH_POINTS;
  if (isShort) console.log(`There should be ${LEAST_CRASH_POINTS} crash points at least.`);
  return violations.length + (isShort ? 1 : 0);
}

async function kill(kills: number, seed: number): Promise<number> {
  const { cutOff, answered, violations } = await killRepeatedly(kills, seed, (line) => console.log(line));
  for (const violation of violations) console.log(`  ${violation}`);
  console.log(
    `seed ${seed}: ${kills} kills, ${answered} requests answered, ${cutOff} cut off and repeated, ${violations.length} violations`,
  );
  return violations.length;
}

process.exitCode = (await main()) === 0 ? 0 : 1;
