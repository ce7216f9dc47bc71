import { open, readFile, rename, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { AuditEvent } from '../../model/audit-event.ts';
import { cloudEventLine } from '../cloud-event.ts';
import type { ExportFormat } from './export.ts';
import { nextLink, ServiceRefusal, type ServiceClient } from './service-client.ts';

/** What to take from the service, and into which file. */
export interface Download {
  readonly client: ServiceClient;
  readonly output: string;
  /** Filters and period, as the service's query parameters. */
  readonly query: Readonly<Record<string, string>>;
  readonly department?: string;
}

/** How often a request is repeated that brings nothing; each event that arrives begins the count again. */
const TRIES = 6;

/**
 * Takes an export into a file. A file that is there is gone on with behind its last whole line, so that a run that was broken off at any
 * moment is simply run again: nothing is lost and nothing is there twice.
 * @returns how many bytes were added
 */
export async function downloadExport(
  { client, output, query, department }: Download,
  format: ExportFormat,
): Promise<number> {
  const file = await open(output, 'a+');
  let added = 0;
  try {
    let after = await lastEventOf(file, format);
    let tries = 0;
    let target: string | undefined = exportPath(department, { ...query, format }, after);
    while (target !== undefined) {
      const before = added;
      try {
        const response = await client.get(target);
        for await (const text of wholeLines(response, format, after !== undefined)) {
          await file.appendFile(text);
          added += Buffer.byteLength(text);
        }
        target = nextLink(response);
        after ??= '';
      } catch (error) {
        tries = added > before ? 1 : tries + 1;
        if (tries === TRIES || isFinal(error)) throw error;
        await setTimeout(250 * 2 ** tries);
        after = await lastEventOf(file, format);
        target = exportPath(department, { ...query, format }, after);
      }
    }
    await file.sync();
    return added;
  } finally {
    await file.close();
  }
}

function exportPath(
  department: string | undefined,
  query: Readonly<Record<string, string>>,
  after: string | undefined,
): string {
  const parameters = new URLSearchParams({ ...query, ...(after === undefined ? {} : { after }) });
  return `${listPath(department)}/export?${parameters.toString()}`;
}

function listPath(department: string | undefined): string {
  return department === undefined ? '/v1/audit-events' : `/v1/departments/${department}/audit-events`;
}

/** A refusal is not repeated, except for "too many" and for what is the service's own fault. */
function isFinal(error: unknown): boolean {
  return error instanceof ServiceRefusal && error.status < 500 && error.status !== 429;
}

/** What arrives, cut at the ends of lines; of a file that is gone on with, without the line of names. */
async function* wholeLines(response: Response, format: ExportFormat, goesOn: boolean): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let skip = goesOn && format === 'csv';
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    let end = rest.lastIndexOf('\n') + 1;
    if (end === 0) continue;
    if (skip) {
      rest = rest.slice(rest.indexOf('\n') + 1);
      end = rest.lastIndexOf('\n') + 1;
      skip = false;
    }
    if (end > 0) yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  if (rest !== '') throw new Error('The answer broke off within a line.');
}

/** How much of a file's end is looked at for its last line: more than the longest event. */
const LONGEST_LINE = 4 * 1024 * 1024;

/** Cuts a file behind its last whole line and gives the id of the event in it; `undefined` for a file without one. */
async function lastEventOf(file: FileHandle, format: ExportFormat): Promise<string | undefined> {
  const { size } = await file.stat();
  const start = Math.max(0, size - LONGEST_LINE);
  const tail = Buffer.alloc(size - start);
  await file.read(tail, 0, tail.length, start);
  const end = tail.lastIndexOf('\n') + 1;
  const line = tail.subarray(tail.subarray(0, Math.max(0, end - 1)).lastIndexOf('\n') + 1, end).toString('utf8');
  const id = format === 'csv' ? line.slice(0, Math.max(0, line.indexOf(','))) : idOf(line);
  if (!/^[a-z0-9.-]+\/[0-9]+$/.test(id)) {
    if (start > 0) throw new Error('The file does not end with an event of this export.');
    if (format === 'ndjson' && end > 0) throw new Error('The file holds something else than an export as NDJSON.');
    await file.truncate(0);
    return undefined;
  }
  await file.truncate(start + end);
  return id;
}

function idOf(line: string): string {
  try {
    return String((JSON.parse(line) as { id?: unknown }).id);
  } catch {
    return '';
  }
}

/** How far a follower is: the cursor of the service, and how long its file was then. */
interface Mark {
  readonly cursor?: string;
  readonly bytes: number;
}

/** How a follower writes what it gets. */
export interface Follow extends Download {
  /** CloudEvents' `source`; without it the events themselves are written. */
  readonly source?: string;
}

/**
 * Follows the log into a file, and the mark of how far it is into `FILE.cursor`. Killed at any moment and run again, it ends with exactly
 * the events, in order: the file is cut back to the mark first, and the mark moves only behind what is on disk.
 */
export async function follow({ client, output, query, department, source }: Follow): Promise<void> {
  const markPath = `${output}.cursor`;
  let mark = await readMark(markPath);
  const file = await open(output, 'a+');
  try {
    const { size } = await stat(output);
    if (size < mark.bytes) throw new Error(`${output} is shorter than ${markPath} says. Delete both to begin again.`);
    await file.truncate(mark.bytes);
    for (let tries = 0; ; ) {
      try {
        mark = await step(mark);
        tries = 0;
      } catch (error) {
        tries += 1;
        if (tries === TRIES || isFinal(error)) throw error;
        await setTimeout(250 * 2 ** tries);
      }
    }
  } finally {
    await file.close();
  }

  async function step({ cursor, bytes }: Mark): Promise<Mark> {
    const parameters = new URLSearchParams({
      ...query,
      first: '100',
      wait: '20',
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    const response = await client.get(`${listPath(department)}?${parameters.toString()}`);
    // A service that can't keep a request waiting says when to ask again.
    const pause = Number(response.headers.get('retry-after') ?? 0);
    const { items, nextCursor } = (await response.json()) as { items: readonly AuditEvent[]; nextCursor: string };
    const text = items
      .map(
        (event) =>
          `${source === undefined ? JSON.stringify(event) : cloudEventLine(JSON.stringify(event), source, event)}\n`,
      )
      .join('');
    // What a failed attempt left behind the mark goes first.
    await file.truncate(bytes);
    await file.appendFile(text);
    await file.sync();
    const next = { cursor: nextCursor, bytes: bytes + Buffer.byteLength(text) };
    await writeMark(markPath, next);
    if (pause > 0) await setTimeout(pause * 1_000);
    return next;
  }
}

async function readMark(path: string): Promise<Mark> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Mark;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { bytes: 0 };
  }
}

/** A mark is there whole or not at all. */
async function writeMark(path: string, mark: Mark): Promise<void> {
  const beside = `${path}.part`;
  const file = await open(beside, 'w');
  try {
    await file.writeFile(JSON.stringify(mark));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
