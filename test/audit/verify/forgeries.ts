import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { EMPTY_CHAIN, hashOf, link } from '../../../src/ledger/chain.ts';
import { cloudEventLine } from '../../../src/audit/cloud-event.ts';
import {
  eventsKey,
  manifestBytes,
  manifestKey,
  sha256Of,
  type FileRun,
  type Manifest,
  type ManifestFile,
} from '../../../src/audit/bulk/manifest.ts';
import { beginParquet } from '../../../src/audit/bulk/parquet.ts';
import type { AuditEvent, ChainHeadRecord } from '../../../src/model/audit-event.ts';
import { recordOf } from '../log.ts';

/** What a forger has: a copy of the folder, what its manifests said, and a folder of the same exports, rewritten with another log. */
export interface Forger {
  readonly copy: string;
  readonly manifests: readonly [Manifest, Manifest, Manifest, Manifest];
  readonly anew: string;
}

/** A forgery: what is done to the folder, and what whoever holds something against it is told. */
export interface Forgery {
  readonly forge: (forger: Forger) => Promise<unknown>;
  /** What is said of it, with the newest manifest at hand. */
  readonly says: RegExp;
  /**
   * `state`: the folder is what it was at another time, and nothing in it is wrong; `signature`: only who asks for signatures can see
   * it; `parquet`: the second verifier can't read what is forged.
   */
  readonly limits?: 'state' | 'signature' | 'parquet';
}

