import t from 'tap';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { EMPTY_CHAIN, findBreak, link } from '../../src/ledger/chain.ts';
import { readEventLine } from '../../src/audit/verify/event-line.ts';
import { manifestKey } from '../../src/audit/bulk/manifest.ts';
import { rebuild } from '../../src/model/rebuild.ts';
import { verifyFiles } from '../../src/audit/verify/verify-files.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import { recordOf } from './log.ts';
import { startPythonVerifier } from './verify/python-verifier.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/audit-v1/export', import.meta.url));
const MANIFEST = join(FOLDER, 'manifests/00000001.json');
const EVENTS = join(FOLDER, 'ndjson/day=2026-12-01/00000001-001.ndjson.gz');

async function eventsOfVersion1(): Promise<readonly AuditEvent[]> {
  const lines = gunzipSync(await readFile(EVENTS))
    .toString()
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const read = readEventLine(line);
    if (typeof read === 'string') throw new Error(read);
    return read.event;
  });
}

t.test('an export of events of version 1 verifies, by both verifiers', async (t) => {
  const sha256 = createHash('sha256')
    .update(await readFile(MANIFEST))
    .digest('hex');
  const { problems, open } = await verifyFiles([FOLDER], { manifest: { key: manifestKey(1), sha256 } });
  t.strictSame({ problems, open }, { problems: [], open: [] });
  const python = startPythonVerifier();
  t.teardown(python.close);
  t.match(await python.verify('--manifest', `1=${sha256}`, FOLDER), { end: 'whole' });
});

t.test('events of version 1 are read, and say of themselves that they tell no state', async (t) => {
  const events = (await eventsOfVersion1()).filter(({ chain }) => chain === 'koa');
  t.ok(events.length > 5);
  t.ok(events.every(({ schemaVersion }) => schemaVersion === undefined));
  const { isWhole, wanted, contradictions } = rebuild(events);
  t.strictSame({ isWhole, wanted: [...wanted], contradictions }, { isWhole: false, wanted: [], contradictions: [] });
});

t.test('a chain that begins with version 1 goes on with version 2, and is one chain', async (t) => {
  const events = (await eventsOfVersion1()).filter(({ chain }) => chain === 'koa');
  const next = link('koa', events.at(-1) ?? EMPTY_CHAIN, [recordOf('koa', 1, new Date('2027-01-01'))]);
  t.equal(findBreak([...events, ...next]), undefined);
  t.equal(next[0]?.schemaVersion, 2);
});
