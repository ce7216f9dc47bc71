/** What a run prints, as GitHub shows it: commands to the runner are carried out, and secrets are masked. */

/** The log of one run. */
export interface RunLog {
  /** One line that a step printed. @throws Error for a command to the runner that is not known here */
  readonly line: (text: string) => void;
  /** All lines, masked. */
  readonly text: () => string;
  /** The messages of `::error::`, masked. */
  readonly errors: () => readonly string[];
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
export function newLog(): RunLog {
  const masks = new Set<string>();
  const lines: string[] = [];
  const errors: string[] = [];
  const masked = (text: string): string => [...masks].reduce((left, mask) => left.replaceAll(mask, '***'), text);
  return {
    line: (text) => {
      const [, command, value = ''] = /^::([a-z-]+)(?: [^:]*)?::(.*)$/s.exec(text) ?? [];
      switch (command) {
        case undefined:
          lines.push(text);
          return;
        case 'add-mask':
          if (value !== '') masks.add(unescaped(value));
          return;
        case 'error':
          errors.push(unescaped(value));
          lines.push(`Error: ${unescaped(value)}`);
          return;
        case 'debug':
          return;
        case 'warning':
        case 'notice':
        case 'group':
        case 'endgroup':
          lines.push(unescaped(value));
          return;
        default:
          throw new Error(`The command ::${command}:: to the runner is not played.`);
      }
    },
    text: () => masked(lines.join('\n')),
    errors: () => errors.map((error) => masked(error)),
  };
}

function unescaped(value: string): string {
  return value.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
