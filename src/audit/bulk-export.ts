import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendToChain } from '../ledger/append.ts';
import type { Tables } from '../ledger/client.ts';
import { claimExport, exportDone, type ExportState } from '../ledger/export-state.ts';
import { eventOf } from '../ledger/read-audit.ts';
import { PLATFORM_CHAIN } from './chain.ts';
import { beginDay, type DayFiles, type WrittenFile } from './event-files.ts';
import { readPart, type ChainPart } from './export.ts';
import type { ExportTarget, LocalFile } from './export-target.ts';
import { allHeads } from './heads.ts';
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

/** How often the end of an export is written when others write to the platform's chain at the same time. */
const ATTEMPTS = 20;

/**
 * Writes all events since the last bulk export, and a manifest, also when there are none.
 *
 * What belongs to it is fixed before it begins, as the heads of all chains; so an export that broke off is done again with the same
 * files, and nothing falls between two. It ends with an event in the platform's own chain that holds the heads and the manifest's
 * digest: an anchor of both.
 *
 * @throws Error when another export is running
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
    await recordDone(parts, state, manifest);
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
  const readers = await Promise.all(chains.map((part) => peekable(tables, part, limit)));
  const files: WrittenFile[] = [];
  for (let day = nextDay(readers); day !== undefined; day = nextDay(readers)) {
    const written = beginDay(folder, day, state.number, source);
    for (const reader of readers) await copyDay(reader, day, written);
    files.push(...(await written.finish()));
  }
  return files;
}

async function copyDay(reader: Reader, day: string, written: DayFiles): Promise<void> {
  while (reader.next !== undefined && dayOf(reader.next) === day) {
    await written.add(eventOf(reader.next), reader.next);
    await reader.advance();
  }
}

/** A chain's events with a look at the next. */
interface Reader {
  next: string | undefined;
  advance(): Promise<void>;
}

async function peekable(tables: Tables, part: ChainPart, limit: number): Promise<Reader> {
  const pages = readPart(tables, part, limit);
  let page: readonly string[] = [];
  let at = 0;
  const reader: Reader = {
    next: undefined,
    advance: async () => {
      at += 1;
      if (at >= page.length) {
        const read = await pages.next();
        page = read.done === true ? [] : read.value;
        at = 0;
      }
      reader.next = page[at];
    },
  };
  await reader.advance();
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
    const signature = Buffer.from((await sign(bytes)).toString('base64'));
    await target.put(`${key}.sig`, await writtenBytes(folder, signature), 'text/plain', 'any');
  }
  await target.put(key, await writtenBytes(folder, bytes), 'application/json');
}

async function writtenBytes(folder: string, bytes: Buffer): Promise<LocalFile> {
  const path = join(folder, 'bytes');
  await writeFile(path, bytes);
  return { path, bytes: bytes.length, sha256: sha256Of(bytes) };
}

async function recordDone({ tables, now }: BulkExportParts, state: ExportState, manifest: Manifest): Promise<void> {
  const reference = { key: manifestKey(manifest.number), sha256: sha256Of(manifestBytes(manifest)) };
  const done = exportDone(tables, state, reference);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const record = {
      time: now().toISOString(),
      action: 'exportAuditLog',
      outcome: 'succeeded',
      heads: state.heads,
      manifest: reference,
    } as const;
    if (await appendToChain(tables, PLATFORM_CHAIN, record, [done])) return;
  }
  throw new Error(`The end of export ${state.number} could not be recorded; the next run does it again.`);
}
