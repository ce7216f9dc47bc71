import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { bulkExport } from '../../../src/audit/bulk/bulk-export.ts';
import { folderTarget } from '../../../src/audit/bulk/export-target.ts';
import { manifestKey } from '../../../src/audit/bulk/manifest.ts';
import { pemSigner } from '../../../src/audit/bulk/sign.ts';
import { verifyFiles } from '../../../src/audit/verify/verify-files.ts';
import { tablesOf } from '../../../src/compose/connections.ts';
import { auditItem } from '../../../src/ledger/audit-items.ts';
import type { Tables } from '../../../src/ledger/client.ts';
import { readExports } from '../../../src/ledger/export-state.ts';
import { chainHeadKey, departmentPartition, DEPARTMENT_SORT_KEY, EXPORT_KEY } from '../../../src/ledger/keys.ts';
import { getItem } from '../../../src/ledger/read.ts';
import { startEmbedded } from '../../../src/local/embedded.ts';
import { reconcileExport } from '../../../src/maintenance/reconcile.ts';
import { forwardOtherChains } from '../../../src/ledger/forward-chain.ts';
import { readState, restoreState, type StateItem } from '../../../src/ledger/state-table.ts';
import { chainOf, fillLog } from '../log.ts';

const CHAIN = chainOf('koa', 60);

/** A log that grows, and exports of it into a folder. */
async function world(t: Test) {
  const embedded = await startEmbedded({ executor: false });
  const folder = await mkdtemp(join(tmpdir(), 'audit-restore-'));
  t.teardown(async () => {
    await embedded.close();
    await rm(folder, { recursive: true });
  });
  const tables = tablesOf(embedded.config, embedded.endpoints);
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const parts = {
    tables,
    target: folderTarget(folder),
    source: '/ecr-control-plane/354918371398/eu-west-1',
    sign: pemSigner(privateKey),
    now: () => new Date(),
  };
  return {
    tables,
    folder,
    grow: (count: number) => fillLog(tables, { koa: CHAIN.slice(0, count) }),
    night: (changed: Partial<typeof parts> = {}) => bulkExport({ ...parts, ...changed }),
    manifests: async () => (await readdir(join(folder, 'manifests'))).filter((name) => name.endsWith('.json')).sort(),
    whole: async (t: Test, events: number) => {
      const verdict = await verifyFiles([folder]);
      t.same(verdict.problems, [], 'the folder contradicts itself nowhere');
      t.equal(verdict.chains.find(({ chain }) => chain === 'koa')?.last, events, 'and no event is lost');
    },
  };
}

async function put(tables: Tables, item: Readonly<Record<string, unknown>> | undefined): Promise<void> {
  if (item === undefined) throw new Error('There is no such item.');
  await tables.documents.send(new PutCommand({ TableName: tables.state, Item: { ...item } }));
}

t.test("after the export's item went back, was lost or was forged, an export goes on after the last", async (t) => {
  const { tables, grow, night, manifests, whole } = await world(t);
  await grow(10);
  await night();
  const kept = await getItem(tables, EXPORT_KEY);
  await grow(20);
  await night();
  const states: Readonly<Record<string, () => Promise<unknown>>> = {
    'as it was after the first night': () => put(tables, kept),
    gone: () => tables.documents.send(new DeleteCommand({ TableName: tables.state, Key: EXPORT_KEY })),
    'of a run that is to begin in a year': () =>
      put(tables, { ...EXPORT_KEY, startedAt: new Date(Date.now() + 3e10).toISOString() }),
    'of another export, as earlier versions wrote it': () =>
      put(tables, { ...EXPORT_KEY, startedAt: 'none', number: 77, last: { number: 77, heads: [] } }),
  };
  let events = 20;
  for (const [state, bring] of Object.entries(states)) {
    await t.test(state, async (t) => {
      await bring();
      events += 10;
      await grow(events);
      const before = await manifests();
      const { number } = await night();
      t.equal(number, before.length + 1, 'the next number');
      t.equal((await manifests()).length, before.length + 1, 'and what is said to be written is written');
      await whole(t, events);
    });
  }
});

