import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { createHash, randomUUID } from 'node:crypto';

/** A finished file of a bulk export, still on the local disk. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a bulk export goes: it can be put there, and nothing else. */
export interface ExportTarget {
  /**
   * Puts a file. One that is there already stays as it is, which is right when an export that broke off is done again: the same events
   * make the same bytes.
   *
   * @param existing `any`: what is there already may be other bytes, because each signature of the same text is another
   */
  put(key: string, file: LocalFile, contentType: string, existing?: 'same' | 'any'): Promise<void>;
}

/** A folder as the target. */
export function folderTarget(folder: string): ExportTarget {
  const root = resolve(folder);
  return {
    put: async (key, file, _contentType, existing = 'same') => {
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
        if (existing === 'same' && (await sha256OfFile(path)) !== file.sha256)
          throw new Error(`${path} is there already, with another content.`, { cause: error });
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
