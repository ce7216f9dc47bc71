import type { AuditEvent } from '../../model/audit-event.ts';
import { COLUMNS } from '../columns.ts';

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
 * Every place of a text where some spreadsheet would begin a cell with a formula: at its beginning, and behind anything that a
 * spreadsheet may take for the separator, whatever the file's own is (a Danish Excel takes `;`). Quotes, apostrophes, spaces and
 * invisible characters in between are skipped, because a spreadsheet may drop them. `+`, `-` and `@` begin a formula as `=` does, and
 * so do their full-width and small forms and the minus sign.
 */
const FORMULA = /((?:^|[,;|])[\s\p{Cf}"']*)([=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])/gu;

/** Characters for which RFC 4180 or some spreadsheet needs the field in quotes. */
const NEEDS_QUOTES = /[",;|']|^\s|\s$/;

/**
 * A field of which no spreadsheet makes a formula, whichever separator it guesses: an apostrophe goes before each character that could
 * begin one. A reader can take them away again (docs/audit.md says how); only control characters and line breaks, which become spaces,
 * are lost.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvField(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  const safe = text.replaceAll(FORMULA, "$1'$2");
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
