import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { EMPTY_CHAIN, findBreak, link } from '../../../src/ledger/chain.ts';
import { PARQUET_COLUMNS } from '../../../src/audit/bulk/parquet.ts';
import { cloudEventLine } from '../../../src/audit/cloud-event.ts';
import { CSV_HEADER, csvField, csvLine } from '../../../src/audit/stream/csv.ts';
import type { AuditEvent, AuditRecord } from '../../../src/model/audit-event.ts';
import { KOA, onboardKoaAndPol, PLATFORM, POL, startService, STRANGER, type Service } from '../../support/service.ts';
import { cellsOfSpreadsheets, isFormula, parseCsv, withoutApostrophes } from './csv-reader.ts';
import { runs } from '../../support/extent.ts';

const OCSF = JSON.parse(
  readFileSync(new URL('../../fixtures/ocsf/api_activity.schema.json', import.meta.url), 'utf8'),
) as object;
const EXPORT = '/v1/audit-events/export';

/** A log with every outcome: changes of two departments, a refusal by AWS, denials of members and strangers. */
async function fill(service: Service): Promise<void> {
  await onboardKoaAndPol(service);
  const create = { method: 'POST', path: '/v1/departments/koa/repositories' } as const;
  await service.ask(KOA, {
    ...create,
    body: { name: 'giftcard-service' },
    headers: { 'idempotency-key': 'first-of-all', 'user-agent': '=cmd|calc;=1+1' },
  });
  await service.ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService' },
  });
  await service.ask({ ...KOA, ref: 'refs/heads/feature' }, { ...create, body: { name: 'not-mine' } });
  await service.ask(POL, { ...create, body: { name: 'not-mine' } });
  await service.ask(STRANGER, { path: '/v1/departments/koa' });
}

