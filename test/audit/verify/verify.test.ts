import { generateKeyPairSync } from 'node:crypto';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { bulkExport } from '../../../src/audit/bulk/bulk-export.ts';
import { EMPTY_CHAIN, hashOf, link } from '../../../src/ledger/chain.ts';
import { cloudEventLine } from '../../../src/audit/cloud-event.ts';
import { folderTarget } from '../../../src/audit/bulk/export-target.ts';
import { manifestBytes, manifestKey, sha256Of, type Manifest } from '../../../src/audit/bulk/manifest.ts';
import { pemSigner } from '../../../src/audit/bulk/sign.ts';
import { verifyFiles, type VerifyOptions } from '../../../src/audit/verify/verify-files.ts';
import { tablesOf } from '../../../src/compose/connections.ts';
import type { AuditEvent, ChainHeadRecord } from '../../../src/model/audit-event.ts';
import { canonicalJson } from '../../../src/model/canonical-json.ts';
import { startEmbedded } from '../../../src/local/embedded.ts';
import { chainOf, fillLog } from '../log.ts';

const COMMAND = fileURLToPath(new URL('../../../src/entry/audit-command.ts', import.meta.url));
const SOURCE = '/ecr-control-plane/354918371398/eu-west-1';

t.test('a bulk export proves itself', async (t) => {
  const embedded = await startEmbedded({ executor: false });
  const scratch = await mkdtemp(join(tmpdir(), 'audit-verify-'));
  t.teardown(async () => {
    await embedded.close();
    await rm(scratch, { recursive: true });
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const tables = tablesOf(embedded.config, embedded.endpoints);
  const folder = join(scratch, 'export');
  const parts = {
    tables,
    target: folderTarget(folder),
    source: SOURCE,
    sign: pemSigner(privateKey),
    now: () => new Date(),
  };
  const chains = {
    koa: chainOf('koa', 220),
    'koa.refusals': chainOf('koa.refusals', 40),
    pol: chainOf('pol', 80, '2026-11-02T10:00:00.000Z'),
  };
  await fillLog(
    tables,
    Object.fromEntries(
      Object.entries(chains).map(([chain, events]) => [chain, events.slice(0, Math.ceil(events.length / 2))]),
    ),
  );
  const first = await bulkExport(parts);
  await fillLog(tables, chains);
  const second = await bulkExport(parts);
  const third = await bulkExport(parts);
  const fourth = await bulkExport(parts);

  await t.test('every event is in it once, by day, and an export without changes has a manifest too', async (t) => {
    const ndjson = [first, second, third, fourth].flatMap(({ files }) => files.filter(({ form }) => form === 'ndjson'));
    const events = (await Promise.all(ndjson.map((file) => eventsOf(join(folder, file.key))))).flat();
    const own = events.filter(({ chain }) => chain !== 'platform').map(({ id }) => id);
    t.same(
      own.sort(),
      Object.values(chains)
        .flat()
        .map(({ id }) => id)
        .sort(),
    );
    t.same([first.number, second.number, third.number, fourth.number], [1, 2, 3, 4]);
    t.same(
      third.files.map(({ count }) => count),
      [2, 2],
      'only what the export before it wrote, in both forms',
    );
    t.ok(new Set(ndjson.map(({ day }) => day)).size >= 2, 'several days');
    for (const { key, day } of ndjson) t.match(key, `ndjson/day=${day}/`);
  });

  await t.test('it is whole for whoever has the key', async (t) => {
    const verdict = await verifyFiles([folder], { publicKey });
    t.same([verdict.problems, verdict.open], [[], []]);
    t.match(verdict, {
      events: 346,
      manifests: { length: 4 },
      newest: { number: 4, createdAt: fourth.createdAt, by: 'its signature with the key that you gave' },
    });
    for (const { chain, last, vouched } of verdict.chains)
      t.match(vouched, { seq: last, by: /^manifests\/00000004\.json, by its signature/ }, chain);
  });

  await t.test('another reader opens the Parquet and counts the same', async (t) => {
    const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
    for (const { key, count } of first.files.filter(({ form }) => form === 'parquet')) {
      const rows = await parquetReadObjects({
        file: await asyncBufferFromFile(join(folder, key)),
        columns: ['id', 'time', 'seq', 'event'],
      });
      t.equal(rows.length, count, key);
      for (const { id, time, seq, event } of rows.slice(0, 20)) {
        const own = JSON.parse(String(event)) as AuditEvent;
        t.same([id, (time as Date).toISOString(), seq], [own.id, own.time, own.seq]);
        t.equal(hashOf(own), own.hash);
      }
    }
  });

  await t.test('a chain that was rewritten from some event on is found by the manifests and by anchors', async (t) => {
    const forged = chainOf('koa', 220, '2026-11-01T00:00:01.000Z');
    const file = join(scratch, 'anew.ndjson');
    const platform = (await eventsOf(join(folder, third.files[0]?.key ?? ''))).concat(
      await eventsOf(
        join(folder, second.files.find(({ runs }) => runs.some(({ chain }) => chain === 'platform'))?.key ?? ''),
      ),
    );
    const anchors = platform.filter(({ chain }) => chain === 'platform').sort((a, b) => a.seq - b.seq);
    await writeFile(file, [...forged, ...anchors].map((event) => `${JSON.stringify(event)}\n`).join(''));
    const { problems } = await verifyFiles([file], { partial: true });
    t.match(problems.map(({ what }) => what).join('\n'), /is another event than the one that event platform\/1 says/);
  });

  await t.test('a part of a chain is proved from a trusted head on', async (t) => {
    const file = join(scratch, 'part.ndjson');
    await writeFile(
      file,
      chains.koa
        .slice(100, 200)
        .map((event) => `${cloudEventLine(JSON.stringify(event), SOURCE)}\n`)
        .join(''),
    );
    const head = { chain: 'koa', seq: 100, hash: chains.koa[99]?.hash ?? '' };
    t.same((await verifyFiles([file], { heads: [head] })).problems, []);
    t.match((await verifyFiles([file])).problems, [{ where: 'koa/101', what: /is missing, unless you trust/ }]);
    t.match((await verifyFiles([file], { heads: [{ ...head, hash: '0'.repeat(64) }] })).problems, [
      { where: 'koa/101', what: /does not link to the head/ },
    ]);
  });

  await t.test('each chain is vouched for as far as what was given reaches, and open behind that', async (t) => {
    const file = join(scratch, 'reach.ndjson');
    const anchor = link('platform', EMPTY_CHAIN, [
      {
        time: '2026-11-03T00:00:00.000Z',
        action: 'anchorChains',
        outcome: 'succeeded',
        heads: [{ chain: 'koa', seq: 3, hash: chains.koa[2]?.hash ?? '' }],
      },
    ]);
    const events = [...chains.koa.slice(0, 5), ...anchor];
    const lines = events.map((event) => `${JSON.stringify(event)}\n`);
    await writeFile(file, lines.join(''));
    const reach = async (...heads: readonly ChainHeadRecord[]) => {
      const { problems, open, chains: found } = await verifyFiles([file], { heads });
      t.same(problems, []);
      return [
        ...found.map(({ chain, vouched }) => `${chain} ${vouched?.seq} ${vouched?.by}`),
        ...open.map(({ where }) => where),
      ];
    };
    const platform = { chain: 'platform', seq: 1, hash: anchor[0]?.hash ?? '' };
    t.same(await reach(), ['koa undefined undefined', 'platform undefined undefined', 'koa/1 to koa/5', 'platform/1']);
    t.same(
      await reach(platform),
      ['koa 3 event platform/1, by the head that you gave', 'platform 1 the head that you gave', 'koa/4 to koa/5'],
      'an anchor counts when something vouches for it',
    );
    t.same(
      await reach(platform, { chain: 'koa', seq: 5, hash: chains.koa[4]?.hash ?? '' }),
      ['koa 5 the head that you gave', 'platform 1 the head that you gave'],
      'and then it is whole',
    );
    await writeFile(file, '');
    t.match((await verifyFiles([file])).open, [{ where: 'the log', what: /holds no event/ }], 'nothing is not whole');
  });

  await t.test('the command ends as it found things, and takes no key from what it verifies', async (t) => {
    const pem = join(scratch, 'key.pub');
    await writeFile(pem, publicKey);
    const run = async (...args: readonly string[]) =>
      promisify(execFile)(process.execPath, ['--import=tsx', COMMAND, 'verify', ...args]).then(
        ({ stdout }) => ({ code: 0, text: stdout }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
          code,
          text: stdout + stderr,
        }),
      );
    const whole = await run(folder, '--public-key', pem);
    t.match(whole, {
      code: 0,
      text: /^ {7}vouched for up to koa\/220 by manifests\/00000004\.json, by its signature/m,
    });
    t.match(whole.text, `whole up to export 4 of ${fourth.createdAt}`);
    t.match(await run(folder), { code: 3, text: /^OPEN {3}koa\/1 to koa\/220: nothing vouches for it$/m });
    const copy = await mkdtemp(join(scratch, 'command-'));
    await cp(folder, copy, { recursive: true });
    await cp(pem, join(copy, 'key.pub'));
    t.match(await run(copy, '--public-key', join(copy, 'key.pub')), {
      code: 2,
      text: /lies in .*, which is to be verified/,
    });
    await writeFile(join(copy, '\u001b[2Jwhole'), '');
    const wrong = await run(copy);
    t.match(wrong, { code: 1, text: /WRONG {2}\\u\{1b\}\[2Jwhole: is in no manifest/ });
    t.notMatch(wrong.text, '\u001b', 'a name cannot write over what was said');
    t.match(await run(folder, '--manifest', `9=${'0'.repeat(64)}`), {
      code: 1,
      text: /00000009\.json: is missing, though you gave it/,
    });
    const file = join(copy, first.files.find(({ form }) => form === 'ndjson')?.key ?? '');
    t.match(await run(file, '--manifest', `9=${'0'.repeat(64)}`), {
      code: 1,
      text: /no folder with manifests was verified/,
    });
  });

  await t.test('manifests of any shape are refused and break nothing', async (t) => {
    const copy = await mkdtemp(join(scratch, 'shapes-'));
    await cp(folder, copy, { recursive: true });
    const [file] = fourth.files;
    for (const odd of [
      { files: [null] },
      { files: [{ ...file, key: 1 }] },
      { files: [{ ...file, sha256: 'x' }] },
      { files: 1 },
      { heads: [null] },
      { heads: [{ chain: 'koa', seq: '1', hash: 'x' }] },
      { previous: 'x' },
      { number: 0 },
    ]) {
      await writeFile(join(copy, manifestKey(4)), canonicalJson({ ...fourth, ...odd }));
      t.match(
        (await verifyFiles([copy])).problems.map(({ what }) => what),
        ['is no manifest in canonical JSON'],
        JSON.stringify(odd).slice(0, 40),
      );
    }
  });

  await t.test('lines of any shape are refused and break nothing', async (t) => {
    const file = join(scratch, 'odd.ndjson');
    const event = chains.koa[0];
    const odd = [
      '[]',
      'null',
      '1',
      '"x"',
      '{}',
      '{',
      '{"specversion":"1.0"}',
      '{"specversion":"1.0","type":"ecr-control-plane.audit.v1","data":{"unmapped":{}}}',
      JSON.stringify({ ...event, seq: '1' }),
      JSON.stringify({ ...event, heads: 5 }),
      JSON.stringify({ ...event, heads: [null] }),
      JSON.stringify({ ...event, manifest: 'x' }),
      JSON.stringify({ ...event, hash: 'x' }),
      `${JSON.stringify(event)}\r`,
      ` ${JSON.stringify(event)}`,
      JSON.stringify(event).replace('{', '{"action":"x",'),
      JSON.stringify(event).replace('"version":1', '"version":1.0'),
      JSON.stringify(event).replace('push', '\\u0070ush'),
      JSON.stringify({
        ...event,
        outcome: 'x',
        specversion: '1.0',
        type: 'ecr-control-plane.audit.v1',
        data: { unmapped: { ...event, outcome: 'odd' } },
      }),
    ];
    for (const line of odd) {
      await writeFile(file, `${line}\n`);
      const { problems } = await verifyFiles([file]);
      t.ok(problems.length > 0, encodeURIComponent(line));
    }
  });

  await t.test('each rule of events has a case that breaks it alone', async (t) => {
    const file = join(scratch, 'rule.ndjson');
    const [one, two, three] = chains.koa;
    if (one === undefined || two === undefined || three === undefined) throw new Error('The chain is too short.');
    const sealed = (event: AuditEvent, change: Partial<AuditEvent>): AuditEvent => {
      const changed = { ...event, ...change };
      return { ...changed, hash: hashOf(changed) };
    };
    const older = sealed(two, { time: '2026-10-31T00:00:00.000Z' });
    const cases: Readonly<
      Record<
        string,
        { readonly lines: readonly string[]; readonly says: RegExp; readonly heads?: readonly ChainHeadRecord[] }
      >
    > = {
      'an event that is older than the one before it': {
        lines: [one, older].map((event) => JSON.stringify(event)),
        says: /is older than the event before it/,
      },
      'an id that is not its place': {
        lines: [JSON.stringify(sealed(one, { id: 'koa/2' }))],
        says: /has an id that is not its place/,
      },
      'a first event that links to something': {
        lines: [JSON.stringify(sealed(one, { prev: '1'.repeat(64) }))],
        says: /is the first of its chain, but links to something/,
      },
      'events of two registries': {
        lines: [cloudEventLine(JSON.stringify(one), '/a'), cloudEventLine(JSON.stringify(two), '/b')],
        says: /is of \/b, those before it of \/a/,
      },
      'a CloudEvent of another type': {
        lines: [cloudEventLine(JSON.stringify(one), '/a').replace('audit.v1', 'audit.v9')],
        says: /which is not known/,
      },
      'another event than a trusted head in the middle': {
        lines: [one, two, three].map((event) => JSON.stringify(event)),
        says: /is another event than the one that the head that you gave says/,
        heads: [{ chain: 'koa', seq: 2, hash: three.hash }],
      },
      'a chain that ends before a trusted head': {
        lines: [JSON.stringify(one)],
        says: /koa went that far; it ends at koa\/1/,
        heads: [{ chain: 'koa', seq: 2, hash: two.hash }],
      },
      'a chain that is missing, though an anchor names it': {
        lines: [JSON.stringify(sealed(one, { heads: [{ chain: 'gone', seq: 4, hash: one.hash }] }))],
        says: /is missing, though event koa\/1 says/,
      },
    };
    for (const [rule, { lines, says, heads = [] }] of Object.entries(cases)) {
      await writeFile(file, lines.map((line) => `${line}\n`).join(''));
      const { problems } = await verifyFiles([file], { heads });
      t.equal(problems.length, 1, rule);
      t.match(problems[0]?.what, says, rule);
    }
  });

  await t.test('each rule of manifests has a case that breaks it alone', async (t) => {
    const [file] = first.files;
    if (file === undefined) throw new Error('The export is empty.');
    const forged = async (manifest: Partial<Manifest>, number = 4, options: VerifyOptions = {}): Promise<string> => {
      const copy = await mkdtemp(join(scratch, 'rule-'));
      await cp(folder, copy, { recursive: true });
      await writeFile(join(copy, manifestKey(number)), manifestBytes({ ...fourth, ...manifest }));
      return (await verifyFiles([copy], options)).problems.map(({ where, what }) => `${where}: ${what}`).join('\n');
    };
    const [own] = fourth.files.filter(({ form }) => form === 'ndjson');
    const parquet = fourth.files.filter(({ form }) => form === 'parquet');
    if (own === undefined) throw new Error('The export is empty.');
    t.match(await forged({ files: [{ ...own, key: '../escaped.gz' }] }), /lies outside of the folder/);
    t.match(await forged({ files: [{ ...own, count: 3 }, ...parquet] }), /holds 2 events, the manifest says 3/);
    t.match(await forged({ files: [{ ...own, runs: [] }, ...parquet] }), /holds other runs/);
    t.match(await forged({ files: [{ ...own, day: '2026-01-01' }, ...parquet] }), /which is of another day/);
    t.match(
      await forged({
        files: [{ ...own, sha256: own.sha256.replace(/./, (first) => (first === '0' ? '1' : '0')) }, ...parquet],
      }),
      /another SHA-256/,
    );
    t.match(await forged({ number: 5 }), /says that it is number 5/);
    t.match(
      await forged({ heads: fourth.heads.map((head) => ({ ...head, seq: head.seq + 1 })) }),
      /is missing, though manifests\/00000004\.json says/,
    );
    t.match(await forged({ format: 'x' as Manifest['format'] }), /is no manifest in canonical JSON/);
    const trusted = { key: manifestKey(4), sha256: sha256Of(manifestBytes(fourth)) };
    t.equal(await forged({}, 4, { manifest: trusted }), '');
    t.match(
      await forged({ createdAt: '2026-01-01T00:00:00.000Z' }, 4, { manifest: trusted }),
      /another manifest than the one that you gave/,
    );
    const later = await mkdtemp(join(scratch, 'later-'));
    await cp(folder, later, { recursive: true });
    for (const name of [manifestKey(1), `${manifestKey(1)}.sig`]) await rm(join(later, name));
    for (const { key } of first.files) await rm(join(later, key));
    t.match((await verifyFiles([later])).problems, [{ what: /is where the manifests begin here/ }]);
    const before = { key: manifestKey(1), sha256: sha256Of(manifestBytes(first)) };
    t.same(
      (await verifyFiles([later], { manifest: before, heads: first.heads })).problems,
      [],
      'from a trusted manifest and its heads on',
    );
  });

  await t.test('of two exports at the same time one is done', async (t) => {
    const both = await Promise.allSettled([bulkExport(parts), bulkExport(parts)]);
    t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    t.match(
      both.find(({ status }) => status === 'rejected'),
      { reason: /An export runs since/ },
    );
    t.same((await verifyFiles([folder])).problems, []);
  });

  await t.test('an export that broke off anywhere is done again with the same files', async (t) => {
    await fillLog(tables, { ...chains, pol: chainOf('pol', 100, '2026-11-02T10:00:00.000Z') });
    let puts = 0;
    for (let breaksAt = 1; breaksAt <= 4; breaksAt++) {
      const clock = new Date(Date.now() + breaksAt * 3_600_000);
      puts = 0;
      const target = {
        put: async (...file: Parameters<typeof parts.target.put>) => {
          puts += 1;
          if (puts === breaksAt) throw new Error('broke off');
          await parts.target.put(...file);
        },
      };
      await t.rejects(bulkExport({ ...parts, target, now: () => clock }), {
        message: 'broke off',
      });
      await t.rejects(bulkExport({ ...parts, now: () => clock }), { message: /An export runs since/ });
    }
    const sixth = await bulkExport({
      ...parts,
      now: () => new Date(Date.now() + 10 * 3_600_000),
    });
    t.equal(sixth.number, 6);
    t.same((await verifyFiles([folder])).problems, []);
    t.same(
      (await readdir(join(folder, 'manifests'))).filter((name) => name.includes('part')),
      [],
    );
  });
});

async function eventsOf(path: string): Promise<readonly AuditEvent[]> {
  return (await linesOf(path)).map((line) => (JSON.parse(line) as { data: { unmapped: AuditEvent } }).data.unmapped);
}

async function linesOf(path: string): Promise<readonly string[]> {
  return gunzipSync(await readFile(path))
    .toString('utf8')
    .trimEnd()
    .split('\n');
}
