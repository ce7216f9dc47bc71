import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { AuditEvent } from '../../model/audit-event.ts';
import { cloudEventLine } from '../cloud-event.ts';
import { sha256OfFile } from './export-target.ts';
import { eventsKey, type FileRun, type ManifestFile } from './manifest.ts';
import { beginParquet } from './parquet.ts';

/** Events that one file holds at most. */
const EVENTS_PER_FILE = 50_000;

/** A finished file: what its manifest says of it, and where it is until it is put. */
export interface WrittenFile extends ManifestFile {
  readonly path: string;
}

/** One day's events on their way into files, in both forms. */
export interface DayFiles {
  add(event: AuditEvent, text: string): Promise<void>;
  finish(): Promise<readonly WrittenFile[]>;
}

/** Begins the files of a day; they grow on disk, not in memory. */
export function beginDay(folder: string, day: string, number: number, source: string): DayFiles {
  const done: WrittenFile[] = [];
  let part = 0;
  let open: Part | undefined;
  const close = async (): Promise<void> => {
    if (open !== undefined) done.push(...(await open.finish()));
    open = undefined;
  };
  return {
    add: async (event, text) => {
      if (open?.count() === EVENTS_PER_FILE) await close();
      open ??= beginPart(folder, day, number, ++part, source);
      await open.add(event, text);
    },
    finish: async () => {
      await close();
      return done;
    },
  };
}

interface Part extends DayFiles {
  count(): number;
}

function beginPart(folder: string, day: string, number: number, part: number, source: string): Part {
  const pathOf = (form: ManifestFile['form']): string => join(folder, `${day}-${part}.${form}`);
  const gzip = createGzip();
  const file = createWriteStream(pathOf('ndjson'));
  gzip.pipe(file);
  gzip.once('error', (error) => file.destroy(error));
  const parquet = beginParquet(pathOf('parquet'));
  const runs: FileRun[] = [];
  let count = 0;
  const described = async (form: ManifestFile['form']): Promise<WrittenFile> => {
    const path = pathOf(form);
    const { size: bytes } = await stat(path);
    return {
      key: eventsKey(form, day, number, part),
      form,
      day,
      count,
      bytes,
      sha256: await sha256OfFile(path),
      runs,
      path,
    };
  };
  return {
    count: () => count,
    add: async (event, text) => {
      count += 1;
      extend(runs, event);
      parquet.add(event, text);
      if (!gzip.write(`${cloudEventLine(text, source, event)}\n`)) await once(gzip, 'drain');
    },
    finish: async () => {
      gzip.end();
      await finished(file);
      parquet.finish();
      return [await described('ndjson'), await described('parquet')];
    },
  };
}

function extend(runs: FileRun[], { chain, seq }: AuditEvent): void {
  const last = runs.at(-1);
  if (last?.chain === chain) runs[runs.length - 1] = { ...last, last: seq };
  else runs.push({ chain, first: seq, last: seq });
}