t.test('the exported audit log', async (t) => {
  const service = await startService(t);
  await fill(service);
  const ndjson = await service.ask(PLATFORM, { path: EXPORT });
  const lines = ndjson.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const events = lines.map((line) => line.data.unmapped as AuditEvent);

  t.test('is CloudEvents 1.0 with OCSF API Activity as data, by the published schema', async (t) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    const valid = ajv.compile(OCSF);
    t.equal(ndjson.headers['content-type'], 'application/x-ndjson');
    t.ok(lines.length > 15, `${lines.length} events`);
    for (const { data, ...envelope } of lines) {
      t.ok(valid(data), `${envelope.id}: ${JSON.stringify(valid.errors)}`);
      const { id, time, chain } = data.unmapped;
      t.match(envelope, {
        specversion: '1.0',
        id,
        time,
        partitionkey: chain,
        type: 'ecr-control-plane.audit.v1',
        datacontenttype: 'application/json',
      });
      t.match(envelope.source, /^\/ecr-control-plane\/\d{12}\/eu-west-1$/);
      t.same(data.time, Date.parse(time));
      t.same(data.type_uid, data.class_uid * 100 + data.activity_id);
    }
    t.notOk(valid({ ...lines[0].data, actor: {} }), 'the schema refuses an actor that is nobody');
    t.notOk(valid({ ...lines[0].data, surprise: 1 }), 'the schema refuses what OCSF does not know');
  });

  t.test('tells the whole story of each outcome', async (t) => {
    const outcomes = new Set(events.map(({ outcome }) => outcome));
    for (const outcome of ['accepted', 'succeeded', 'denied'] as const) t.ok(outcomes.has(outcome), outcome);
    const created = events.filter(({ action }) => action === 'createRepository');
    const [accepted, succeeded] = created.filter(({ chain }) => chain === 'koa');
    for (const event of [accepted, succeeded]) {
      t.match(event, {
        department: 'koa',
        subject: { type: 'repository', id: 'giftcard-service' },
        source: {
          address: '127.0.0.1',
          userAgent: '=cmd|calc;=1+1',
          idempotencyKey: 'first-of-all',
          requestId: String,
        },
        caller: {
          repository: 'JPPOL-KOA/GiftCardService',
          repositoryId: String,
          repositoryOwnerId: String,
          ref: 'refs/heads/main',
          workflow: String,
          workflowRef: String,
          runId: String,
          runAttempt: String,
          sha: String,
          actor: String,
          actorId: String,
          jti: String,
          tokenSha256: /^[0-9a-f]{64}$/,
        },
      });
    }
    t.match(accepted?.plan, [{ action: 'ecr:CreateRepository', before: null, after: Object }]);
    t.match(succeeded?.awsCalls, [{ action: 'ecr:CreateRepository', awsRequestId: String, durationMs: Number }]);
    const denied = created.find(({ outcome }) => outcome === 'denied');
    t.match(denied, { chain: 'koa.refusals', reason: { code: 'forbidden', detail: String } });
    t.notMatch(ndjson.text, /eyJ/, 'no token is in it');
  });

  t.test('holds every chain whole, in its order', async (t) => {
    const chains = new Set(events.map(({ chain }) => chain));
    t.same([...chains], ['koa', 'koa.refusals', 'platform.refusals', 'pol']);
    for (const chain of chains) t.equal(findBreak(events.filter((event) => event.chain === chain)), undefined, chain);
  });

  t.test('goes on from the last event that a reader has, in both forms', async (t) => {
    const csv = (await service.ask(PLATFORM, { path: `${EXPORT}?format=csv` })).text.split('\r\n');
    for (const [index, { id }] of events.entries()) {
      const rest = await service.ask(PLATFORM, { path: `${EXPORT}?after=${encodeURIComponent(id)}` });
      t.same(
        rest.text,
        ndjson.text
          .split('\n')
          .slice(index + 1)
          .join('\n'),
        `NDJSON after ${id}`,
      );
      const restOfCsv = await service.ask(PLATFORM, { path: `${EXPORT}?format=csv&after=${encodeURIComponent(id)}` });
      t.same(restOfCsv.text.split('\r\n').slice(1), csv.slice(index + 2), `CSV after ${id}`);
    }
  });

  t.test('is CSV that an independent reader reads back, and no spreadsheet takes for formulas', async (t) => {
    const answer = await service.ask(PLATFORM, { path: `${EXPORT}?format=csv` });
    t.equal(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present');
    const [header = [], ...rows] = parseCsv(answer.text);
    t.equal(rows.length, events.length);
    for (const [index, row] of rows.entries()) {
      const event = events[index];
      const cell = (name: string) => row[header.indexOf(name)];
      t.equal(row.length, header.length);
      t.same([cell('id'), cell('hash'), cell('actor')], [event?.id, event?.hash, event?.caller?.actor]);
      if (event?.plan !== undefined) t.same(JSON.parse(cell('plan') ?? ''), event.plan);
      for (const text of row) t.notMatch(text, /^[=+\-@\t\r]/);
    }
    t.match(answer.text, "'=cmd|calc;'=1+1");
    t.same(cellsOfSpreadsheets(answer.text).filter(isFormula), [], 'in any spreadsheet');
  });

  t.test('is packed as the client asks', async (t) => {
    const asked = async (coding: string) => {
      const authorization = `Bearer ${await service.token(PLATFORM)}`;
      return service.app.inject({ url: EXPORT, headers: { authorization, 'accept-encoding': coding } });
    };
    const packed = await asked('br;q=1, gzip;q=0.5');
    t.equal(packed.headers['content-encoding'], 'gzip');
    const text = String(await promisify(gunzip)(packed.rawPayload));
    t.ok(text.startsWith(ndjson.text.slice(0, 1000)));
    for (const none of ['br', 'gzip;q=0', ''])
      t.equal((await asked(none)).headers['content-encoding'], undefined, `"${none}"`);
  });

  t.test('is not read for a HEAD', async (t) => {
    const answer = await service.ask(PLATFORM, { method: 'HEAD', path: EXPORT });
    t.match(answer, { status: 200, text: '', headers: { 'content-type': 'application/x-ndjson' } });
    t.equal(answer.headers['content-length'], undefined);
  });

  t.test('of a period holds its events and no others; a period that is not over is refused', async (t) => {
    const middle = events[5]?.time ?? '';
    const later = await service.ask(PLATFORM, { path: `${EXPORT}?from=${middle}` });
    t.same(
      later.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
      events.filter(({ time }) => time >= middle).map(({ id }) => id),
    );
    const refused = await service.ask(PLATFORM, { path: `${EXPORT}?to=${new Date().toISOString()}` });
    t.match(refused, { status: 400, body: { errors: [{ pointer: '/query/to' }] } });
    const before = await service.ask(PLATFORM, { path: `${EXPORT}?to=2026-01-01T00:00:00Z` });
    t.match(before, { status: 200, text: '' });
    const only = await service.ask(PLATFORM, { path: `${EXPORT}?department=koa&action=createGrant&outcome=succeeded` });
    t.same(
      only.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).data.unmapped.action),
      ['createGrant'],
    );
  });

  t.test('refuses a place that is none', async (t) => {
    for (const after of ['koa', 'koa/', '/1', 'koa/1/../x', 'koa/-1', 'KOA/1', '\u0000/1']) {
      t.equal(
        (await service.ask(PLATFORM, { path: `${EXPORT}?after=${encodeURIComponent(after)}` })).status,
        400,
        after,
      );
    }
  });

  t.test('is for those who may read it', async (t) => {
    t.equal((await service.ask(undefined, { path: EXPORT })).status, 401);
    t.equal((await service.ask(KOA, { path: EXPORT })).status, 403);
    t.equal((await service.ask(POL, { path: '/v1/departments/koa/audit-events/export' })).status, 404);
    const own = await service.ask(KOA, { path: '/v1/departments/koa/audit-events/export' });
    t.equal(own.status, 200);
    t.same(
      [
        ...new Set(
          own.text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).partitionkey),
        ),
      ],
      ['koa', 'koa.refusals'],
    );
  });
});

