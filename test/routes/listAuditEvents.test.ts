import t from 'tap';
import { findBreak } from '../../src/ledger/chain.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import {
  badPages,
  deniesWhoMayNot,
  foreignCursor,
  needsTheIssuer,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  walked,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, POL, STRANGER, idOf } from '../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../support/world.ts';

const world = await startWorld(t);
const create = (name: string): Asked => ({ method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
for (const name of ['giftcard-service', 'koa/cart']) await made(world, KOA, create(name));
await world.ask(MEMBER, create('koa/denied'));
await made(world, POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'pol/website' } });

type Event = {
  readonly id: string;
  readonly chain: string;
  readonly seq: number;
  readonly action: string;
  readonly outcome: string;
  readonly department?: string;
  readonly subject?: { readonly id: string };
};

const PATH = '/v1/audit-events';
const as = PLATFORM;
const valid: Valid = { as, request: { path: PATH } };
// A stranger's attempt goes to the platform's own chain of refusals.
await world.ask(STRANGER, create('koa/attempt'));

t.test('200: the platform sees the events of all departments, and what strangers tried', async (t) => {
  const answer = await world.ask(as, { path: `${PATH}?order=oldest&first=100` });
  t.equal(answer.status, 200, answer.text);
  const events = answer.body.items as readonly (AuditEvent & Event)[];
  for (const chain of ['koa', 'pol', 'koa.refusals', 'platform.refusals']) {
    const own = events.filter((event) => event.chain === chain);
    t.ok(own.length > 0, chain);
    t.equal(findBreak(own), undefined, `${chain} is unbroken`);
  }
  t.match(
    events.find(({ chain }) => chain === 'platform.refusals'),
    { outcome: 'denied', action: 'createRepository', caller: { repository: STRANGER.repository } },
  );
});

t.test('200: of one department only, where that is asked for', async (t) => {
  const { items } = (await world.ask(as, { path: `${PATH}?department=pol&first=100` })).body;
  t.ok(items.length > 0);
  t.ok(items.every(({ department }: Event) => department === 'pol'));
});

t.test('200: it is asked by command, outcome, actor, subject and time', async (t) => {
  const asked = async (query: string): Promise<readonly Event[]> =>
    (await world.ask(as, { path: `${PATH}?first=100&${query}` })).body.items;
  const all = await asked('order=oldest');
  const same = (some: readonly Event[], wanted: (event: Event) => boolean, what: string) => {
    t.ok(some.length > 0, `${what}: there are some`);
    t.strictSame(
      some.map(({ id }) => id).sort(),
      all
        .filter(wanted)
        .map(({ id }) => id)
        .sort(),
      what,
    );
  };
  same(await asked('action=createRepository'), ({ action }) => action === 'createRepository', 'by command');
  same(await asked('outcome=succeeded'), ({ outcome }) => outcome === 'succeeded', 'by outcome');
  same(await asked('outcome=denied'), ({ outcome }) => outcome === 'denied', 'refusals too');
  same(await asked('subject=koa%2Fcart'), ({ subject }) => subject?.id === 'koa/cart', 'by subject');
  same(
    await asked(`actorRepositoryId=${idOf(PLATFORM.repository)}&action=createDepartment&outcome=accepted`),
    ({ action, outcome }) => action === 'createDepartment' && outcome === 'accepted',
    'by all at once',
  );
  t.strictSame(await asked('from=2999-01-01T00:00:00Z'), []);
  t.strictSame(
    (await asked('to=2999-01-01T00:00:00Z&order=oldest')).map(({ id }) => id),
    all.map(({ id }) => id),
  );
  t.strictSame(
    (await asked('')).map(({ id }) => id),
    all.map(({ id }) => id).reverse(),
    'the newest first',
  );
});

