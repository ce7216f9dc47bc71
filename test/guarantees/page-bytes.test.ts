/** A page is bounded by its bytes too: however large the items, it stays far below what a Lambda may answer, and none is left out. */
import t from 'tap';
import { fitting, PAGE_BYTES, pageOf } from '../../src/core/queries/cursor.ts';
import { chainOf, fillLog } from '../audit/log.ts';
import { PLATFORM, startService } from '../support/service.ts';

/** The longest lifecycle policy that the service takes. */
const DOCUMENT = { text: 'x'.repeat(28_000) };
/** The frame around the items, and a cursor. */
const FRAME = 1_000;

t.test('a page holds as many items as fit, and at least one', async (t) => {
  const request = { first: 100, cursorOf: (key: string) => `cursor of ${key}` };
  const items = Array.from({ length: 101 }, (_, n) => ({ name: String(n).padStart(3, '0'), document: DOCUMENT }));
  const page = pageOf(
    items,
    request,
    ({ name }) => name,
    (item) => item,
  );
  t.equal(page.items.length, fitting(items));
  t.ok(page.items.length > 50 && page.items.length < 100, `${page.items.length} items`);
  t.ok(Buffer.byteLength(JSON.stringify(page.items)) <= PAGE_BYTES + FRAME);
  t.equal(page.nextCursor, `cursor of ${page.items.at(-1)?.name}`);
  t.equal(page.cursors.length, page.items.length);
  t.equal(fitting([{ text: 'x'.repeat(PAGE_BYTES * 2) }, {}]), 1);
  t.equal(fitting([]), 0);
  const small = pageOf(
    items.slice(0, 3),
    request,
    ({ name }) => name,
    (item) => item,
  );
  t.equal(small.nextCursor, undefined, 'what fits whole has no next page');
});

t.test('audit events with long documents: each page is small, and together they are all of them', async (t) => {
  const service = await startService(t);
  const count = 110;
  const events = chainOf('pol', count).map((event) => ({
    ...event,
    plan: [{ action: 'ecr:PutLifecyclePolicy', resource: 'x', direction: 'none', before: DOCUMENT, after: DOCUMENT }],
  }));
  await fillLog(service.embedded.executor.tables, { pol: events as never });
  for (const query of ['order=oldest', 'order=newest', 'order=oldest&action=createGrant', 'wait=0']) {
    const seen: number[] = [];
    let after = '';
    for (let pages = 0; pages < count; pages++) {
      const { status, text, body } = await service.ask(PLATFORM, {
        path: `/v1/audit-events?department=pol&first=100&${query}${after}`,
      });
      t.equal(status, 200, text.slice(0, 300));
      t.ok(Buffer.byteLength(text) <= PAGE_BYTES + FRAME, `${query}: ${Buffer.byteLength(text)} bytes`);
      seen.push(...body.items.map(({ seq }: { readonly seq: number }) => seq));
      if (body.nextCursor === undefined || body.items.length === 0) break;
      after = `&after=${body.nextCursor}`;
    }
    const wanted = events.filter(({ action }) => !query.includes('action') || action === 'createGrant');
    t.strictSame(
      [...seen].sort((a, b) => a - b),
      wanted.map(({ seq }) => seq),
      `${query}: each event once`,
    );
  }
});
