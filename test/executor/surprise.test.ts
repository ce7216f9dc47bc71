/** A fault of our own is not a throttle: waiting does not cure it, so it is tried a few times and told as what it is. */
import t from 'tap';
import { EXECUTOR_LIMITS } from '../../src/executor/parts.ts';
import { fault, startBench, type Bench } from './bench.ts';

async function ringUntilRest({ ring }: Bench, changes: Parameters<Bench['ring']>[0] = {}): Promise<void> {
  for (let rings = 1; rings <= 30; rings++) if ((await ring(changes)) === 'done') return;
  throw new Error('The department does not come to rest.');
}

t.test(
  'a TypeError of ours is given up after three attempts and three to undo it; a throttle is tried twelve times',
  async (t) => {
    const bench = await startBench(t);
    const { aws } = bench.service.embedded.executor;
    const broken = Object.create(aws.ecr) as typeof aws.ecr;
    Object.defineProperty(broken, 'send', {
      value: () => {
        throw new TypeError('Cannot read properties of undefined');
      },
    });
    const ours = await bench.accept('createRepository', { department: 'koa', name: 'ours' });
    await ringUntilRest(bench, { aws: { ...aws, ecr: broken } });
    t.match(await bench.operation(ours.operation), {
      status: 'failed',
      attempts: 2 * EXECUTOR_LIMITS.surprises,
      error: { code: 'internal', detail: /something unexpected. Quote op-/ },
    });

    const theirs = await bench.accept('createRepository', { department: 'koa', name: 'theirs' });
    bench.faults.before = ({ operation }) =>
      operation === 'CreateRepository' ? fault('SomethingNewException', 400) : undefined;
    await ringUntilRest(bench);
    t.match(await bench.operation(theirs.operation), {
      status: 'failed',
      attempts: EXECUTOR_LIMITS.attempts,
      error: { code: 'aws-unavailable' },
    });
  },
);
