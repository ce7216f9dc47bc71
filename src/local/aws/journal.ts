import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from './lock.ts';

/** One entity's new value, or `null` when it is gone. */
export interface Change {
  readonly kind: string;
  readonly id: string;
  readonly value: unknown;
}

/** An append-only file of changes: one line for each set of changes that belong together. */
export interface Journal {
  /** What was kept, in order; gone entities are left out. */
  readonly kept: readonly Change[];
  /** Returns once the changes are with the operating system: they outlive the process, however it ends. */
  append(changes: readonly Change[]): void;
  close(): void;
}

/**
 * Opens the journal of a directory for this process alone, and rewrites it without what was overwritten. A last line
 * that a kill cut short is dropped: nobody was told that its changes were made.
 */
export function openJournal(directory: string): Journal {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const release = takeLock(directory);
  try {
    const path = join(directory, 'journal.jsonl');
    const kept = compacted(existsSync(path) ? readChanges(path) : []);
    rewrite(path, kept);
    const file = openSync(path, 'a', 0o600);
    return {
      kept,
      append: (changes) => void writeSync(file, `${JSON.stringify(changes)}\n`),
      close: () => {
        closeSync(file);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function readChanges(path: string): readonly Change[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const torn = lines.pop();
  const changes = lines.flatMap((line, index) => {
    try {
      return JSON.parse(line) as readonly Change[];
    } catch {
      throw new Error(`Line ${index + 1} of ${path} is not a journal line: the file was changed by something else`);
    }
  });
  if (torn !== '') process.emitWarning(`Dropped the unfinished last line of ${path}`);
  return changes;
}

function compacted(changes: readonly Change[]): readonly Change[] {
  const latest = new Map<string, Change>();
  for (const change of changes) {
    const key = JSON.stringify([change.kind, change.id]);
    if (change.value === null) latest.delete(key);
    else latest.set(key, change);
  }
  return [...latest.values()];
}

function rewrite(path: string, changes: readonly Change[]): void {
  const fresh = `${path}.new`;
  const file = openSync(fresh, 'w', 0o600);
  for (const change of changes) writeSync(file, `${JSON.stringify([change])}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(fresh, path);
}
