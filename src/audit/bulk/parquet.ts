import { fileWriter, ParquetWriter, schemaFromColumnData, type BasicType } from 'hyparquet-writer';
import type { AuditEvent } from '../../model/audit-event.ts';
import { COLUMNS } from '../columns.ts';

/** Rows that are held in memory before they are written as a row group. */
const ROWS_PER_GROUP = 2_000;

/** Columns of Parquet beside those of CSV: numbers as numbers, and the event itself. */
const TYPED: Readonly<
  Record<string, { readonly type: BasicType; readonly of: (event: AuditEvent, text: string) => unknown }>
> = {
  time: { type: 'TIMESTAMP', of: ({ time }) => new Date(time) },
  version: { type: 'INT32', of: ({ version }) => version },
  schema_version: { type: 'INT32', of: ({ schemaVersion }) => schemaVersion },
  count: { type: 'INT32', of: ({ joined }) => joined?.count },
  first: { type: 'TIMESTAMP', of: ({ joined }) => joined && new Date(joined.first) },
  last: { type: 'TIMESTAMP', of: ({ joined }) => joined && new Date(joined.last) },
  chain: { type: 'STRING', of: ({ chain }) => chain },
  seq: { type: 'INT32', of: ({ seq }) => seq },
  event: { type: 'STRING', of: (_event, text) => text },
};

/** A column: its type, and what of an event, and of its text, goes into it. */
interface Column {
  readonly type: BasicType;
  readonly of: (event: AuditEvent, text: string) => unknown;
}

/** The columns of Parquet by name and in their order. */
export const PARQUET_COLUMNS = Object.entries<Column>({
  ...Object.fromEntries(Object.entries(COLUMNS).map(([name, of]) => [name, textColumn(of)])),
  ...TYPED,
});

function textColumn(of: (event: AuditEvent) => unknown): Column {
  return { type: 'STRING', of: (event) => asText(of(event)) };
}

function asText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** A Parquet file that is being written. */
export interface ParquetFile {
  add(event: AuditEvent, text: string): void;
  finish(): void;
}

/** Begins a Parquet file, compressed with Snappy; it holds one row group in memory. */
export function beginParquet(path: string): ParquetFile {
  const schema = schemaFromColumnData({
    columnData: PARQUET_COLUMNS.map(([name, { type }]) => ({ name, type, data: [] })),
  });
  const writer = new ParquetWriter({ writer: fileWriter(path), schema, createdBy: 'ecr-control-plane' });
  let rows: { readonly event: AuditEvent; readonly text: string }[] = [];
  const flush = (): void => {
    const columnData = PARQUET_COLUMNS.map(([name, { of }]) => ({
      name,
      data: rows.map(({ event, text }) => of(event, text) ?? null),
    }));
    void writer.write({ columnData, rowGroupSize: rows.length });
    rows = [];
  };
  return {
    add: (event, text) => {
      rows.push({ event, text });
      if (rows.length === ROWS_PER_GROUP) flush();
    },
    finish: () => {
      if (rows.length > 0) flush();
      void writer.finish();
    },
  };
}
