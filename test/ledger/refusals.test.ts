/** Of a flood of refusals, a few events are made, and all of them are in their counts, whatever dies in between. */
import * as fc from 'fast-check';
import t from 'tap';
import { recordRefusal } from '../../src/core/record-refusal.ts';
import { findBreak } from '../../src/ledger/chain.ts';
import { connectTables, type Tables } from '../../src/ledger/client.ts';
import { JOINED_MILLISECONDS, tellCounted, type Refusal } from '../../src/ledger/refusals.ts';
import type { AuditEvent, AuditRecord } from '../../src/model/audit-event.ts';
import { runs } from '../support/extent.ts';
import { readWholeChain } from '../support/invariants.ts';
import { startService } from '../support/service.ts';

const BEGIN = Date.parse('2026-11-24T10:00:00.000Z');
const { embedded } = await startService(t, { executor: false });
const { tables } = embedded.executor;
let chains = 0;
/** A chain that nothing was written to. */
const newChain = (): string => `stranger-${(chains += 1)}.refusals`;

function refusal(chain: string, at: number, request: string, repositoryId = '4711'): Refusal {
  const caller: NonNullable<AuditRecord['caller']> = {
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'repo:somebody/app:ref:refs/heads/main',
    repository: 'somebody/app',
    repositoryId,
    repositoryOwner: 'somebody',
    repositoryOwnerId: '4712',
    eventName: 'push',
    tokenSha256: request,
  };
  const record: AuditRecord = {
    time: new Date(at).toISOString(),
    action: 'getDepartment',
    outcome: 'denied',
    caller,
    source: { requestId: request },
    reason: { code: 'not-found', detail: 'The caller has no access to it.' },
  };
  return { chain, record };
}

/** What a process records with: a clock that the test holds, and no waiting. */
function parts(now: () => number, over: Tables = tables) {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return { tables: over, now: () => new Date(now()), pause: async () => undefined, log: silent };
}

const countOf = ({ joined }: AuditEvent): number => joined?.count ?? 1;
const sumOf = (events: readonly AuditEvent[]): number => events.reduce((sum, event) => sum + countOf(event), 0);

t.test(
  'thousands of refusals of a stranger in ten minutes are eleven events, in which each is counted once',
  async (t) => {
    const chain = newChain();
    const [most, minutes] = [runs(10_000), 10];
    let at = BEGIN;
    for (let index = 0; index < most; index += 20) {
      at = BEGIN + Math.floor((index * minutes * 60_000) / most);
      const many = Array.from({ length: 20 }, (_, more) => refusal(chain, at, `${index + more}`));
      await Promise.all(
        many.map((one) =>
          recordRefusal(
            parts(() => at),
            one,
            'joined',
          ),
        ),
      );
      if (index !== 0) continue;
      const [first, ...others] = await readWholeChain(tables, chain);
      t.equal(first?.time, many[0]?.record.time, 'the first is written at once');
      t.equal(first?.joined, undefined, 'alone');
      t.equal(others.length, 0, 'and the others are counted');
    }
    await tellCounted(tables, new Date(at), 500);
    const events = await readWholeChain(tables, chain);
    t.equal(sumOf(events), most);
    t.ok(events.length <= minutes + 1, `${events.length} events`);
    t.equal(findBreak(events), undefined, 'the chain is whole');
    for (const { id, joined } of events.slice(1)) {
      const span = Date.parse(String(joined?.last)) - Date.parse(String(joined?.first));
      t.ok(span >= 0 && span <= JOINED_MILLISECONDS, `${id} joins no more than a minute`);
    }
  },
);

t.test('others, other commands and other codes are counted apart', async (t) => {
  const chain = newChain();
  const one = refusal(chain, BEGIN, 'a');
  const reason = { code: 'forbidden', detail: '' };
  for (const other of [
    one,
    refusal(chain, BEGIN, 'b', '4713'),
    { chain, record: { ...one.record, action: 'getGrant' } },
    { chain, record: { ...one.record, reason } },
  ])
    await recordRefusal(
      parts(() => BEGIN),
      other,
      'joined',
    );
  const events = await readWholeChain(tables, chain);
  t.equal(events.length, 4);
  t.ok(
    events.every(({ joined }) => joined === undefined),
    'each is the first of its kind, and an event at once',
  );
});

t.test('a refusal that is alone is an event of its own, however many there are', async (t) => {
  const chain = newChain();
  for (let index = 0; index < 20; index += 1)
    await recordRefusal(
      parts(() => BEGIN),
      refusal(chain, BEGIN, `${index}`),
      'alone',
    );
  const events = await readWholeChain(tables, chain);
  t.strictSame(
    events.map(({ source, joined }) => [source?.requestId, joined]),
    Array.from({ length: 20 }, (_, index) => [`${index}`, undefined]),
  );
});

