/** A fan-out over many repositories goes on where it was: neither a lost race nor a call that fails now and then ends it. */
import t, { type Test } from 'tap';
import { MOST_TRIES } from '../../src/executor/advance.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import { gated, openGate, type Call, type FaultKind } from '../faults/gate.ts';
import { restRequest } from '../support/both-faces.ts';
import { readWholeChain } from '../support/invariants.ts';
import { PLATFORM } from '../support/service.ts';
import { ACCESS, ACCOUNT, fault, limits, startBench, type Bench } from './bench.ts';

const NAMES = ['app-1', 'app-2', 'app-3', 'app-4'];
/** The executor really waits between two tries; here it does not. */
const NO_PAUSE = { pause: async () => undefined };

/** A department with some repositories, and account access that is accepted for them. */
async function startFanOut(t: Test): Promise<{ readonly bench: Bench; readonly operation: string }> {
  const bench = await startBench(t);
  for (const name of NAMES) await bench.accept('createRepository', { department: 'koa', name });
  t.equal(await bench.ring(), 'done');
  const { operation } = await bench.accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
  return { bench, operation };
}

/** The executor's parts, with faults at its calls. */
function failing({ service }: Bench, faultAt: (call: Call) => FaultKind | undefined, onRival = async () => undefined) {
  const { tables, aws } = service.embedded.executor;
  const gate = openGate({ faultAt, onRival }, { next: 1 });
  return {
    ...NO_PAUSE,
    tables: { ...tables, documents: gated(tables.documents, gate, 'executor', 'dynamodb') },
    aws: { ...aws, ecr: gated(aws.ecr, gate, 'executor', 'ecr') },
  };
}

function callsOf(events: readonly AuditEvent[], operation: string): readonly string[] {
  return events
    .filter((event) => event.operation === operation)
    .flatMap(({ awsCalls = [] }) => awsCalls.filter(({ outcome }) => outcome === 'ok'))
    .map(({ action, resource }) => `${action} ${resource}`);
}

t.test('an operation whose records lose every race waits for the next run, however often, and ends well', async (t) => {
  const { bench, operation } = await startFanOut(t);
  let renamed = 0;
  const rename = async (): Promise<undefined> => {
    const displayName = `KOA ${++renamed}`;
    await bench.service.ask(PLATFORM, restRequest('updateDepartment', { department: 'koa', displayName }));
    return undefined;
  };
  for (let run = 1; run <= 4; run++) {
    // Enough for the page's record and its repeat; what comes after them in the run is written.
    let left = 2 * MOST_TRIES;
    const losing = failing(
      bench,
      ({ operation: call }) => (call === 'TransactWrite' && left-- > 0 ? 'rival' : undefined),
      rename,
    );
    t.equal(await bench.ring({ ...losing, ...limits({ page: 1 }) }), 'left');
  }
  t.ok(renamed >= 4 * 2 * MOST_TRIES, `others were faster ${renamed} times`);
  t.match(await bench.operation(operation), { status: 'pending' });
  t.equal(await bench.ring(), 'done');
  t.match(await bench.operation(operation), { status: 'succeeded', completed: NAMES.length });
});

t.test('a fan-out that comes on is not given up, however many of its attempts came to nothing before', async (t) => {
  const { bench, operation } = await startFanOut(t);
  const fails = [true, true, false, true];
  const hasty = failing(bench, ({ operation: call }) =>
    call === 'SetRepositoryPolicy' && fails.shift() === true ? 'fail' : undefined,
  );
  for (let run = 1; run <= 3; run++) t.equal(await bench.ring({ ...hasty, ...limits({ page: 1 }) }), 'left');
  t.match(await bench.operation(operation), { status: 'pending', completed: 1 });
  t.equal(await bench.ring({ ...hasty, ...limits({ page: 1 }) }), 'done');
  t.match(await bench.operation(operation), { status: 'succeeded', completed: NAMES.length });
});

t.test(
  'what a fan-out could not record is in its next record: the calls, and what a repository has instead',
  async (t) => {
    const { bench, operation } = await startFanOut(t);
    bench.faults.before = ({ operation: call, input }) =>
      call === 'SetRepositoryPolicy' && JSON.stringify(input).includes('app-2')
        ? fault('InvalidParameterException')
        : undefined;
    const fails = [true];
    const hasty = failing(bench, ({ operation: call }) =>
      call === 'TransactWrite' && fails.shift() === true ? 'fail' : undefined,
    );
    for (let run = 1; run <= 5 && (await bench.ring({ ...hasty, ...limits({ page: 2 }) })) === 'left'; run++);
    t.strictSame(fails, [], 'a record failed');
    t.match(await bench.operation(operation), { status: 'failed', refused: { count: 1 } });
    const events = await readWholeChain(bench.service.embedded.executor.tables, 'koa');
    t.strictSame(
      callsOf(events, operation),
      ['app-1', 'app-3', 'app-4'].map((name) => `ecr:SetRepositoryPolicy ${name}`),
    );
    const repository = await bench.service.ask(PLATFORM, { path: '/v1/repositories/app-2' });
    t.match(
      repository.body,
      { accountAccessRefusal: { operation } },
      'who may really pull from the one that refused is told',
    );
  },
);
