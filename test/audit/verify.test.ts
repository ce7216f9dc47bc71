import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bulkExport } from '../../src/audit/bulk-export.ts';
import { hashOf } from '../../src/audit/chain.ts';
import { cloudEventLine } from '../../src/audit/cloud-event.ts';
import { folderTarget } from '../../src/audit/export-target.ts';
import { manifestBytes, manifestKey, sha256Of, type Manifest } from '../../src/audit/manifest.ts';
import { pemSigner } from '../../src/audit/sign.ts';
import { verifyFiles, type VerifyOptions } from '../../src/audit/verify-files.ts';
import { tablesOf } from '../../src/connections.ts';
import type { AuditEvent, ChainHeadRecord } from '../../src/model/audit-event.ts';
import { startEmbedded } from '../../src/local/embedded.ts';
import { chainOf, fillLog } from './log.ts';

const SOURCE = '/ecr-control-plane/354918371398/eu-west-1';
const PYTHON = fileURLToPath(new URL('verify.py', import.meta.url));

/** The second verifier: another language, another author's reading of docs/audit.md. */
async function verifyWithPython(
  ...paths: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  try {
    const { stdout } = await promisify(execFile)('python3', [PYTHON, ...paths]);
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, text: `${stdout}${stderr}` };
  }
}

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

  await t.test('both verifiers find it whole', async (t) => {
    const verdict = await verifyFiles([folder], { publicKey });
    t.same(verdict.problems, []);
    t.match(verdict, { events: 346, manifests: 4 });
    const python = await verifyWithPython(folder);
    t.equal(python.code, 0, python.text);
    t.match(python.text, /346 events/);
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

  const firstFile = first.files.find(({ form }) => form === 'ndjson')?.key ?? '';
  const lastFile =
    second.files.filter(({ form, runs }) => form === 'ndjson' && runs.some(({ chain }) => chain === 'pol')).at(-1)
      ?.key ?? '';
  /** Each forgery is done on a copy; the forger does as much as can be done without the key and without breaking SHA-256. */
  const forgeries: Readonly<
    Record<
      string,
      { readonly forge: (copy: string) => Promise<void>; readonly says: RegExp; readonly signatureOnly?: true }
    >
  > = {
    'a byte of an event is changed': {
      forge: (copy) =>
        edit(copy, firstFile, (lines) => lines.map((line, at) => (at === 7 ? line.replace('"push"', '"pusH"') : line))),
      says: /koa\/8|another SHA-256/,
    },
    'a byte is changed and the event is sealed anew': {
      forge: (copy) => edit(copy, firstFile, (lines) => lines.map((line, at) => (at === 7 ? resealed(line) : line))),
      says: /koa\/9: .*(link|prev)/,
    },
    'what is around the event is changed': {
      forge: (copy) =>
        edit(copy, firstFile, (lines) =>
          lines.map((line, at) => (at === 7 ? line.replace('"status":"Success"', '"status":"Failure"') : line)),
        ),
      says: /around|another SHA-256|sha256/i,
    },
    'an event is dropped': {
      forge: (copy) => edit(copy, firstFile, (lines) => lines.toSpliced(5, 1)),
      says: /koa\/7.*expected|koa\/6/,
    },
    'two events are swapped': {
      forge: (copy) =>
        edit(copy, firstFile, (lines) => [...lines.slice(0, 3), lines[4] ?? '', lines[3] ?? '', ...lines.slice(5)]),
      says: /koa\/5.*expected|koa\/4/,
    },
    'an event is there twice': {
      forge: (copy) => edit(copy, firstFile, (lines) => [...lines.slice(0, 4), lines[3] ?? '', ...lines.slice(4)]),
      says: /koa\/4/,
    },
    'the end of a file is cut off': {
      forge: (copy) => edit(copy, lastFile, (lines) => lines.slice(0, -1)),
      says: /pol\/80|manifest says/,
    },
    'a file is cut off in its middle': {
      forge: async (copy) =>
        writeFile(join(copy, firstFile), (await readFile(join(copy, firstFile))).subarray(0, 2_000)),
      says: /can't be read|another SHA-256|bytes/,
    },
    'a file is missing': { forge: (copy) => rm(join(copy, lastFile)), says: /not there|missing/ },
    'an old file is put in the place of a new one': {
      forge: (copy) => cp(join(copy, firstFile), join(copy, lastFile)),
      says: /koa\/1|bytes/,
    },
    'a file is there that no manifest lists': {
      forge: (copy) => cp(join(copy, firstFile), join(copy, 'ndjson/day=2026-11-01/99999999-001.ndjson.gz')),
      says: /in no manifest/,
    },
    'events are dropped and the manifest is forged to fit': {
      forge: async (copy) => {
        await edit(copy, lastFile, (lines) => lines.slice(0, -1));
        await refit(copy, second, lastFile, 'pol');
      },
      says: /manifests\/00000003\.json.*link/,
    },
    'a manifest is missing': { forge: (copy) => rm(join(copy, manifestKey(2))), says: /00000003\.json.*link/ },
    'the newest manifest is forged': {
      forge: async (copy) => {
        const heads = fourth.heads.filter(({ chain }) => chain !== 'koa.refusals');
        await writeFile(join(copy, manifestKey(4)), manifestBytes({ ...fourth, heads }));
      },
      says: /not signed with this key/,
      signatureOnly: true,
    },
    'a signature is missing': {
      forge: (copy) => rm(join(copy, `${manifestKey(2)}.sig`)),
      says: /is not signed/,
      signatureOnly: true,
    },
  };
  for (const [forgery, { forge, says, signatureOnly }] of Object.entries(forgeries)) {
    await t.test(`${forgery}: both verifiers say so`, async (t) => {
      const copy = await mkdtemp(join(scratch, 'forged-'));
      await cp(folder, copy, { recursive: true });
      await forge(copy);
      const { problems } = await verifyFiles([copy], { publicKey });
      t.match(problems.map(({ where, what }) => `${where}: ${what}`).join('\n'), says);
      const unsigned = await verifyFiles([copy]);
      t.equal(unsigned.problems.length === 0, signatureOnly === true, 'without the key');
      if (signatureOnly === true) return;
      const python = await verifyWithPython(copy);
      t.equal(python.code, 1, python.text);
      t.match(python.text, /WRONG/);
    });
  }

  await t.test(
    'a chain that was written anew from some event on is found by the manifests and by anchors',
    async (t) => {
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
    },
  );

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
        says: /is another event than the one that a trusted head says/,
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
    t.match(await forged({ files: [{ ...own, sha256: own.sha256.replace(/./, 'x') }, ...parquet] }), /another SHA-256/);
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
      /another manifest than the one that you trust/,
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

async function edit(
  folder: string,
  key: string,
  change: (lines: readonly string[]) => readonly string[],
): Promise<void> {
  const lines = await linesOf(join(folder, key));
  const changed = change(lines);
  if (changed.join('\n') === lines.join('\n')) throw new Error('The forgery changes nothing.');
  await writeFile(join(folder, key), gzipSync(`${changed.join('\n')}\n`));
}

function resealed(line: string): string {
  const { source, data } = JSON.parse(line) as { source: string; data: { unmapped: AuditEvent } };
  const event = { ...data.unmapped, action: 'getGrant' };
  return cloudEventLine(JSON.stringify({ ...event, hash: hashOf(event) }), source);
}

/** Makes a manifest say what a file holds now. */
async function refit(folder: string, manifest: Manifest, key: string, chain: string): Promise<void> {
  const bytes = await readFile(join(folder, key));
  const events = await eventsOf(join(folder, key));
  const last = events.filter((event) => event.chain === chain).at(-1);
  const files = manifest.files.map((file) =>
    file.key === key
      ? {
          ...file,
          bytes: bytes.length,
          sha256: sha256Of(bytes),
          count: events.length,
          runs: file.runs.map((run) => (run.chain === chain ? { ...run, last: last?.seq ?? 0 } : run)),
        }
      : file,
  );
  const heads = manifest.heads.map((head) =>
    head.chain === chain && last !== undefined ? { chain, seq: last.seq, hash: last.hash } : head,
  );
  await writeFile(join(folder, manifestKey(manifest.number)), manifestBytes({ ...manifest, files, heads }));
}
