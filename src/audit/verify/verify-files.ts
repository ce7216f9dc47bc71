import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { AuditEvent } from '../../model/audit-event.ts';
import { PLATFORM_CHAIN } from '../../ledger/chain.ts';
import { sha256OfFile } from '../bulk/export-target.ts';
import { eventsKey, type FileRun, type Manifest, type ManifestFile, type ManifestReference } from '../bulk/manifest.ts';
import { readManifests, type ManifestTrust, type ReadManifest } from './verify-manifests.ts';
import { openParquet, type ParquetRows } from './verify-parquet.ts';
import { createVerifier, type Problem, type Trust, type VerifiedChain, type Verifier } from './verify.ts';
import { manifestName } from './vouch.ts';

/** What was verified. */
export interface Verdict {
  /** What contradicts itself, or what was given. */
  readonly problems: readonly Problem[];
  /** What nothing vouches for: it may be so, and may be invented or cut off. */
  readonly open: readonly Problem[];
  readonly events: number;
  readonly chains: readonly VerifiedChain[];
  /** The manifests that were there. */
  readonly manifests: readonly ManifestReference[];
  /** The newest export that something vouches for. */
  readonly newest?: { readonly number: number; readonly createdAt: string; readonly by: string };
}

/** How files are verified. */
export type VerifyOptions = Trust & ManifestTrust;

/** What one export's manifest lists, with the folder that it is in. */
interface Folder {
  readonly path: string;
  readonly look: (path: string, where: string, seen: (event: AuditEvent) => Promise<void>) => Promise<void>;
  readonly wrong: (where: string, what: string) => void;
  /** Number of the last event of each chain, as the folder's files had them so far. */
  readonly reached: Map<string, number>;
  /** The manifests that the platform's chain names, by key. */
  readonly named: Map<string, string>;
}

/**
 * Verifies files offline: a folder with a bulk export (its manifests decide what belongs to it), or files of NDJSON in the order given.
 */
export async function verifyFiles(paths: readonly string[], options: VerifyOptions = {}): Promise<Verdict> {
  const problems: Problem[] = [];
  const wrong = (where: string, what: string): void => void problems.push({ where, what });
  const verifier = createVerifier(options);
  let events = 0;
  const manifests: ReadManifest[] = [];
  const look: Folder['look'] = async (path, where, seen) => {
    try {
      for await (const line of linesOf(path)) {
        const event = verifier.line(line, where);
        if (event === undefined) continue;
        events += 1;
        await seen(event);
      }
    } catch (error) {
      wrong(where, `can't be read to its end: ${(error as Error).message}`);
    }
  };
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      await look(path, path, async () => undefined);
      continue;
    }
    const bulk = await readManifests(path, options);
    problems.push(...bulk.problems);
    for (const witness of bulk.witnesses) verifier.hear(witness);
    const folder = { path, look, wrong, reached: new Map<string, number>(), named: new Map<string, string>() };
    for (const { manifest, reference } of bulk.manifests) await verifyExport(folder, manifest, reference);
    for (const where of await unlisted(path, bulk.manifests)) wrong(where, 'is in no manifest');
    manifests.push(...bulk.manifests);
  }
  if (options.manifest !== undefined && manifests.length === 0)
    wrong(options.manifest.key, 'is missing, though you gave it: no folder with manifests was verified');
  return verdictOf(verifier, problems, events, manifests);
}

function verdictOf(
  verifier: Verifier,
  own: readonly Problem[],
  events: number,
  manifests: readonly ReadManifest[],
): Verdict {
  const vouched = verifier.vouchers().manifests;
  const [newest] = manifests.toReversed().flatMap(({ manifest: { number, createdAt }, reference }) => {
    const by = vouched.get(manifestName(reference));
    return by === undefined ? [] : [{ number, createdAt, by }];
  });
  const chains = verifier.chains();
  const unproved = manifests
    .filter(({ reference }) => !vouched.has(manifestName(reference)))
    .map(({ reference: { key } }) => ({ where: key, what: 'nothing vouches for it' }));
  return {
    problems: [...unique(own), ...verifier.problems()],
    open: [...unproved, ...openChains(chains), ...nothingGiven(chains, newest !== undefined)],
    events,
    chains,
    manifests: manifests.map(({ reference }) => reference),
    ...(newest === undefined ? {} : { newest }),
  };
}

/** The end of each chain for which nothing vouches. */
export function openChains(chains: readonly VerifiedChain[]): readonly Problem[] {
  return chains.flatMap(({ chain, first, last, vouched }) => {
    const from = vouched === undefined ? first : vouched.seq + 1;
    return from > last
      ? []
      : [
          {
            where: from === last ? `${chain}/${last}` : `${chain}/${from} to ${chain}/${last}`,
            what: 'nothing vouches for it',
          },
        ];
  });
}

