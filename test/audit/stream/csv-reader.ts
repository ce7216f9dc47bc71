/** Reads RFC 4180 by its grammar, one character at a time: another reader than the writer's author would write. */
export function parseCsv(text: string, separator = ','): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted) {
      if (char !== '"') field += char;
      else if (text.charAt(at + 1) === '"') field += text.charAt(++at);
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === separator) {
      row.push(field);
      field = '';
    } else if (char === '\r' && text.charAt(at + 1) === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
      at++;
    } else field += char;
  }
  return rows;
}

/** The text of a cell before it was made safe for spreadsheets, as docs/audit.md says. */
export function withoutApostrophes(cell: string): string {
  return cell.replaceAll(
    /((?:^|[,;|])[\s\p{Cf}"']*)'([=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])/gu,
    '$1$2',
  );
}

/**
 * The cells that spreadsheets may see, whichever separator they guess: as one that knows quotes at the beginning of a cell and takes what
 * comes behind them along; as one that takes several separators at once; and as one that knows no quotes at all.
 */
export function cellsOfSpreadsheets(text: string): readonly string[] {
  const guesses = [',', ';', '\t', '|', ',;\t', ',;\t|'];
  return guesses.flatMap((separators) => [
    ...lenientCells(text, separators),
    ...text.split(new RegExp(`[${separators}\r\n]`, 'u')),
  ]);
}

function lenientCells(text: string, separators: string): readonly string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  let raw = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted && char === '"' && text.charAt(at + 1) === '"') {
      cell += '"';
      at++;
    } else if (quoted && char === '"') quoted = false;
    else if (quoted) cell += char;
    else if (char === '"' && raw.trim() === '') quoted = true;
    else if (separators.includes(char) || char === '\n' || char === '\r') {
      cells.push(cell);
      cell = '';
      raw = '';
      continue;
    } else cell += char;
    raw += char;
  }
  return [...cells, cell];
}

/** Whether a spreadsheet would take a cell for a formula: it looks past spaces, invisible characters and quotes. */
export function isFormula(cell: string): boolean {
  return /^[\s\p{Cf}"]*[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]/u.test(cell);
}