t.test(
  'where the chain cannot be written to for long, each refusal is kept, and is told later: those alone by themselves',
  async (t) => {
    const chain = newChain();
    const gate = newGate();
    gate.fault = (command) => (command === 'TransactWriteItemsCommand' ? 'conflict' : undefined);
    for (const as of ['alone', 'joined'] as const)
      for (let index = 0; index < 3; index += 1)
        await recordRefusal(
          parts(() => BEGIN, gate.tables),
          refusal(chain, BEGIN + index, `${as}-${index}`),
          as,
        );
    t.strictSame(await readWholeChain(tables, chain), [], 'nothing could be written');
    t.match(await tellCounted(tables, new Date(BEGIN + 120_000), 500), { events: 4, left: 0 });
    const events = await readWholeChain(tables, chain);
    t.equal(sumOf(events), 6);
    const alone = events.filter(({ source }) => source?.requestId.startsWith('alone'));
    t.strictSame(
      alone.map(({ joined }) => joined).sort((a, b) => (String(a?.first) < String(b?.first) ? -1 : 1)),
      [0, 1, 2].map((index) => {
        const at = new Date(BEGIN + index).toISOString();
        return { count: 1, first: at, last: at };
      }),
      'with the time at which they were',
    );
    t.equal(findBreak(events), undefined);
  },
);

t.test('a sweep tells what waits longest first, goes on with the next, and forgets what counts nothing', async (t) => {
  const chain = newChain();
  const callers = Array.from({ length: 5 }, (_, index) => String(5_000 + index));
  for (const [index, caller] of callers.entries())
    for (const more of [0, 1])
      await recordRefusal(
        parts(() => BEGIN + index),
        refusal(chain, BEGIN + index, `${caller}-${more}`, caller),
        'joined',
      );
  const before = (await readWholeChain(tables, chain)).length;
  t.equal(before, 5);
  t.match(await tellCounted(tables, new Date(BEGIN + 1_000), 3), { events: 3, left: 2 });
  t.match(await tellCounted(tables, new Date(BEGIN + 1_000), 3), { events: 2, left: 0 });
  t.equal(sumOf(await readWholeChain(tables, chain)), 10);
  await tellCounted(tables, new Date(BEGIN + 600_000), 500);
  t.match(await tellCounted(tables, new Date(BEGIN + 600_000), 500), { events: 0, left: 0 });
});

/** What may happen to a call: it does not get there, its answer does not come back, or others were faster. */
type Fault = 'lost' | 'unanswered' | 'conflict';

/** A process that dies at calls as the test wants it. */
class Died extends Error {}

function newGate() {
  const { endpoints } = embedded;
  const over = connectTables({
    state: tables.state,
    audit: tables.audit,
    endpoint: endpoints.dynamoDb,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const gate: {
    tables: Tables;
    fault: (command: string) => Fault | undefined;
    /** Writes that were applied, although whoever asked for them never learned it. */
    applied: number;
  } = { tables: over, fault: () => undefined, applied: 0 };
  over.documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const fault = gate.fault(commandName);
        if (fault === 'conflict') throw conflict();
        if (fault === 'lost') throw new Died();
        const answer = await next(args);
        if (fault === undefined) return answer;
        if (commandName !== 'GetItemCommand') gate.applied += 1;
        throw new Died();
      },
    { step: 'initialize', name: 'gate' },
  );
  return gate;
}

function conflict(): Error {
  return Object.assign(new Error('Conflict'), {
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'TransactionConflict' }],
  });
}

t.test('whenever a process dies, each refusal that was recorded is in exactly one count', async () => {
  const death = fc.record({ after: fc.nat(6), fault: fc.constantFrom<Fault>('lost', 'unanswered') });
  const step = fc.record({
    /** Milliseconds since the step before: within a minute, or beyond. */
    passed: fc.constantFrom(0, 500, 20_000, 61_000),
    atOnce: fc.integer({ min: 1, max: 6 }),
    sweeps: fc.boolean(),
    death: fc.option(death, { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const [chain, gate] = [newChain(), newGate()];
      let [at, recorded, number] = [BEGIN, 0, 0];
      const survive = async (what: Promise<unknown>): Promise<boolean> =>
        what.then(
          () => true,
          (error: unknown) => {
            if (error instanceof Died) return false;
            throw error;
          },
        );
      for (const { passed, atOnce, sweeps, death: dies } of steps) {
        at += passed;
        let calls = 0;
        gate.fault = () => (dies !== undefined && calls++ === dies.after ? dies.fault : undefined);
        const many = Array.from({ length: atOnce }, () => refusal(chain, at, `${number++}`));
        const ends = await Promise.all(
          many.map((one) =>
            survive(
              recordRefusal(
                parts(() => at, gate.tables),
                one,
                'joined',
              ),
            ),
          ),
        );
        recorded += ends.filter((lived) => lived).length + gate.applied;
        gate.applied = 0;
        // A sweep that dies records nothing new, and loses nothing.
        if (sweeps) await survive(tellCounted(gate.tables, new Date(at), 500));
        gate.applied = 0;
      }
      gate.fault = () => undefined;
      for (let sweep = 0; (await tellCounted(tables, new Date(at), 500)).left > 0; sweep += 1)
        if (sweep > 5) return false;
      const events = await readWholeChain(tables, chain);
      return sumOf(events) === recorded && findBreak(events) === undefined;
    }),
    { numRuns: runs(60) },
  );
});
