import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { createHash, randomUUID } from 'node:crypto';

/** A finished file of a bulk export, still on the local disk. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a bulk export goes: it can be put there, what is there already can be looked at, and nothing is replaced. */
export interface ExportTarget {
  /**
   * Puts a file. One that is there already stays as it is. When an export that broke off is done again, it is the same: the same events
   * make the same bytes. That is never taken for granted: what is there is read.
   *
   * @param accepts whether what is there will do; without it, only the same bytes will
   * @throws AlreadyThere when something else is there under that name
   */
  put(key: string, file: LocalFile, contentType: string, accepts?: (there: Buffer) => Promise<boolean>): Promise<void>;
}

/** Something else is where a file of an export belongs: the export must not go on as if it had been written. */
export class AlreadyThere extends Error {
  constructor(place: string, there: string, options?: ErrorOptions) {
    super(
      `${place} is there already, ${there}. It was not replaced, and the export is not recorded. See docs/runbook.md, The audit export.`,
      options,
    );
    this.name = 'AlreadyThere';
  }
}

/** A folder as the target. */
export function folderTarget(folder: string): ExportTarget {
  const root = resolve(folder);
  return {
    put: async (key, file, _contentType, accepts) => {
      const path = join(root, key);
      if (!path.startsWith(root + sep)) throw new Error(`${key} would leave ${folder}.`);
      await mkdir(dirname(path), { recursive: true });
      // A file appears whole or not at all: it is copied beside its place and then linked there, which never replaces.
      const beside = `${path}.${randomUUID()}.part`;
      try {
        await copyFile(file.path, beside);
        await link(beside, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const same =
          accepts === undefined ? (await sha256OfFile(path)) === file.sha256 : await accepts(await readFile(path));
        if (!same) throw new AlreadyThere(path, 'with another content', { cause: error });
      } finally {
        await rm(beside, { force: true });
      }
    },
  };
}

/** SHA-256 of a file, in hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