/** Each does as much as can be done without the key and without breaking SHA-256. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  'a byte of an event is changed': {
    forge: (forger) => editFirst(forger, (lines) => lines.with(7, (lines[7] ?? '').replace('"push"', '"pusH"'))),
    says: /koa\/8: .*hash/,
  },
  'an event is changed and resealed': {
    forge: (forger) => editFirst(forger, (lines) => lines.with(7, resealed(lines[7] ?? ''))),
    says: /koa\/9: .*link/,
  },
  'what is around an event is changed': {
    forge: (forger) =>
      editFirst(forger, (lines) => lines.with(7, (lines[7] ?? '').replace('"status":"Success"', '"status":"Failure"'))),
    says: /around/,
  },
  'an event is dropped': {
    forge: (forger) => editFirst(forger, (lines) => lines.toSpliced(5, 1)),
    says: /koa\/7.*expected/,
  },
  'two events are swapped': {
    forge: (forger) => editFirst(forger, (lines) => lines.with(3, lines[4] ?? '').with(4, lines[3] ?? '')),
    says: /koa\/5.*expected/,
  },
  'an event is there twice': {
    forge: (forger) => editFirst(forger, (lines) => lines.toSpliced(4, 0, lines[3] ?? '')),
    says: /koa\/4: comes again/,
  },
  'a file is cut off in its middle': {
    forge: async ({ copy, manifests: [first] }) => {
      const path = join(copy, ndjsonOf(first).key);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length / 2));
    },
    says: /can't be read|bytes/,
  },
  'a file is missing': {
    forge: ({ copy, manifests: [, second] }) => rm(join(copy, ndjsonOf(second).key)),
    says: /not there/,
  },
  'an older file is in the place of a newer one': {
    forge: ({ copy, manifests: [first, second] }) =>
      cp(join(copy, ndjsonOf(first).key), join(copy, ndjsonOf(second).key)),
    says: /koa\/1: comes again/,
  },
  'a file is added that no manifest lists': {
    forge: ({ copy, manifests: [first] }) =>
      cp(join(copy, ndjsonOf(first).key), join(copy, eventsKey('ndjson', '2026-11-01', 99_999_999, 1))),
    says: /99999999.* is in no manifest/,
  },
  'a file is added among the manifests': {
    forge: ({ copy }) => writeFile(join(copy, 'manifests/00000009.json.sig'), 'x'),
    says: /neither a manifest nor/,
  },
  'an old export is forged, with its manifest': {
    forge: async ({ copy, manifests: [first, second] }) =>
      forgeExport(copy, second, first, { lines: (lines) => lines.slice(0, -1) }),
    says: /00000003\.json: .*link/,
  },
  'a manifest is missing': {
    forge: ({ copy }) => rm(join(copy, manifestKey(2))),
    says: /00000003\.json: .*link/,
  },
  'all manifests are missing': {
    forge: ({ copy }) => rm(join(copy, 'manifests'), { recursive: true }),
    says: /holds no manifests/,
  },
  'a signature is missing': {
    forge: ({ copy }) => rm(join(copy, `${manifestKey(2)}.sig`)),
    says: /^$/,
    limits: 'signature',
  },
  'the newest manifest leaves out where a chain ended': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, { heads: (heads) => heads.filter(({ chain }) => chain !== 'koa.refusals') }),
    says: /koa\.refusals\/8: .*ended at nothing/,
  },
  'the end of a chain is cut off behind the newest anchor, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        lines: (lines) => lines.filter((line) => !(line.includes('"id":"koa/') && seqOf(line) > 44)),
      }),
    says: ANOTHER_MANIFEST(),
  },
  'the end of a chain is rewritten behind the newest anchor, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        lines: (lines) => lines.map((line) => (line.includes('"id":"koa/48"') ? resealed(line) : line)),
      }),
    says: ANOTHER_MANIFEST(),
  },
  'events are invented behind the end of a chain': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, { lines: withInvented, heads: () => fourth.heads }),
    says: /koa\/50: .*ended at 48/,
  },
  'events are invented behind the end of a chain, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) => forgeExport(copy, fourth, third, { lines: withInvented }),
    says: ANOTHER_MANIFEST(),
  },
  'a chain is invented': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, { lines: withInventedChain, heads: () => fourth.heads }),
    says: /ute\/1: .*ended at nothing/,
  },
  'a chain is invented, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) => forgeExport(copy, fourth, third, { lines: withInventedChain }),
    says: ANOTHER_MANIFEST(),
  },
  "the platform's chain is left out of the newest export, with its manifest": {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        lines: withoutPlatform,
        heads: (heads) => heads.filter(({ chain }) => chain !== 'platform'),
      }),
    says: /does not say up to there that it was written/,
  },
  "the platform's chain is left out of all exports, with all manifests": {
    forge: async ({ copy, manifests }) => {
      let before: Manifest | undefined;
      for (const manifest of manifests) before = await forgeExport(copy, manifest, before, { lines: withoutPlatform });
    },
    says: /does not say up to there that it was written/,
  },
  'a member of an event is there twice, with the newest manifest': {
    forge: (forger) =>
      editNewest(forger, (line) => line.replace('"unmapped":{', '"unmapped":{"action":"deleteRepository",')),
    says: /is there twice/,
  },
  'a number is spelled differently, `5.0` for `5`, with the newest manifest': {
    forge: (forger) => editNewest(forger, (line) => line.replace(/"version":([0-9]+)/, '"version":$1.0')),
    says: /spelled differently/,
  },
  'spaces are put into an event, with the newest manifest': {
    forge: (forger) => editNewest(forger, (line) => line.replace('"unmapped":{', '"unmapped": {')),
    says: /there are spaces/,
  },
  'a column of Parquet says something else than the event, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        rows: (events) =>
          events.map((event) => [event.seq === 46 ? { ...event, action: 'getGrant' } : event, JSON.stringify(event)]),
      }),
    says: /parquet: says something else of koa\/46 in the column action/,
    limits: 'parquet',
  },
  'the events in Parquet are others than in NDJSON, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        rows: (events) =>
          events.map((event) => {
            const other = event.seq === 46 ? { ...event, reason: { code: 'x', detail: 'x' } } : event;
            return [other, JSON.stringify(other)];
          }),
      }),
    says: /parquet: says something else of koa\/46 in the column/,
    limits: 'parquet',
  },
  'a row is missing in Parquet, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        rows: (events) => events.slice(0, -1).map((event) => [event, JSON.stringify(event)]),
      }),
    says: /parquet: has no row of/,
    limits: 'parquet',
  },
  'a row is added in Parquet, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        rows: (events) => [...events, ...events.slice(-1)].map((event) => [event, JSON.stringify(event)]),
      }),
    says: /parquet: has 1 rows more/,
    limits: 'parquet',
  },
  'Parquet is something else, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, { parquet: Buffer.from('PAR1 nothing PAR1') }),
    says: /can't be read as Parquet/,
    limits: 'parquet',
  },
  'Parquet is left out, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, { files: (files) => files.filter(({ form }) => form === 'ndjson') }),
    says: /without the same events in the other form/,
  },
  'a file is listed for another day, with the newest manifest': {
    forge: ({ copy, manifests: [, , third, fourth] }) =>
      forgeExport(copy, fourth, third, {
        files: (files) => files.map((file) => ({ ...file, day: '2026-01-01' })),
      }),
    says: /is no place of a file of 2026-01-01/,
  },
  'the newest export is removed': {
    forge: async ({ copy, manifests }) => removeExport(copy, manifests[3]),
    says: /manifests\/00000004\.json: is missing, though you gave it; the folder ends with manifests\/00000003\.json/,
    limits: 'state',
  },
  'the folder goes back to an older state': {
    forge: async ({ copy, manifests: [, second, third, fourth] }) => {
      for (const manifest of [second, third, fourth]) await removeExport(copy, manifest);
    },
    says: /manifests\/00000004\.json: is missing, though you gave it; the folder ends with manifests\/00000001\.json/,
    limits: 'state',
  },
  'everything is rewritten from the first event on, and signed with another key': {
    forge: async ({ copy, anew }) => {
      await rm(copy, { recursive: true });
      await cp(anew, copy, { recursive: true });
    },
    says: ANOTHER_MANIFEST(),
  },
};

function ANOTHER_MANIFEST(): RegExp {
  return /00000004\.json: is another manifest than the one that you gave/;
}

/** What a forger puts into an export, and into its manifest. */
interface Forged {
  readonly lines?: (lines: readonly string[]) => readonly string[];
  /** The rows of Parquet: the event for its columns, and the text for the column that holds it. */
  readonly rows?: (events: readonly AuditEvent[]) => readonly (readonly [AuditEvent, string])[];
  readonly parquet?: Buffer;
  readonly files?: (files: readonly ManifestFile[]) => readonly ManifestFile[];
  readonly heads?: (heads: readonly ChainHeadRecord[]) => readonly ChainHeadRecord[];
}

