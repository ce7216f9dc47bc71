import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { AuditEvent } from '../model/audit-event.ts';
import { sha256OfFile } from './export-target.ts';
import {
  MANIFEST_FORMAT,
  manifestBytes,
  manifestKey,
  sha256Of,
  type FileRun,
  type Manifest,
  type ManifestFile,
  type ManifestReference,
} from './manifest.ts';
import { isSignedBy } from './sign.ts';
import { createVerifier, type Problem, type Trust, type VerifiedChain } from './verify.ts';

/** What was verified. */
export interface Verdict {
  readonly problems: readonly Problem[];
  readonly events: number;
  readonly chains: readonly VerifiedChain[];
  readonly manifests: number;
}

/** How files are verified. */
export interface VerifyOptions extends Trust {
  /** Public key in PEM; then every manifest must be signed with it. */
  readonly publicKey?: string;
  /** A manifest that somebody noted down: the manifests may begin behind it, or must hold it. */
  readonly manifest?: ManifestReference;
}

/**
 * Verifies files offline: a folder with a bulk export (its manifests decide what belongs to it), or files of NDJSON in the order given.
 */
export async function verifyFiles(paths: readonly string[], options: VerifyOptions = {}): Promise<Verdict> {
  const problems: Problem[] = [];
  const verifier = createVerifier(options);
  let events = 0;
  let manifests = 0;
  const references = new Map<string, string>();
  const look = async (
    path: string,
    where: string,
    seen: (event: AuditEvent) => void = () => undefined,
  ): Promise<void> => {
    try {
      for await (const line of linesOf(path)) {
        const event = verifier.line(line, where);
        if (event === undefined) continue;
        events += 1;
        if (event.manifest !== undefined) references.set(event.manifest.key, event.manifest.sha256);
        seen(event);
      }
    } catch (error) {
      problems.push({ where, what: `can't be read to its end: ${(error as Error).message}` });
    }
  };
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      await look(path, path);
      continue;
    }
    const bulk = await readManifests(path, options);
    problems.push(...bulk.problems);
    manifests += bulk.manifests.length;
    for (const { manifest } of bulk.manifests) {
      for (const file of manifest.files) await verifyFile(path, file, look, problems);
      for (const head of manifest.heads) verifier.expectHead(head, manifestKey(manifest.number));
    }
    problems.push(
      ...unlisted(
        await filesIn(path),
        bulk.manifests.map(({ manifest }) => manifest),
      ),
    );
    for (const { manifest, sha256 } of bulk.manifests) {
      const key = manifestKey(manifest.number);
      const said = references.get(key);
      if (said !== undefined && said !== sha256)
        problems.push({
          where: key,
          what: `is another manifest than the one in the platform's chain, whose SHA-256 is ${said}`,
        });
    }
  }
  return { problems: [...problems, ...verifier.problems()], events, chains: verifier.chains(), manifests };
}

async function verifyFile(
  folder: string,
  file: ManifestFile,
  look: (path: string, where: string, seen: (event: AuditEvent) => void) => Promise<void>,
  problems: Problem[],
): Promise<void> {
  const path = join(folder, file.key);
  const wrong = (what: string): void => void problems.push({ where: file.key, what });
  if (!isInside(file.key)) return wrong('lies outside of the folder');
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return wrong('is in the manifest, but not there');
  if (there.size !== file.bytes) wrong(`has ${there.size} bytes, the manifest says ${file.bytes}`);
  else if ((await sha256OfFile(path)) !== file.sha256) wrong('has another SHA-256 than the manifest says');
  if (file.form === 'parquet') return;
  const runs: FileRun[] = [];
  let count = 0;
  await look(path, file.key, ({ chain, seq, time }) => {
    count += 1;
    const last = runs.at(-1);
    if (last?.chain === chain) runs[runs.length - 1] = { ...last, last: seq };
    else runs.push({ chain, first: seq, last: seq });
    if (!time.startsWith(file.day)) wrong(`holds ${chain}/${seq}, which is of another day`);
  });
  if (count !== file.count) wrong(`holds ${count} events, the manifest says ${file.count}`);
  if (JSON.stringify(runs) !== JSON.stringify(file.runs)) wrong('holds other runs of chains than the manifest says');
}

function isInside(key: string): boolean {
  return !key.startsWith('/') && !key.split(/[\\/]/).includes('..');
}

interface ReadManifest {
  readonly manifest: Manifest;
  readonly sha256: string;
}

/** Reads a folder's manifests and checks that they link. */
async function readManifests(
  folder: string,
  { publicKey, manifest: trusted }: VerifyOptions,
): Promise<{ readonly manifests: readonly ReadManifest[]; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const manifests: ReadManifest[] = [];
  const names = (await readdir(join(folder, 'manifests')).catch(() => []))
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (names.length === 0) problems.push({ where: folder, what: 'holds no manifests' });
  let before: ManifestReference | null =
    trusted !== undefined && names[0] !== undefined && `manifests/${names[0]}` > trusted.key ? trusted : null;
  for (const name of names) {
    const where = `manifests/${name}`;
    const wrong = (what: string): void => void problems.push({ where, what });
    const bytes = await readFile(join(folder, where));
    const sha256 = sha256Of(bytes);
    const manifest = manifestOf(bytes);
    if (manifest === undefined) {
      wrong('is no manifest in canonical JSON');
      continue;
    }
    if (where !== manifestKey(manifest.number)) wrong(`says that it is number ${manifest.number}`);
    if (before === null && manifest.number !== 1)
      wrong('is where the manifests begin here: those before it are missing, unless you trust the one before it');
    else if (manifest.previous?.sha256 !== before?.sha256 || manifest.previous?.key !== before?.key)
      wrong(`does not link to ${before?.key ?? 'nothing'}, the manifest before it`);
    if (trusted?.key === where && trusted.sha256 !== sha256) wrong('is another manifest than the one that you trust');
    if (publicKey !== undefined) {
      const signature = await readFile(join(folder, `${where}.sig`), 'utf8').catch(() => undefined);
      if (signature === undefined) wrong('is not signed');
      else if (!isSignedBy(publicKey, bytes, Buffer.from(signature, 'base64'))) wrong('is not signed with this key');
    }
    manifests.push({ manifest, sha256 });
    before = { key: where, sha256 };
  }
  return { manifests, problems };
}

function manifestOf(bytes: Buffer): Manifest | undefined {
  try {
    const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
    return manifest.format === MANIFEST_FORMAT &&
      manifestBytes(manifest).equals(bytes) &&
      Array.isArray(manifest.files) &&
      Array.isArray(manifest.heads)
      ? manifest
      : undefined;
  } catch {
    return undefined;
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function unlisted(files: readonly string[], manifests: readonly Manifest[]): readonly Problem[] {
  const listed = new Set(manifests.flatMap((manifest) => manifest.files.map(({ key }) => key)));
  return files
    .filter((key) => !key.startsWith('manifests/') && !listed.has(key))
    .map((where) => ({ where, what: 'is in no manifest' }));
}

/** The lines of a file, unpacked if it is gzip; never more than one of them and a piece of the file in memory. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.once('error', (error) => bytes.destroy(error));
  yield* linesIn(bytes);
}

/** The lines of a stream of bytes. Only `\n` ends one: JSON may hold other characters that readers take for line ends. */
export async function* linesIn(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
