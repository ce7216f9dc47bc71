import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tables } from '../../ledger/client.ts';
import { claimExport, endExport, type ExportState } from '../../ledger/export-state.ts';
import { eventOf } from '../../ledger/read-audit.ts';
import type { AuditEvent, ChainHeadRecord } from '../../model/audit-event.ts';
import { EMPTY_CHAIN, findBreak, type ChainHead } from '../../ledger/chain.ts';
import { beginDay, type DayFiles, type WrittenFile } from './event-files.ts';
import { readPart, type ChainPart } from '../stream/export.ts';
import type { ExportTarget, LocalFile } from './export-target.ts';
import { allHeads } from '../../ledger/heads.ts';
import {
  MANIFEST_FORMAT,
  manifestBytes,
  manifestKey,
  partsBetween,
  sha256Of,
  type Manifest,
  type ManifestFile,
} from './manifest.ts';
import type { ManifestSigner } from './sign.ts';

/** What a bulk export works with. */
export interface BulkExportParts {
  readonly tables: Tables;
  readonly target: ExportTarget;
  /** CloudEvents' `source`. */
  readonly source: string;
  readonly now: () => Date;
  readonly sign?: ManifestSigner;
}

/**
 * Writes all events since the last bulk export, and a manifest, also when there are none.
 *
 * What belongs to it is fixed before it begins, as the heads of all chains, in the platform's own chain; so an export that broke off is
 * done again with the same files, and nothing falls between two, also when the state table was restored. It ends with an event in that
 * chain that holds the heads and the manifest's digest: an anchor of both.
 *
 * @throws Error when another export is running, when the state table is behind the audit log, when an event does not link to the one
 *   before it, or when the target holds something else under a name of this export; nothing is recorded as exported then
 */
export async function bulkExport(parts: BulkExportParts): Promise<Manifest> {
  const { tables, now } = parts;
  const state = await claimExport(tables, now(), () => allHeads(tables));
  const folder = await mkdtemp(join(tmpdir(), 'audit-export-'));
  try {
    const files = await writeFiles(parts, state, folder);
    for (const file of files)
      await parts.target.put(
        file.key,
        file,
        file.form === 'ndjson' ? 'application/gzip' : 'application/vnd.apache.parquet',
      );
    const manifest: Manifest = {
      format: MANIFEST_FORMAT,
      number: state.number,
      createdAt: state.createdAt,
      source: parts.source,
      previous: state.previous.manifest ?? null,
      files: files.map(described),
      heads: state.heads,
    };
    await putManifest(parts, manifest, folder);
    const reference = { key: manifestKey(manifest.number), sha256: sha256Of(manifestBytes(manifest)) };
    await endExport(tables, state, reference, now);
    return manifest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function described({ key, form, day, count, bytes, sha256, runs }: WrittenFile): ManifestFile {
  return { key, form, day, count, bytes, sha256, runs };
}

/** Writes the events day by day, within a day chain by chain. */
async function writeFiles(
  { tables, source }: BulkExportParts,
  state: ExportState,
  folder: string,
): Promise<readonly WrittenFile[]> {
  const chains = partsBetween(state.previous.heads, state.heads);
  // One page of each chain is in memory at once; the more chains, the smaller it is.
  const limit = Math.max(25, Math.floor(4_000 / Math.max(chains.length, 1)));
  const begins = new Map(state.previous.heads.map((head) => [head.chain, head]));
  const readers = await Promise.all(
    chains.map((part) => peekable(tables, part, limit, begins.get(part.chain) ?? EMPTY_CHAIN)),
  );
  const files: WrittenFile[] = [];
  for (let day = nextDay(readers); day !== undefined; day = nextDay(readers)) {
    const written = beginDay(folder, day, state.number, source);
    for (const reader of readers) await copyDay(reader, day, written);
    files.push(...(await written.finish()));
  }
  checkEnds(readers, state.heads);
  return files;
}

/** A manifest vouches for its heads: each must be the event that was read. */
function checkEnds(readers: readonly Reader[], heads: readonly ChainHeadRecord[]): void {
  const ends = new Map(heads.map((head) => [head.chain, head]));
  for (const { chain, last } of readers)
    if (last.hash !== ends.get(chain)?.hash)
      throw new Error(`${CHANGED} ${chain}/${last.seq} is another event than the head of its chain.`);
}

/** Begins the message about an event that is not what it was. */
const CHANGED = 'The audit table was changed; nothing was exported. docs/runbook.md, A changed audit log.';

async function copyDay(reader: Reader, day: string, written: DayFiles): Promise<void> {
  while (reader.next !== undefined && dayOf(reader.next) === day) {
    const event = eventOf(reader.next);
    const broken = findBreak([event], reader.last);
    if (broken !== undefined) throw new Error(`${CHANGED} ${broken}.`);
    await written.add(event, reader.next);
    await reader.advance(event);
  }
}

/** A chain's events with a look at the next. */
interface Reader {
  readonly chain: string;
  next: string | undefined;
  /** The event before the next: the next must link to it. */
  last: ChainHead;
  advance(copied: AuditEvent): Promise<void>;
}

async function peekable(tables: Tables, part: ChainPart, limit: number, begin: ChainHead): Promise<Reader> {
  const pages = readPart(tables, part, limit);
  let page: readonly string[] = [];
  let at = 0;
  const read = async (): Promise<string | undefined> => {
    at += 1;
    if (at >= page.length) {
      const next = await pages.next();
      page = next.done === true ? [] : next.value;
      at = 0;
    }
    return page[at];
  };
  const reader: Reader = {
    chain: part.chain,
    next: await read(),
    last: begin,
    advance: async (copied) => {
      reader.last = copied;
      reader.next = await read();
    },
  };
  return reader;
}

function nextDay(readers: readonly Reader[]): string | undefined {
  return readers.flatMap(({ next }) => (next === undefined ? [] : [dayOf(next)])).sort()[0];
}

function dayOf(text: string): string {
  return eventOf(text).time.slice(0, 'YYYY-MM-DD'.length);
}

async function putManifest({ target, sign }: BulkExportParts, manifest: Manifest, folder: string): Promise<void> {
  const bytes = manifestBytes(manifest);
  const key = manifestKey(manifest.number);
  // The signature first: a manifest that is there has its signature.
  if (sign !== undefined) {
    const signature = Buffer.from((await sign.sign(bytes)).toString('base64'));
    // Each signature of the same text is another; what a run before put there is as good if it is one.
    await target.put(`${key}.sig`, await writtenBytes(folder, signature), 'text/plain', (there) =>
      sign.isMine(bytes, Buffer.from(there.toString('latin1'), 'base64')),
    );
  }
  await target.put(key, await writtenBytes(folder, bytes), 'application/json');
}

async function writtenBytes(folder: string, bytes: Buffer): Promise<LocalFile> {
  const path = join(folder, 'bytes');
  await writeFile(path, bytes);
  return { path, bytes: bytes.length, sha256: sha256Of(bytes) };
}