/** Rewrites an export, and a manifest that fits it, behind the one before it. */
async function forgeExport(
  copy: string,
  manifest: Manifest,
  before: Manifest | undefined,
  {
    lines: change = (lines) => lines,
    rows,
    parquet,
    files: listed = (files) => files,
    heads: said = (heads) => heads,
  }: Forged,
): Promise<Manifest> {
  const files: ManifestFile[] = [];
  const heads = new Map((before?.heads ?? []).map((head) => [head.chain, head]));
  for (const file of manifest.files.filter(({ form }) => form === 'ndjson')) {
    const twin = join(copy, file.key.replace('ndjson', 'parquet').replace('.ndjson.gz', '.parquet'));
    const lines = change(await linesOf(join(copy, file.key)));
    await Promise.all([rm(join(copy, file.key)), rm(twin)]);
    if (lines.length === 0) continue;
    const events = lines.map(eventOf);
    for (const { chain, seq, hash } of events) heads.set(chain, { chain, seq, hash });
    await writeFile(join(copy, file.key), gzipSync(`${lines.join('\n')}\n`));
    if (parquet === undefined)
      writeParquet(twin, rows?.(events) ?? events.map((event) => [event, JSON.stringify(event)]));
    else await writeFile(twin, parquet);
    for (const [form, path] of [
      ['ndjson', join(copy, file.key)],
      ['parquet', twin],
    ] as const) {
      const bytes = await readFile(path);
      const key = path.slice(copy.length + 1);
      files.push({
        ...file,
        key,
        form,
        count: lines.length,
        bytes: bytes.length,
        sha256: sha256Of(bytes),
        runs: runsOf(events),
      });
    }
  }
  const previous =
    before === undefined ? null : { key: manifestKey(before.number), sha256: sha256Of(manifestBytes(before)) };
  const sorted = [...heads.values()].toSorted((a, b) => (a.chain < b.chain ? -1 : 1));
  const forged = { ...manifest, previous, files: listed(files), heads: said(sorted) };
  await writeFile(join(copy, manifestKey(manifest.number)), manifestBytes(forged));
  return forged;
}

