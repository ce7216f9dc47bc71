import * as fc from 'fast-check';
import t from 'tap';
import { acknowledgedBy, auditInput } from '../../src/core/audit-input.ts';
import { canonicalJson } from '../../src/model/canonical-json.ts';

const NOTHING = { params: {}, query: {}, body: {} };

t.test('what is short is kept as it was asked for, and what is empty is left out', async (t) => {
  const asked = { params: { department: 'koa' }, query: {}, body: { name: 'koa/cart', scanOnPush: false } };
  t.strictSame(auditInput(asked), { input: { params: asked.params, body: asked.body } });
  t.strictSame(auditInput(NOTHING), {});
});

t.test('of what is long the beginning is kept, marked, with its length; what is short beside it stays', async (t) => {
  const refs = Array.from({ length: 20 }, (_, index) => `refs/heads/${'x'.repeat(200)}${index}`);
  const body = { organisation: 'JPPOL-KOA', refs };
  const { input } = auditInput({ ...NOTHING, body });
  t.match(input?.body, {
    organisation: 'JPPOL-KOA',
    refs: { cut: canonicalJson(refs).slice(0, 96), bytes: Buffer.byteLength(canonicalJson(refs)) },
  });
});

t.test('whatever is asked, an event keeps about 2 KB of it at most, in text that UTF-8 can write', (t) => {
  const texts = fc.string({ unit: 'binary', maxLength: 3_000 });
  const members = fc.dictionary(fc.constantFrom('name', 'refs', 'managers', 'accounts', 'displayName'), texts);
  fc.assert(
    fc.property(fc.record({ params: fc.constant({}), query: fc.constant({}), body: members }), (asked) => {
      const text = canonicalJson(auditInput(asked));
      return Buffer.byteLength(text) <= 2_300 && text.isWellFormed();
    }),
  );
  t.end();
});

t.test('acknowledgements are kept, from a body or from the query of a deletion', async (t) => {
  t.strictSame(acknowledgedBy({ ...NOTHING, body: { acknowledge: ['pull-requests'] } }), {
    acknowledged: ['pull-requests'],
  });
  t.strictSame(acknowledgedBy({ ...NOTHING, query: { acknowledge: ['deletes-images'] } }), {
    acknowledged: ['deletes-images'],
  });
  t.strictSame(acknowledgedBy(NOTHING), {});
});
