import type { AuditEvent } from '../model/audit-event.ts';
import { COLUMNS } from './columns.ts';

const LINE_END = '\r\n';

/** The line of column names. */
export const CSV_HEADER = `${Object.keys(COLUMNS).join(',')}${LINE_END}`;

/**
 * One event as one line: no field holds a line break, so that a line is an event whatever reads it.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvLine(event: AuditEvent): string {
  return `${Object.values(COLUMNS)
    .map((column) => csvField(column(event)))
    .join(',')}${LINE_END}`;
}

/**
 * A field that no spreadsheet takes for a formula: what begins like one gets an apostrophe, which spreadsheets show as text.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvField(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  const safe = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
