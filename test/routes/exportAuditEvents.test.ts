import t from 'tap';
import { findBreak } from '../../src/ledger/chain.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import {
  deniesWhoMayNot,
  needsTheIssuer,
  refusesBadInput,
  refusesOtherRepresentations,
  refusesWithoutToken,
  tellsTheUnexpected,
  made,
  type Valid,
} from '../support/operation.ts';
import { KOA, PLATFORM, POL, STRANGER } from '../support/service.ts';
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

const PATH = '/v1/audit-events/export';
const LIST = '/v1/audit-events';
const as = PLATFORM;
const valid: Valid = { as, request: { path: PATH } };

t.test('200: all of it comes as one file, a CloudEvent a line', async (t) => {
  const answer = await world.ask(as, { path: PATH });
  t.equal(answer.status, 200, answer.text);
  t.match(answer.headers['content-type'], /^application\/x-ndjson/);
  const lines = answer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const listed = (await world.ask(as, { path: `${LIST}?first=100` })).body.items as readonly Event[];
  t.strictSame(
    lines.map(({ data }) => String(data.unmapped.id)).sort(),
    listed.map(({ id }) => id).sort(),
    'each event that is listed, once',
  );
  t.ok(lines.every(({ specversion, id, source, type }) => specversion === '1.0' && id && source && type));
  for (const chain of new Set(listed.map((event) => event.chain))) {
    t.equal(
      findBreak(lines.map(({ data }) => data.unmapped as AuditEvent).filter((event) => event.chain === chain)),
      undefined,
      `${chain} is unbroken`,
    );
  }
  t.notMatch(answer.text, /eyJ[A-Za-z0-9]/, 'no token is in it');
});

t.test('200: it comes as CSV to whom asks for that', async (t) => {
  const answer = await world.ask(as, { path: `${PATH}?format=csv` });
  t.match(answer.headers['content-type'], /^text\/csv/);
  const lines = answer.text.trimEnd().split('\r\n');
  const listed = (await world.ask(as, { path: `${LIST}?first=100` })).body.items as readonly Event[];
  t.equal(lines.length, listed.length + 1, 'a line of names, then an event a line');
});

t.test('200: whoever has some of it goes on behind the last that it has', async (t) => {
  const whole = (await world.ask(as, { path: PATH })).text;
  const lines = whole.trimEnd().split('\n');
  const { unmapped } = JSON.parse(lines[2] ?? '').data;
  t.equal(
    (await world.ask(as, { path: `${PATH}?after=${encodeURIComponent(unmapped.id)}` })).text,
    `${lines.slice(3).join('\n')}\n`,
  );
});

t.test('200: it is asked by command and outcome', async (t) => {
  const { text } = await world.ask(as, { path: `${PATH}?action=createRepository&outcome=succeeded` });
  const events = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).data.unmapped as Event);
  t.ok(
    events.length > 0 &&
      events.every(({ action, outcome }) => action === 'createRepository' && outcome === 'succeeded'),
  );
});

t.test('400: each thing that is wrong is told with its pointer', (t) =>
  refusesBadInput(t, world, as, {
    'a form that there is not': { request: { path: `${PATH}?format=xml` }, pointers: ['/query/format'] },
    'a cursor in place of an event': { request: { path: `${PATH}?after=bm8tY3Vyc29y` }, pointers: ['/query/after'] },
    'a date that is none': { request: { path: `${PATH}?from=2026-02-30` }, pointers: ['/query/from'] },
    'a + that is a space in a URL': {
      request: { path: `${PATH}?from=2026-11-24T12:00:00+02:00` },
      pointers: ['/query/from'],
    },
    'a page': { request: { path: `${PATH}?first=10` }, pointers: ['/query/first'] },
  }),
);

t.test('401: without a valid token nothing is told', (t) => refusesWithoutToken(t, world, valid));

t.test('403: only the platform takes all', (t) => deniesWhoMayNot(t, world, [KOA, MEMBER, STRANGER], { path: PATH }));

t.test('406: there is no other representation', (t) => refusesOtherRepresentations(t, world, valid));

t.test('503: without the issuer nobody can be let in', (t) => needsTheIssuer(t, world, valid));

t.test('default: what is unexpected is told by an id', (t) => tellsTheUnexpected(t, world, valid, 'GET, HEAD'));
