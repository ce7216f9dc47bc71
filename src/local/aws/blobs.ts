import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** A blob on its way in: its digest is known at its end. */
export interface BlobWriter {
  /** Bytes so far. */
  readonly size: () => number;
  /** @throws NoRoomForBlobs with nothing appended */
  readonly append: (bytes: Uint8Array) => void;
  /** `sha256:…` of all that was appended. */
  readonly digest: () => string;
  /** Keeps the blob under its digest; the writer is used up. */
  readonly keep: () => void;
  /** Throws the blob away; the writer is used up. */
  readonly discard: () => void;
}

/** A blob that is kept. */
export interface KeptBlob {
  readonly size: number;
  readonly open: () => Readable;
}

/** Bytes of layers, by their digest (`sha256:…`). */
export interface Blobs {
  readonly begin: () => BlobWriter;
  readonly get: (digest: string) => KeptBlob | undefined;
}

/** There is no room for more bytes; the message says how much there is. */
export class NoRoomForBlobs extends Error {}

const GIB = 1024 ** 3;
/** All blobs of an embedded AWS that keeps nothing on disk. */
const MEMORY_BYTES = GIB;
/** One blob on disk. */
const FILE_BYTES = 10 * GIB;

/** Opens the blobs: files of a directory, or memory. */
export function openBlobs(directory: string | undefined, memoryBytes = MEMORY_BYTES): Blobs {
  return directory === undefined ? blobsInMemory(memoryBytes) : blobsInFiles(join(directory, 'layers'));
}

function blobsInMemory(room: number): Blobs {
  const kept = new Map<string, readonly Uint8Array[]>();
  let used = 0;
  return {
    begin: () => {
      const chunks: Uint8Array[] = [];
      const hash = createHash('sha256');
      let size = 0;
      const free = (): void => {
        used -= size;
      };
      const digest = (): string => `sha256:${hash.copy().digest('hex')}`;
      return {
        size: () => size,
        append: (bytes) => {
          if (used + bytes.length > room)
            throw new NoRoomForBlobs(
              `The embedded AWS holds ${room / GIB} GiB of layers in memory; start it with --data to keep more on disk`,
            );
          chunks.push(bytes);
          hash.update(bytes);
          size += bytes.length;
          used += bytes.length;
        },
        digest,
        keep: () => {
          if (kept.has(digest())) free();
          else kept.set(digest(), chunks);
        },
        discard: free,
      };
    },
    get: (digest) => {
      const chunks = kept.get(digest);
      if (chunks === undefined) return undefined;
      return { size: chunks.reduce((sum, { length }) => sum + length, 0), open: () => Readable.from(chunks) };
    },
  };
}

function blobsInFiles(folder: string): Blobs {
  const begun = join(folder, 'begun');
  // What was begun does not outlive the process.
  rmSync(begun, { recursive: true, force: true });
  mkdirSync(begun, { recursive: true, mode: 0o700 });
  const pathOf = (digest: string): string => join(folder, digest.replace(/^sha256:/, ''));
  return {
    begin: () => {
      const path = join(begun, randomUUID());
      const file = openSync(path, 'wx', 0o600);
      const hash = createHash('sha256');
      let size = 0;
      const digest = (): string => `sha256:${hash.copy().digest('hex')}`;
      return {
        size: () => size,
        append: (bytes) => {
          if (size + bytes.length > FILE_BYTES)
            throw new NoRoomForBlobs(`The embedded AWS takes layers of up to ${FILE_BYTES / GIB} GiB`);
          for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
          hash.update(bytes);
          size += bytes.length;
        },
        digest,
        keep: () => {
          fsyncSync(file);
          closeSync(file);
          renameSync(path, pathOf(digest()));
        },
        discard: () => {
          closeSync(file);
          rmSync(path, { force: true });
        },
      };
    },
    get: (digest) => {
      const path = pathOf(digest);
      return existsSync(path) ? { size: statSync(path).size, open: () => createReadStream(path) } : undefined;
    },
  };
}
