import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { executedOf } from './imports-on-demand.ts';

/** A record of what the source's files ask for while they run, over several processes. */
export interface RecordedImports {
  /** By which a process of its own records, too. */
  readonly env: Readonly<Record<string, string>>;
  /** Records in this process, from now on. */
  readonly here: () => void;
  /** The imports on demand that were executed so far. */
  readonly executed: () => ReadonlySet<string>;
  readonly close: () => Promise<void>;
}

/** Begins a record. */
export function recordImports(): RecordedImports {
  const folder = mkdtempSync(join(tmpdir(), 'acceptance-imports-'));
  const file = join(folder, 'asked');
  writeFileSync(file, '');
  const preload = fileURLToPath(new URL('./record-imports.mjs', import.meta.url));
  return {
    env: { IMPORTS_ASKED: file, NODE_OPTIONS: `--import=${preload}` },
    here: () => register('./record-imports-hooks.mjs', import.meta.url, { data: { file } }),
    executed: () => executedOf(readFileSync(file, 'utf8').split('\n')),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