/** Nothing at all is whole in itself, and so is a log that was emptied. */
export function nothingGiven(chains: readonly VerifiedChain[], manifest: boolean): readonly Problem[] {
  return chains.length > 0 || manifest
    ? []
    : [{ where: 'the log', what: 'holds no event, and nothing vouches for that' }];
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.where}: ${problem.what}`, problem])).values()];
}

/** Verifies what one manifest lists, and that the chains end where it says. */
async function verifyExport(folder: Folder, manifest: Manifest, { key }: ManifestReference): Promise<void> {
  const { wrong, reached, named } = folder;
  const { files, heads, number, previous } = manifest;
  const keys = files.map((file) => file.key);
  for (const file of files) {
    if (keys.indexOf(file.key) !== keys.lastIndexOf(file.key)) wrong(file.key, `is listed twice by ${key}`);
    const twin = files.find((other) => other.form !== file.form && stemOf(other) === stemOf(file));
    if (!isInside(file.key)) wrong(file.key, 'lies outside of the folder');
    else if (!isInItsPlace(file, number)) wrong(file.key, `is no place of a file of ${file.day} of export ${number}`);
    else if (twin === undefined) wrong(file.key, 'is listed without the same events in the other form');
    if (isInside(file.key) && file.form === 'ndjson')
      await verifyFile(folder, file, twin !== undefined && isInside(twin.key) ? twin : undefined);
  }
  const ends = new Map(heads.map(({ chain, seq }) => [chain, seq]));
  for (const [chain, seq] of reached)
    if (seq > (ends.get(chain) ?? 0))
      wrong(
        `${chain}/${seq}`,
        `is in the files, but ${key} says that ${chain} ended at ${ends.get(chain) ?? 'nothing'}`,
      );
  if (previous !== null && named.get(previous.key) !== previous.sha256)
    wrong(
      key,
      named.has(previous.key)
        ? `follows another manifest ${previous.key} than the one in the platform's chain, whose SHA-256 is ${named.get(previous.key)}`
        : `follows ${previous.key}, and the platform's chain does not say up to there that it was written`,
    );
}

/** The part of a file's name that both forms of it have. */
function stemOf({ key }: ManifestFile): string {
  return key.replace(/^(?:ndjson|parquet)\//, '').replace(/\.(?:ndjson\.gz|parquet)$/, '');
}

function isInItsPlace({ key, form, day }: ManifestFile, number: number): boolean {
  const part = /-([0-9]{3})\.[a-z.]+$/.exec(key)?.[1];
  return part !== undefined && key === eventsKey(form, day, number, Number(part));
}

/** Verifies a file of events, and row by row the Parquet of the same events. */
async function verifyFile(folder: Folder, file: ManifestFile, twin: ManifestFile | undefined): Promise<void> {
  const { path, look, reached, named } = folder;
  const wrong = (what: string): void => folder.wrong(file.key, what);
  await verifyBytes(folder, file);
  const rows = twin === undefined || !(await verifyBytes(folder, twin)) ? undefined : await rowsOf(folder, twin);
  if (twin !== undefined && (twin.count !== file.count || JSON.stringify(twin.runs) !== JSON.stringify(file.runs)))
    folder.wrong(twin.key, `is said to hold other events than ${file.key}`);
  const runs: FileRun[] = [];
  let count = 0;
  await look(join(path, file.key), file.key, async (event) => {
    const { chain, seq, time, manifest } = event;
    count += 1;
    const last = runs.at(-1);
    if (last?.chain === chain) runs[runs.length - 1] = { ...last, last: seq };
    else runs.push({ chain, first: seq, last: seq });
    if (!time.startsWith(file.day)) wrong(`holds ${chain}/${seq}, which is of another day`);
    reached.set(chain, Math.max(seq, reached.get(chain) ?? 0));
    if (chain === PLATFORM_CHAIN && manifest !== undefined) named.set(manifest.key, manifest.sha256);
    const row = await rows?.hold(event);
    if (row !== undefined && twin !== undefined) folder.wrong(twin.key, row);
  });
  if (count !== file.count) wrong(`holds ${count} events, the manifest says ${file.count}`);
  if (JSON.stringify(runs) !== JSON.stringify(file.runs)) wrong('holds other runs of chains than the manifest says');
  const left = rows?.end();
  if (left !== undefined && twin !== undefined) folder.wrong(twin.key, left);
}

/** Whether a file has the bytes that its manifest says. */
async function verifyBytes({ path, wrong }: Folder, { key, bytes, sha256 }: ManifestFile): Promise<boolean> {
  const there = await stat(join(path, key)).catch(() => undefined);
  const what =
    there === undefined
      ? 'is in the manifest, but not there'
      : there.size !== bytes
        ? `has ${there.size} bytes, the manifest says ${bytes}`
        : (await sha256OfFile(join(path, key))) === sha256
          ? undefined
          : 'has another SHA-256 than the manifest says';
  if (what !== undefined) wrong(key, what);
  return what === undefined;
}

/** The rows of a Parquet file; one that can't be read is wrong, whoever wrote it. */
async function rowsOf({ path, wrong }: Folder, { key }: ManifestFile): Promise<ParquetRows | undefined> {
  try {
    return await openParquet(join(path, key));
  } catch (error) {
    wrong(key, `can't be read as Parquet: ${(error as Error).message}`);
    return undefined;
  }
}

function isInside(key: string): boolean {
  return !key.startsWith('/') && !key.split(/[\\/]/).includes('..');
}

/** Files of a folder that no manifest lists. */
async function unlisted(folder: string, manifests: readonly ReadManifest[]): Promise<readonly string[]> {
  const listed = new Set(manifests.flatMap(({ manifest }) => manifest.files.map(({ key }) => key)));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((key) => !/^manifests\/[^/]*$/.test(key) && !listed.has(key));
}

/** The lines of a file, unpacked if it is gzip; never more than one of them and a piece of the file in memory. */
async function* linesOf(path: string): AsyncGenerator<string> {
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