function writeParquet(path: string, rows: readonly (readonly [AuditEvent, string])[]): void {
  const file = beginParquet(path);
  for (const [event, text] of rows) file.add(event, text);
  file.finish();
}

function runsOf(events: readonly AuditEvent[]): readonly FileRun[] {
  const runs: FileRun[] = [];
  for (const { chain, seq } of events) {
    const last = runs.at(-1);
    if (last?.chain === chain) runs[runs.length - 1] = { ...last, last: seq };
    else runs.push({ chain, first: seq, last: seq });
  }
  return runs;
}

async function removeExport(copy: string, { number, files }: Manifest): Promise<void> {
  for (const key of [manifestKey(number), `${manifestKey(number)}.sig`, ...files.map((file) => file.key)])
    await rm(join(copy, key));
}

function ndjsonOf({ files }: Manifest): ManifestFile {
  const file = files.find(({ form }) => form === 'ndjson');
  if (file === undefined) throw new Error('The export has no events.');
  return file;
}

function eventOf(line: string): AuditEvent {
  return (JSON.parse(line) as { data: { unmapped: AuditEvent } }).data.unmapped;
}

async function linesOf(path: string): Promise<readonly string[]> {
  return gunzipSync(await readFile(path))
    .toString('utf8')
    .trimEnd()
    .split('\n');
}

function seqOf(line: string): number {
  return eventOf(line).seq;
}

async function editFirst(
  { copy, manifests: [first] }: Forger,
  change: (lines: readonly string[]) => readonly string[],
): Promise<void> {
  const path = join(copy, ndjsonOf(first).key);
  const lines = await linesOf(path);
  const changed = change(lines);
  if (changed.join('\n') === lines.join('\n')) throw new Error('The forgery changes nothing.');
  await writeFile(path, gzipSync(`${changed.join('\n')}\n`));
}

/** Changes the text of event koa/46 in the newest export, and nothing that a reader of JSON gets of it. */
async function editNewest({ copy, manifests: [, , third, fourth] }: Forger, change: (line: string) => string) {
  return forgeExport(copy, fourth, third, {
    lines: (lines) => lines.map((line) => (line.includes('"id":"koa/46"') ? change(line) : line)),
  });
}

function resealed(line: string): string {
  const { source, data } = JSON.parse(line) as { source: string; data: { unmapped: AuditEvent } };
  const event = { ...data.unmapped, action: 'getGrant' };
  return cloudEventLine(JSON.stringify({ ...event, hash: hashOf(event) }), source);
}

/** Lines with two events more behind the last of koa, in the file that holds that. */
function withInvented(lines: readonly string[]): readonly string[] {
  const at = lines.findIndex((line) => line.includes('"id":"koa/48"'));
  const line = lines[at];
  if (line === undefined) return lines;
  const last = eventOf(line);
  const records = [49, 50].map((number) => recordOf('koa', number, new Date(last.time)));
  return lines.toSpliced(at + 1, 0, ...link('koa', last, records).map((event) => lineOf(event, line)));
}

function withInventedChain(lines: readonly string[]): readonly string[] {
  const line = lines.find((candidate) => candidate.includes('"id":"koa/48"'));
  if (line === undefined) return lines;
  const made = link('ute', EMPTY_CHAIN, [recordOf('ute', 1, new Date(eventOf(line).time))]);
  return [...lines, ...made.map((event) => lineOf(event, line))];
}

function withoutPlatform(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.includes('"id":"platform/'));
}

function lineOf(event: AuditEvent, like: string): string {
  return cloudEventLine(JSON.stringify(event), (JSON.parse(like) as { source: string }).source);
}

/** Makes a forger's copy. */
export async function copyFor(folder: string, copy: string): Promise<void> {
  await mkdir(dirname(copy), { recursive: true });
  await cp(folder, copy, { recursive: true });
}
