import { FORMS, type FormLetter } from './form.ts';
import type { Played } from './suite.ts';

/** The table of what held: a row for each operation and theme, a column for each form; below it, why a cell is `n/a`. */
export function tableOf(results: ReadonlyMap<FormLetter, readonly Played[]>): string {
  const rows = [...new Set([...results.values()].flatMap((played) => played.map(({ row }) => row)))];
  const letters = [...results.keys()];
  const heads = letters.map((letter) => `${letter} ${FORMS[letter]}`);
  const widths = heads.map((head) => Math.max(head.length, 'FAILED'.length));
  const first = Math.max(...rows.map((row) => row.length), 'operation'.length);
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(first)}  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
  const reasons = [...results].flatMap(([letter, played]) => reasonsOf(letter, played));
  return [
    '',
    line('operation', heads),
    ...rows.map((row) =>
      line(
        row,
        letters.map((letter) => cellOf(row, results.get(letter) ?? [])),
      ),
    ),
    '',
    ...reasons,
    '',
  ].join('\n');
}

/** Most failures that are told at the end: CI shows the last 60 lines of a step that fails. */
const MOST_TOLD = 40;
/** Longest text of one failure, in characters: it takes one line. */
const LONGEST = 400;

/**
 * What ends the suite's output: each check that failed, one a line, and the counts. Nothing comes after it, so that the end of a log
 * is enough to know what failed.
 */
export function verdictOf(results: ReadonlyMap<FormLetter, readonly Played[]>): string {
  const failures = [...results].flatMap(([letter, played]) => failuresOf(letter, played));
  const untold = failures.length - MOST_TOLD;
  const passed = [...results.values()].flat().filter(({ outcome }) => outcome.kind === 'ok').length;
  return [
    ...failures.slice(0, MOST_TOLD),
    ...(untold > 0 ? [`FAILED  and ${untold} more, which are told above the table`] : []),
    `${passed} passed, ${failures.length} failed`,
    '',
  ].join('\n');
}

function failuresOf(letter: FormLetter, played: readonly Played[]): readonly string[] {
  return played.flatMap(({ row, title, outcome }) =>
    outcome.kind === 'failed'
      ? [`FAILED  ${letter}  ${row}: ${title}: ${outcome.error.replaceAll(/\s+/g, ' ').slice(0, LONGEST)}`]
      : [],
  );
}

/** A row is `ok` where all that was played of it held, and something was. */
function cellOf(row: string, played: readonly Played[]): string {
  const kinds = played.filter((one) => one.row === row).map(({ outcome }) => outcome.kind);
  if (kinds.includes('failed')) return 'FAILED';
  return kinds.includes('ok') ? 'ok' : 'n/a';
}

function reasonsOf(letter: FormLetter, played: readonly Played[]): readonly string[] {
  return played.flatMap(({ row, title, outcome }) =>
    outcome.kind === 'n/a' ? [`n/a  ${letter}  ${row}: ${title}: ${outcome.reason}`] : [],
  );
}
