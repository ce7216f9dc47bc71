import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { bulkExport } from '../../../src/audit/bulk/bulk-export.ts';
import { folderTarget } from '../../../src/audit/bulk/export-target.ts';
import { manifestBytes, manifestKey, sha256Of, type Manifest } from '../../../src/audit/bulk/manifest.ts';
import { serviceClient } from '../../../src/audit/stream/service-client.ts';
import { pemSigner } from '../../../src/audit/bulk/sign.ts';
import { verifyFiles, type Verdict } from '../../../src/audit/verify/verify-files.ts';
import { verifyLive } from '../../../src/audit/verify/verify-live.ts';
import { tablesOf } from '../../../src/compose/connections.ts';
import type { Tables } from '../../../src/ledger/client.ts';
import { startEmbedded } from '../../../src/local/embedded.ts';
import { PLATFORM, startService } from '../../support/service.ts';
import { copyFor, FORGERIES, type Forger, type Forgery } from './forgeries.ts';
import { chainOf, fillLog } from '../log.ts';
import { startPythonVerifier, type End } from './python-verifier.ts';

const PAGE = new URL('../../../docs/audit.md', import.meta.url);
const BEGIN = '<!-- What test/audit/verify/forgeries.test.ts found. -->\n\n';
const END = '\n<!-- End of what was found. -->';

type Exports = Forger['manifests'];

/** Four exports of a growing log; the third is without changes. */
async function exportsOf(tables: Tables, folder: string, privateKey: string, begin: string): Promise<Exports> {
  const parts = {
    tables,
    target: folderTarget(folder),
    source: '/ecr-control-plane/354918371398/eu-west-1',
    sign: pemSigner(privateKey),
    now: () => new Date(),
  };
  const koa = chainOf('koa', 48, begin);
  const refusals = chainOf('koa.refusals', 8, begin);
  await fillLog(tables, { koa: koa.slice(0, 20), 'koa.refusals': refusals.slice(0, 4) });
  const first = await bulkExport(parts);
  await fillLog(tables, { koa: koa.slice(0, 40), 'koa.refusals': refusals });
  const second = await bulkExport(parts);
  const third = await bulkExport(parts);
  await fillLog(tables, { koa });
  return [first, second, third, await bulkExport(parts)];
}

function keys() {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

function endOf({ problems, open }: Verdict): End {
  if (problems.length > 0) return 'wrong';
  return open.length > 0 ? 'open' : 'whole';
}

function textOf({ problems, open }: Verdict): string {
  return [...problems, ...open].map(({ where, what }) => `${where}: ${what}`).join('\n');
}

t.test('each forgery is told as docs/audit.md says', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'audit-forgeries-'));
  const service = await startService(t, { executor: false });
  const other = await startEmbedded({ executor: false });
  const python = startPythonVerifier();
  t.teardown(async () => {
    python.close();
    await other.close();
    await rm(scratch, { recursive: true });
  });
  const { privateKey, publicKey } = keys();
  const folder = join(scratch, 'export');
  const manifests = await exportsOf(
    tablesOf(service.embedded.config, service.embedded.endpoints),
    folder,
    privateKey,
    '2026-11-01T00:00:00.000Z',
  );
  const anew = join(scratch, 'anew');
  await exportsOf(tablesOf(other.config, other.endpoints), anew, keys().privateKey, '2026-11-01T00:00:01.000Z');
  const url = await service.app.listen({ port: 0, host: '127.0.0.1' });
  const token = await service.token(PLATFORM);
  const client = serviceClient(url, async () => token);
  const reference = referenceOf(manifests[3]);

  const told = async (copy: string) => ({
    nothing: await verifyFiles([copy]),
    key: await verifyFiles([copy], { publicKey }),
    manifest: await verifyFiles([copy], { manifest: reference }),
    live: await verifyLive(client, [copy], { publicKey }),
  });
  const agree = async (t: Test, copy: string, { nothing, manifest }: Readonly<Record<string, Verdict>>) => {
    const pythons = [await python.verify(copy), await python.verify('--manifest', `4=${reference.sha256}`, copy)];
    for (const [index, verdict] of [nothing, manifest].entries())
      t.equal(pythons[index]?.end, verdict && endOf(verdict), `the second verifier agrees: ${pythons[index]?.text}`);
  };

  const honest = await told(folder);
  t.same(
    Object.values(honest).map(endOf),
    ['open', 'whole', 'whole', 'open'],
    'a folder alone does not prove itself, and a log is open behind its newest export',
  );
  await agree(t, folder, honest);
  const rows = [row('nothing', honest)];
  for (const [name, forgery] of Object.entries(FORGERIES)) {
    await t.test(name, async (t) => {
      const copy = join(scratch, `forged-${rows.length}`);
      await copyFor(folder, copy);
      await forgery.forge({ copy, manifests, anew });
      const verdicts = await told(copy);
      rows.push(row(name, verdicts));
      t.match(textOf(verdicts.manifest), forgery.says);
      guarantee(t, forgery, verdicts);
      if (forgery.limits !== 'parquet') await agree(t, copy, verdicts);
      await rm(copy, { recursive: true });
    });
  }

  const table = [
    '| what is done to the folder | with nothing given | `--public-key` | `--manifest` of the newest | `--live`, `--public-key` |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  const page = await readFile(PAGE, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const [found = '', after = ''] = rest.split(END);
  if (process.env['WRITE_AUDIT_PAGE'] === '1') await writeFile(PAGE, `${before}${BEGIN}${table}${END}${after}`);
  else t.equal(found, table, 'docs/audit.md holds this table; write it with WRITE_AUDIT_PAGE=1');
});

type Told = Readonly<Record<'nothing' | 'key' | 'manifest' | 'live', Verdict>>;

/** What holds for every forgery, whatever the table says. */
function guarantee(t: Test, { limits }: Forgery, { nothing, key, manifest, live }: Told): void {
  t.not(endOf(nothing), 'whole', 'nothing is whole by its own word');
  if (limits === 'state') {
    t.match(key.newest?.number, key.manifests.length, 'whole up to an export that is named');
    t.match(textOf(live), /00000004\.json: was written by the service and is not in the folder/);
    t.equal(endOf(manifest), 'wrong', 'a newer manifest that was kept shows that it is old');
    return;
  }
  t.equal(endOf(key), 'wrong', 'for whoever has the key');
  t.equal(endOf(live), 'wrong', 'for whoever asks the service');
  t.equal(endOf(manifest), limits === 'signature' ? 'whole' : 'wrong', 'for whoever kept the newest manifest');
}

function row(name: string, { nothing, key, manifest, live }: Told): string {
  const missing = live.open.some(({ where }) => where.startsWith('manifests/'));
  const cells = [
    endOf(nothing),
    endOf(key),
    endOf(manifest),
    `${endOf(live)}${missing ? ', names what is missing' : ''}`,
  ];
  const newest = key.newest;
  if (cells[1] === 'whole' && newest !== undefined) cells[1] = `whole up to export ${newest.number}`;
  return `| ${name} | ${cells.join(' | ')} |`;
}

function referenceOf(manifest: Manifest) {
  return { key: manifestKey(manifest.number), sha256: sha256Of(manifestBytes(manifest)) };
}
