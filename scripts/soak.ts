import { parseArgs } from 'node:util';
import { soak } from '../test/faults/soak.ts';

const HELP = `Mixes mutations, faults and crashes at random, and checks that nothing is lost.

  npm run soak -- --requests 300            as much work, however long it takes
  npm run soak -- --minutes 10              as long, however much is done
  npm run soak -- --minutes 10 --seed 42    the same dice; what runs at the same time is not the same
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    requests: { type: 'string', default: '300' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const tell = (line: string): void => void (process.stderr.isTTY && process.stderr.write(`\r${line}`));
  const length =
    values.minutes === undefined ? { requests: Number(values.requests) } : { minutes: Number(values.minutes) };
  const { violations, refused, ...figures } = await soak({ length, seed, tell });
  for (const violation of violations) console.log(violation);
  console.log(`refused ${JSON.stringify(refused)}`);
  console.log(
    Object.entries(figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
}
