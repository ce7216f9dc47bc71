import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import t from 'tap';
import {
  EMPTY_CHAIN,
  findBreak,
  GENESIS_HASH,
  hashOf,
  isRefusalChain,
  link,
  refusalChain,
} from '../../src/ledger/chain.ts';
import type { AuditEvent, AuditRecord } from '../../src/model/audit-event.ts';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('koa', 'é', '\u2028', '"', '\\'));
const record: fc.Arbitrary<AuditRecord> = fc.record(
  {
    time: fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    department: text,
    action: text,
    outcome: fc.constantFrom('accepted', 'succeeded', 'failed', 'denied'),
    subject: fc.record({ type: fc.constantFrom('grant', 'repository'), id: text }),
    operation: text,
    version: fc.nat(),
    reason: fc.record({ code: text, detail: text }),
  },
  { requiredKeys: ['time', 'action', 'outcome'] },
);
const records = fc.array(record, { minLength: 1, maxLength: 8 });

t.test('whatever is linked makes a whole chain, in pieces or at once, and is sorted by number and by time', (t) => {
  fc.assert(
    fc.property(records, fc.nat(8), (all, cut) => {
      const whole = link('koa', EMPTY_CHAIN, all);
      const first = link('koa', EMPTY_CHAIN, all.slice(0, cut));
      const pieces = [...first, ...link('koa', first.at(-1) ?? EMPTY_CHAIN, all.slice(cut))];
      return (
        JSON.stringify(pieces) === JSON.stringify(whole) &&
        findBreak(whole) === undefined &&
        whole.every(({ seq, id, chain }, index) => seq === index + 1 && id === `koa/${seq}` && chain === 'koa') &&
        whole.every(({ time }, index) => index === 0 || time >= (whole[index - 1]?.time ?? ''))
      );
    }),
  );
  t.end();
});

t.test('the hash is SHA-256 over the hash before and the event in canonical JSON, so that others can check it', (t) => {
  const [one, two] = link('koa', EMPTY_CHAIN, [
    { time: '2026-01-01T00:00:00.000Z', action: 'createGrant', outcome: 'accepted', version: 1 },
    { time: '2026-01-01T00:00:01.000Z', action: 'createGrant', outcome: 'succeeded' },
  ]) as [AuditEvent, AuditEvent];
  t.equal(one.prev, GENESIS_HASH);
  const canonical = `{"action":"createGrant","chain":"koa","id":"koa/1","outcome":"accepted","prev":"${GENESIS_HASH}","schemaVersion":2,"seq":1,"time":"2026-01-01T00:00:00.000Z","version":1}`;
  t.equal(
    one.hash,
    createHash('sha256')
      .update(GENESIS_HASH + canonical)
      .digest('hex'),
  );
  t.equal(two.prev, one.hash);
  const shuffled = Object.fromEntries(Object.entries(one).reverse()) as unknown as AuditEvent;
  t.equal(hashOf(shuffled), one.hash, 'the order of members does not count');
  t.end();
});

t.test('whatever is changed, left out, doubled, moved or made up is found', (t) => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 3, maxLength: 8 }),
      fc.nat(),
      fc.constantFrom('action', 'outcome', 'time', 'department', 'reason', 'hash', 'prev', 'seq', 'id', 'chain', 'new'),
      (all, at, member) => {
        const chain = link('koa', EMPTY_CHAIN, all);
        const index = at % chain.length;
        const event = chain[index] as AuditEvent;
        const changed = {
          ...event,
          [member]:
            member === 'seq'
              ? event.seq + 1
              : `${JSON.stringify((event as unknown as Record<string, unknown>)[member])}x`,
        };
        const with_ = (...middle: readonly AuditEvent[]): readonly AuditEvent[] => [
          ...chain.slice(0, index),
          ...middle,
          ...chain.slice(index + 1),
        ];
        const resealed = { ...changed, hash: hashOf(changed) };
        const isLast = index === chain.length - 1;
        return (
          findBreak(with_(changed)) !== undefined &&
          (isLast || member === 'hash' || findBreak(with_(resealed)) !== undefined) &&
          (isLast || findBreak(with_()) !== undefined) &&
          findBreak(with_(event, event)) !== undefined &&
          findBreak([...chain].reverse()) !== undefined &&
          findBreak(chain.slice(1)) !== undefined
        );
      },
    ),
  );
  t.end();
});

t.test('what was cut off the end, or rewritten from some event on, is found by a head that was noted down', (t) => {
  const chain = link(
    'koa',
    EMPTY_CHAIN,
    ['a', 'b', 'c', 'd'].map((action) => ({ time: '2026-01-01T00:00:00.000Z', action, outcome: 'accepted' as const })),
  );
  const [, second, third] = chain as [AuditEvent, AuditEvent, AuditEvent];
  t.equal(findBreak(chain.slice(2), second), undefined, 'a run of a chain is held against the head before it');
  t.match(findBreak(chain.slice(2)), /expected event 1/);
  const rewritten = link('koa', second, [
    { time: '2026-01-01T00:00:00.000Z', action: 'x', outcome: 'accepted' },
    { time: '2026-01-01T00:00:00.000Z', action: 'y', outcome: 'accepted' },
  ]);
  t.equal(findBreak([...chain.slice(0, 2), ...rewritten]), undefined, 'by itself it looks whole');
  t.match(findBreak(rewritten.slice(1), third), /does not link/, 'held against the head that was noted, it does not');
  t.end();
});

t.test('chains of refusals are chains of their own, which no department can be named like', (t) => {
  t.equal(refusalChain('koa'), 'koa.refusals');
  t.equal(refusalChain(undefined), 'platform.refusals');
  t.ok(isRefusalChain(refusalChain('koa')));
  t.notOk(isRefusalChain('koa'));
  t.end();
});