t.test('a state table that was restored and not reconciled stops the export, which says what to do', async (t) => {
  const { tables, grow, night, manifests, whole } = await world(t);
  await grow(10);
  await night();
  const department = (await getItem(tables, { pk: departmentPartition('koa'), sk: DEPARTMENT_SORT_KEY })) as StateItem;
  const platform = (await getItem(tables, chainHeadKey('platform'))) as StateItem;
  await grow(20);
  await night();

  await put(tables, department);
  await t.rejects(night(), { message: /koa is at 10, and export 2 holds it up to 20.* Reconcile first/ });
  await tables.documents.send(
    new DeleteCommand({ TableName: tables.state, Key: { pk: department.pk, sk: department.sk } }),
  );
  await t.rejects(night(), { message: /koa is not there, and export 2 holds it up to 20/ });
  await grow(30);
  await put(tables, platform);
  await t.rejects(night(), {
    message: /The platform's chain ends at 4, and the state table says 2\. Reconcile first/,
  });
  t.equal((await manifests()).length, 2, 'nothing was written');
  t.equal((await readExports(tables)).last.number, 2, 'and nothing recorded');

  await forwardOtherChains(tables, new Date());
  t.match(await reconcileExport(tables, new Date()), { last: 2 });
  t.equal((await night()).number, 3);
  await whole(t, 30);
});

t.test('a run that a restored state remembers is let go of by reconciling, a live one is not', async (t) => {
  const { tables, grow, night } = await world(t);
  await grow(5);
  const now = Date.now();
  await t.rejects(night({ target: { put: async () => Promise.reject(new Error('broke off')) } }), {
    message: 'broke off',
  });
  t.strictSame(await reconcileExport(tables, new Date(now)), { last: 0, begun: 1 }, 'it may still be at work');
  t.match(await reconcileExport(tables, new Date(now + 16 * 60_000)), { last: 0, begun: 1, released: String });
  t.equal((await night()).number, 1, 'and the next run does the export again');
  const items: StateItem[] = [];
  for await (const item of readState(tables)) items.push(item);
  t.ok(items.some(({ pk }) => pk === EXPORT_KEY.pk));
  for (const { pk, sk } of items)
    await tables.documents.send(new DeleteCommand({ TableName: tables.state, Key: { pk, sk } }));
  t.equal(
    await restoreState(
      tables,
      (async function* () {
        yield* items;
      })(),
    ),
    items.length - 1,
    'a restored state table has no run of an export',
  );
});

t.test(
  'what is in the place of a file is looked at: an export never says that it wrote what is not there',
  async (t) => {
    const { tables, folder, grow, night, whole } = await world(t);
    await grow(10);
    const clock = (hours: number) => () => new Date(Date.now() + hours * 3_600_000);
    const places = [`${manifestKey(1)}.sig`, manifestKey(1), 'ndjson/day=2026-11-01/00000001-001.ndjson.gz'];
    for (const [index, place] of places.entries()) {
      await mkdir(dirname(join(folder, place)), { recursive: true });
      await writeFile(join(folder, place), 'of somebody else');
      await t.rejects(night({ now: clock(index) }), { name: 'AlreadyThere', message: /is not recorded/ }, place);
      t.match(await readExports(tables), { last: { number: 0 }, begun: { number: 1 } }, 'not recorded as exported');
      await rm(join(folder, place));
    }
    t.equal(
      (await night({ now: clock(10) })).number,
      1,
      'when it is gone, the export is done, with the signature that was there',
    );
    await whole(t, 10);
  },
);

t.test(
  'an export of an audit table that was changed stops, because a manifest vouches for what it lists',
  async (t) => {
    const { tables, grow, night, manifests } = await world(t);
    await grow(10);
    await night();
    await grow(20);
    const [, , , , , , , , , , , honest] = CHAIN;
    if (honest === undefined) throw new Error('The chain is too short.');
    await tables.documents.send(
      new PutCommand({ TableName: tables.audit, Item: auditItem({ ...honest, action: 'getGrant' }) }),
    );
    await t.rejects(night(), { message: /The audit table was changed.*koa\/12: its content does not match its hash/ });
    t.equal((await manifests()).length, 1);
    await tables.documents.send(new PutCommand({ TableName: tables.audit, Item: auditItem(honest) }));
    t.equal((await night({ now: () => new Date(Date.now() + 3_600_000) })).number, 2, 'put right, it goes on');
  },
);
