/** The files by which a step tells the runner of variables, outputs and state. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'] as const;

/** What one step wrote. */
export interface FileCommands {
  readonly env: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Empty files for one step: the variables that name them, and what is in them when it has ended. */
export function fileCommands(folder: string): {
  readonly variables: Readonly<Record<string, string>>;
  readonly read: () => FileCommands;
} {
  mkdirSync(folder, { recursive: true });
  const variables = Object.fromEntries(NAMES.map((name) => [name, join(folder, name)]));
  for (const path of Object.values(variables)) writeFileSync(path, '');
  const textOf = (name: (typeof NAMES)[number]): string => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  return {
    variables,
    read: () => {
      if (textOf('GITHUB_PATH') !== '') throw new Error('GITHUB_PATH is not played.');
      return {
        env: readPairs(textOf('GITHUB_ENV')),
        outputs: readPairs(textOf('GITHUB_OUTPUT')),
        state: readPairs(textOf('GITHUB_STATE')),
        summary: textOf('GITHUB_STEP_SUMMARY'),
      };
    },
  };
}

/**
 * `name=value` lines, and `name<<DELIMITER` with the value in the lines up to the delimiter.
 * @throws Error for anything else, as the runner does
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files
 */
export function readPairs(text: string): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name, delimiter] = /^([^=<]+)<<(.+)$/.exec(line) ?? [];
    const equals = line.indexOf('=');
    if (name !== undefined && delimiter !== undefined) {
      const end = lines.indexOf(delimiter, at + 1);
      if (end === -1) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (equals > 0) pairs[line.slice(0, equals)] = line.slice(equals + 1);
    else throw new Error(`Invalid format '${line}'`);
  }
  return pairs;
}
