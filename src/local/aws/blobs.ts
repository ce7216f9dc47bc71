import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of layers, by their digest (`sha256:…`). */
export interface Blobs {
  put(digest: string, bytes: Uint8Array): void;
  get(digest: string): Uint8Array | undefined;
}

/** Opens the blobs: files of a directory, or memory. */
export function openBlobs(directory: string | undefined): Blobs {
  if (directory === undefined) {
    const blobs = new Map<string, Uint8Array>();
    return { put: (digest, bytes) => void blobs.set(digest, bytes), get: (digest) => blobs.get(digest) };
  }
  const folder = join(directory, 'layers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = (digest: string): string => join(folder, digest.replace(/^sha256:/, ''));
  return {
    put: (digest, bytes) => {
      const path = pathOf(digest);
      if (existsSync(path)) return;
      const file = openSync(`${path}.new`, 'w', 0o600);
      writeSync(file, bytes);
      fsyncSync(file);
      closeSync(file);
      renameSync(`${path}.new`, path);
    },
    get: (digest) => (existsSync(pathOf(digest)) ? readFileSync(pathOf(digest)) : undefined),
  };
}
