import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import type { AuditEvent } from '../../model/audit-event.ts';
import { PARQUET_COLUMNS } from '../bulk/parquet.ts';

/** Rows that are in memory at once. */
const ROWS = 2_000;

/** The rows of a Parquet file, held one by one against the events that they must say. */
export interface ParquetRows {
  /** What is wrong with the next row; `undefined` when it says what the event says, and after the first wrong one. */
  hold(event: AuditEvent): Promise<string | undefined>;
  /** What is wrong after the last event: rows that are left. */
  end(): string | undefined;
}

const COLUMNS = new Map(PARQUET_COLUMNS);

/**
 * Opens a Parquet file to verify it.
 * @throws Error when it is none, or has columns that are not known, or not the event itself
 */
export async function openParquet(path: string): Promise<ParquetRows> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const total = Number(metadata.num_rows);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const unknown = names.find((name, at) => !COLUMNS.has(name) || names.indexOf(name) !== at);
  if (unknown !== undefined) throw new Error(`the column ${unknown} is not known, or there twice`);
  if (!names.includes('event')) throw new Error('the column event is missing');
  let at = 0;
  let page: readonly Readonly<Record<string, unknown>>[] = [];
  let wrong = false;
  const next = async (): Promise<Readonly<Record<string, unknown>> | undefined> => {
    if (at >= total) return undefined;
    if (at % ROWS === 0)
      page = await parquetReadObjects({ file, metadata, rowStart: at, rowEnd: Math.min(total, at + ROWS) });
    return page[at++ % ROWS];
  };
  return {
    hold: async (event) => {
      if (wrong) return undefined;
      const what = await next().then(
        (row) => wrongRow(row, event, names),
        (error: unknown) => `can't be read to its end: ${(error as Error).message}`,
      );
      wrong = what !== undefined;
      return what;
    },
    end: () => (wrong || at === total ? undefined : `has ${total - at} rows more than there are events`),
  };
}

function wrongRow(
  row: Readonly<Record<string, unknown>> | undefined,
  event: AuditEvent,
  names: readonly string[],
): string | undefined {
  if (row === undefined) return `has no row of ${event.id}`;
  const text = JSON.stringify(event);
  const name = names.find((column) => plain(row[column]) !== plain(COLUMNS.get(column)?.of(event, text)));
  return name === undefined
    ? undefined
    : `says something else of ${event.id} in the column ${name} than the event says`;
}

/** Readers give a time as a `Date`, and what is absent as `null`. */
function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : (value ?? null);
}
