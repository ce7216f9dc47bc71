import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Directories that this very process holds: its own pid in a lock file can also be left from an earlier life. */
const held = new Set<string>();

/**
 * Takes a directory for this process; returns what gives it back. Throws while another live process (or another server
 * in this one) holds it. A lock whose process is gone is taken over.
 */
export function takeLock(directory: string): () => void {
  const path = join(realpathSync(directory), 'lock');
  if (held.has(path)) throw inUse(directory, 'this process');
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  if (!created(path, mine)) {
    removeStale(path, directory);
    if (!created(path, mine)) throw inUse(directory, 'another process, which took it just now');
  }
  held.add(path);
  return () => {
    if (held.delete(path)) rmSync(path, { force: true });
  };
}

/** Linked into place, so that nobody ever sees a lock that does not say yet whose it is. */
function created(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function removeStale(path: string, directory: string): void {
  const found = contentOf(path);
  if (found === undefined) return;
  const holder = holderOf(found);
  if (holder !== undefined && isAlive(holder)) throw inUse(directory, `process ${holder.pid}`);
  // Moved aside and looked at again: two that find the same stale lock must not remove each other's fresh one.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = contentOf(aside);
  if (moved !== found) linkSync(aside, path);
  rmSync(aside, { force: true });
}

interface Holder {
  readonly pid: number;
  readonly started: string | null;
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function holderOf(content: string): Holder | undefined {
  try {
    const holder = JSON.parse(content) as Holder;
    return Number.isSafeInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const stat = statOf(pid);
  // Killed, and only waiting for its parent to notice.
  if (stat[0] === 'Z') return false;
  // The number may have been given to a process that began later.
  return started === null || stat[19] === undefined || started === stat[19];
}

/** When a process began, in the kernel's ticks; `null` where the system does not tell. */
function startOf(pid: number): string | null {
  return statOf(pid)[19] ?? null;
}

/** What the kernel says of a process, from its state on; nothing on systems that do not say. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function inUse(directory: string, by: string): Error {
  return new Error(
    `The data directory ${directory} is in use by ${by}. Stop that first, or give this one a directory of its own.`,
  );
}
