/**
 * Applies infra/ to an AWS that others wrote, with the real binary and the built archives, and looks whether it works; then plants
 * changes of meaning in a copy of the module, each of which the same checks must find. See --help.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { binariesOnPath, type Binary } from './apply-module.ts';
import { asError, failureOf } from './checks/check.ts';
import { withWhatTheyBuildOn, CHECKS } from './checks/all.ts';
import { deploy, startGround, type Ground } from './deployment.ts';
import { editedBy, PLANTED_CHANGES, type PlantedChange } from './planted-changes.ts';
import { RELAXED_STATEMENTS } from './relaxed-statements.ts';
import { newStage } from './stage.ts';
import { WRONGLY_ALLOWED } from './wrongly-allowed.ts';

const HELP = `Applies infra/ to ministack, with its IAM enforced, and looks whether the running system keeps its promises.

  npm run deployed                       the module as it is, with each of terraform and tofu that is on the PATH
  npm run deployed -- --planted 4        and 4 planted changes, drawn by --seed; each must make a check fail
  npm run deployed -- --planted all      and all of them
  npm run deployed -- --only TEXT        and those whose name or check has the text

  --seed N      which changes are drawn; default: today's date
  --list        the checks, the planted changes, what is relaxed for the emulator and what it wrongly allows; runs nothing
`;

/** Looks for what does not happen: fewer for a planted change, because not happening is what is waited for. */
const LOOKS_WHEN_PLANTED = 50;

const { values } = parseArgs({
  options: {
    planted: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) say(HELP);
else if (values.list === true) list();
else process.exitCode = await main();

async function main(): Promise<number> {
  const binaries = binariesOnPath();
  for (const name of ['tofu', 'terraform'] as const)
    if (!binaries.includes(name)) say(`not run: infra/ applied by ${name}, which is not on the PATH`);
  const [first] = binaries;
  if (first === undefined) return 0;
  spawnSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ground = await startGround();
  try {
    say(`infra/ on ${ground.ministack.version}, IAM enforced, ${RELAXED_STATEMENTS.length} statements relaxed`);
    let failed = 0;
    for (const binary of binaries) failed += await playAsItIs(ground, binary);
    // What is planted is only found if the checks hold without it.
    if (failed > 0) return 1;
    const missed = await plant(ground, first, drawn());
    return missed > 0 ? 1 : 0;
  } finally {
    await ground.close();
  }
}

async function playAsItIs(ground: Ground, binary: Binary): Promise<number> {
  await ground.ministack.reset();
  const deployment = await deploy(ground, { binary });
  say(`ok - applied by ${binary}`);
  let failed = 0;
  for (const { name, promise, play } of CHECKS) {
    const error = await failureOf(play(newStage(deployment)));
    if (error !== undefined) failed += 1;
    say(
      `${error === undefined ? 'ok' : 'not ok'} - ${name}: ${promise}${error === undefined ? '' : `\n  ${error.message}`}`,
    );
  }
  await deployment.close();
  say(`deployed by ${binary}: ${CHECKS.length - failed} of ${CHECKS.length} checks hold`);
  return failed;
}

async function plant(ground: Ground, binary: Binary, changes: readonly PlantedChange[]): Promise<number> {
  if (changes.length === 0) return 0;
  let missed = 0;
  for (const change of changes) {
    const reason = await caughtBy(ground, binary, change);
    if (reason === undefined) missed += 1;
    say(
      `${reason === undefined ? 'MISSED' : 'caught'} - ${change.name} (${change.file}): ${reason ?? `${change.check} holds`}`,
    );
  }
  say(`planted changes: ${changes.length - missed} of ${changes.length} caught, of ${PLANTED_CHANGES.length} in all`);
  return missed;
}

/** How a planted change was found; undefined where everything held. */
async function caughtBy(ground: Ground, binary: Binary, change: PlantedChange): Promise<string | undefined> {
  await ground.ministack.reset();
  const deployment = await deploy(ground, { binary, edited: editedBy(change) }).catch((error: unknown) =>
    firstLine(asError(error)),
  );
  if (typeof deployment === 'string') return `it can’t be applied: ${deployment}`;
  try {
    for (const { name, play } of withWhatTheyBuildOn([change.check])) {
      // In a promise from the start: settings that the service refuses are found when its stage is made.
      const error = await failureOf(Promise.resolve().then(() => play(newStage(deployment, LOOKS_WHEN_PLANTED))));
      if (error !== undefined) return `${name}: ${firstLine(error)}`;
    }
    return undefined;
  } finally {
    await deployment.close();
  }
}

function drawn(): readonly PlantedChange[] {
  const { only, planted, seed } = values;
  if (only !== undefined) return PLANTED_CHANGES.filter(({ name, check }) => name.includes(only) || check === only);
  if (planted === undefined) return [];
  if (planted === 'all') return PLANTED_CHANGES;
  const count = Number(planted);
  if (!Number.isInteger(count) || count < 0) throw new Error(`--planted takes a number or all, not ${planted}.`);
  say(`planted changes drawn with seed ${seed}`);
  const random = randomFrom(Number(seed));
  return PLANTED_CHANGES.map((change) => ({ change, at: random() }))
    .sort((one, other) => one.at - other.at)
    .slice(0, count)
    .map(({ change }) => change);
}

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function list(): void {
  say('Checks:');
  for (const { name, promise } of CHECKS) say(`  ${name.padEnd(14)} ${promise}`);
  say('\nRelaxed for the emulator:');
  for (const { policy, sid, how, why } of RELAXED_STATEMENTS) say(`  ${policy} ${sid}: ${how}; ${why}`);
  say('\nWrongly allowed by the emulator, or not shown by it:');
  for (const { what, held } of WRONGLY_ALLOWED) say(`  ${what}; held by ${held}`);
  say('\nPlanted changes:');
  for (const { name, file, check } of PLANTED_CHANGES) say(`  ${file.padEnd(32)} ${name}  (${check})`);
}

function firstLine({ message: text }: Error): string {
  const lines = text.split('\n').map((line) => line.replaceAll(/[│╷╵]/g, '').trim());
  return (lines.find((line) => /Error:/.test(line)) ?? lines[0] ?? '').slice(0, 200);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