t.test('200: pages hold each event once, in either order, also when it grows', async (t) => {
  const all = (await world.ask(as, { path: `${PATH}?first=100&order=oldest` })).body.items as readonly Event[];
  for (const order of ['oldest', 'newest']) {
    for (const first of [1, 4, 100]) {
      const items = (await walked(t, world, as, `${PATH}?order=${order}`, first)) as readonly Event[];
      t.strictSame(
        items.map(({ id }) => id),
        (order === 'oldest' ? all : [...all].reverse()).map(({ id }) => id),
        `${order}, ${first} each`,
      );
    }
  }
});

t.test('200: whoever follows it gets each event once, those to come too', async (t) => {
  const seen: string[] = [];
  let next = `${PATH}?wait=0&first=3`;
  const readAll = async () => {
    for (;;) {
      const page = await world.ask(as, { path: next });
      t.ok(page.body.nextCursor, 'there is always a cursor');
      next = `${PATH}?wait=0&first=3&after=${page.body.nextCursor}`;
      if (page.body.items.length === 0) return;
      seen.push(...page.body.items.map(({ id }: Event) => id));
    }
  };
  await readAll();
  const all = (await world.ask(as, { path: `${PATH}?first=100` })).body.items as readonly Event[];
  t.strictSame([...seen].sort(), all.map(({ id }) => id).sort());
  seen.length = 0;
  const waiting = world.ask(as, { path: next.replace('wait=0', 'wait=20') });
  await made(world, KOA, create('koa/followed'));
  const woken = (await waiting).body.items as readonly Event[];
  t.ok(
    woken.length > 0 && woken.every(({ subject }) => subject?.id === 'koa/followed'),
    'a request that waits is answered with what comes',
  );
});

t.test('200: where there is no place to wait in, nothing waits, and the answer says when to ask again', async (t) => {
  const elsewhere = world.process({ longPolls: 0 });
  const all = await elsewhere(as, { path: `${PATH}?wait=20&first=100` });
  t.equal(all.headers['retry-after'], undefined, 'what is there is answered');
  t.ok(all.body.items.length > 0);
  let next = String(all.body.nextCursor);
  for (let page = all; page.body.items.length > 0; next = String(page.body.nextCursor))
    page = await elsewhere(as, { path: `${PATH}?wait=0&first=100&after=${next}` });
  const nothing = await elsewhere(as, { path: `${PATH}?wait=20&first=100&after=${next}` });
  t.match(nothing.body, { items: [], nextCursor: String });
  t.equal(nothing.headers['retry-after'], '5');
});

t.test('400: each thing that is wrong is told with its pointer', async (t) => {
  await refusesBadInput(t, world, as, badPages(PATH, await foreignCursor(world, '/v1/departments/koa/repositories')));
  await refusesBadInput(t, world, as, {
    'an outcome that there is not': { request: { path: `${PATH}?outcome=maybe` }, pointers: ['/query/outcome'] },
    'a date that is none': { request: { path: `${PATH}?from=2026-02-30` }, pointers: ['/query/from'] },
    'a + that is a space in a URL': {
      request: { path: `${PATH}?from=2026-11-24T12:00:00+02:00` },
      pointers: ['/query/from'],
    },
    'a day that there is not': { request: { path: `${PATH}?to=2026-02-30T00:00:00Z` }, pointers: ['/query/to'] },
    'an order that there is not': { request: { path: `${PATH}?order=random` }, pointers: ['/query/order'] },
    'an actor by name': {
      request: { path: `${PATH}?actorRepositoryId=JPPOL-KOA%2FGiftCardService` },
      pointers: ['/query/actorRepositoryId'],
    },
    'a command that cannot be': { request: { path: `${PATH}?action=create%20grant` }, pointers: ['/query/action'] },
    'too long a wait': { request: { path: `${PATH}?wait=21` }, pointers: ['/query/wait'] },
  });
  const oldest = await world.ask(as, { path: `${PATH}?first=1&order=oldest` });
  await refusesBadInput(t, world, as, {
    'a cursor of the other order': {
      request: { path: `${PATH}?order=newest&after=${oldest.body.nextCursor}` },
      pointers: ['/query/after'],
    },
  });
});

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform sees all', (t) => deniesWhoMayNot(t, world, [KOA, MEMBER, STRANGER], { path: PATH }));

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