t.test('where an answer cannot be streamed, links lead through the same file', async (t) => {
  const service = await startService(t, { env: { ECP_EXPORT_PAGE_BYTES: '1000' } });
  await fill(service);
  for (const format of ['ndjson', 'csv']) {
    const pages: string[] = [];
    let path: string | undefined = `${EXPORT}?format=${format}`;
    while (path !== undefined) {
      const answer = await service.ask(PLATFORM, { path });
      pages.push(
        format === 'csv' && pages.length > 0 ? answer.text.slice(answer.text.indexOf('\r\n') + 2) : answer.text,
      );
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
    }
    t.ok(pages.length > 2, `${pages.length} pages`);
    const ids =
      format === 'csv'
        ? parseCsv(pages.join(''))
            .slice(1)
            .map(([id]) => id)
        : pages
            .join('')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).id as string);
    t.equal(new Set(ids).size, ids.length, 'nothing twice');
    const all = await service.ask(PLATFORM, { path: '/v1/audit-events?first=100&order=oldest' });
    t.same(new Set(ids), new Set(all.body.items.map(({ id }: AuditEvent) => id)), 'nothing lost');
  }
});

t.test('every kind of event is OCSF, whatever it holds', async (t) => {
  const valid = new Ajv2020({ strict: false, allErrors: true }).compile(OCSF);
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const record = fc.record({
    time: fc.constant('2026-11-24T12:00:00.000Z'),
    department: optional(fc.constant('koa')),
    action: fc.constantFrom(
      'createGrant',
      'whoami',
      'anchorChains',
      'exportAuditLog',
      'revokeGrant',
      'putOrganisation',
      'listGrants',
      'somethingNew',
    ),
    outcome: fc.constantFrom('accepted', 'progressed', 'succeeded', 'failed', 'denied'),
    subject: optional(fc.record({ type: fc.constant('repository'), id: text })),
    operation: optional(text),
    reason: optional(fc.record({ code: text, detail: text })),
    joined: optional(
      fc.record({
        count: fc.nat(),
        first: fc.constant('2026-11-24T11:59:00.000Z'),
        last: fc.constant('2026-11-24T12:00:00.000Z'),
      }),
    ),
    source: optional(
      fc.record({
        requestId: text,
        address: optional(fc.oneof(fc.ipV4(), fc.ipV6(), text)),
        userAgent: optional(text),
      }),
    ),
    caller: optional(
      fc.record({
        issuer: text,
        subject: text,
        repository: text,
        repositoryId: text,
        repositoryOwner: text,
        repositoryOwnerId: text,
        eventName: text,
        tokenSha256: text,
        actor: optional(text),
        actorId: optional(text),
        runId: optional(text),
        jti: optional(text),
      }),
    ),
  });
  fc.assert(
    fc.property(record, (made) => {
      const [event] = link('koa', EMPTY_CHAIN, [JSON.parse(JSON.stringify(made)) as AuditRecord]);
      const line = cloudEventLine(JSON.stringify(event), '/x');
      const { data, ...envelope } = JSON.parse(line) as { data: Record<string, unknown> };
      if (!valid(data)) throw new Error(JSON.stringify(valid.errors));
      return (
        !line.includes('\n') &&
        JSON.stringify(data['unmapped']) === JSON.stringify(event) &&
        Object.values(envelope).every((value) => typeof value === 'string')
      );
    }),
    { numRuns: runs(500) },
  );
  t.pass('500 events');
});

t.test('a refusal that stands for several says how many, and from when to when, in every form', async (t) => {
  const [first, last] = ['2026-11-24T11:59:00.000Z', '2026-11-24T11:59:58.000Z'];
  const record: AuditRecord = { time: '2026-11-24T12:00:00.000Z', action: 'whoami', outcome: 'denied' };
  const [event, alone] = link('platform.refusals', EMPTY_CHAIN, [
    { ...record, joined: { count: 41, first, last } },
    record,
  ]);
  if (event === undefined || alone === undefined) throw new Error('No event was made.');
  const { data } = JSON.parse(cloudEventLine(JSON.stringify(event), '/x'));
  t.match(data, { count: 41, start_time: Date.parse(first), end_time: Date.parse(last), unmapped: event });
  const [header = [], row = [], rowAlone = []] = parseCsv(`${CSV_HEADER}${csvLine(event)}${csvLine(alone)}`);
  const cells = (of: readonly string[]) => ['count', 'first', 'last'].map((name) => of[header.indexOf(name)]);
  t.strictSame(cells(row), ['41', first, last]);
  t.strictSame(cells(rowAlone), ['', '', '']);
  const columns = new Map(PARQUET_COLUMNS);
  const values = (of: AuditEvent) => ['count', 'first', 'last'].map((name) => columns.get(name)?.of(of, ''));
  t.strictSame(values(event), [41, new Date(first), new Date(last)]);
  t.strictSame(values(alone), [undefined, undefined, undefined]);
});

t.test('a field of the CSV', async (t) => {
  for (const [value, field] of [
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `" '=1"`],
    ['  =1', `"  '=1"`],
    ['\uff1d1', `"'\uff1d1"`],
    ['a\r\nb', 'a b'],
    ['a\u2028b', 'a b'],
    [undefined, ''],
    [3, '3'],
    [{ a: '=' }, '"{""a"":""=""}"'],
    ['curl;=1+1', `"curl;'=1+1"`],
    ['curl; "=1', `"curl; ""'=1"`],
    ['a|@x', `"a|'@x"`],
    ['a,+1', `"a,'+1"`],
    ['a\t=1', 'a =1'],
    ['\u200b=1', `"\u200b'=1"`],
    ['\u22121', `"'\u22121"`],
    ["'=1", `"''=1"`],
    ['1-1', '1-1'],
  ] as const) {
    t.equal(csvField(value), field, encodeURIComponent(JSON.stringify(value) ?? 'none'));
  }
});

t.test(
  'no spreadsheet finds a formula in the CSV, whichever separator it guesses, and every cell can be read back',
  async (t) => {
    const piece = fc.oneof(
      fc.constantFrom(
        ',',
        ';',
        '\t',
        '|',
        '"',
        '""',
        "'",
        ' ',
        '\r',
        '\n',
        '\u00a0',
        '\u200b',
        '\ufeff',
        'a',
        '1',
        ';=1',
        '{',
        '[',
      ),
      fc.constantFrom('=', '+', '-', '@', '\uff1d', '\uff0b', '\uff0d', '\uff20', '\u2212', '\ufe63'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const [made] = link('koa', EMPTY_CHAIN, [
      { time: '2026-11-24T12:00:00.000Z', action: 'whoami', outcome: 'denied' },
    ]);
    if (made === undefined) throw new Error('No event was made.');
    fc.assert(
      fc.property(text, text, text, (userAgent, requestId, detail) => {
        const event: AuditEvent = { ...made, source: { userAgent, requestId }, reason: { code: 'forbidden', detail } };
        const file = `${CSV_HEADER}${csvLine(event)}${csvLine(event)}`;
        const [header = [], row = []] = parseCsv(file);
        const cell = (name: string) => withoutApostrophes(row[header.indexOf(name)] ?? '');
        const kept = (value: string) => value.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
        t.same(cellsOfSpreadsheets(file).filter(isFormula), []);
        return (
          cell('user_agent') === kept(userAgent) &&
          cell('request_id') === kept(requestId) &&
          cell('reason_detail') === kept(detail)
        );
      }),
      { numRuns: runs(1_000) },
    );
    t.pass('1,000 events');
  },
);
