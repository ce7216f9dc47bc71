import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeads, isNumber, isReference, isSha256 } from './event-line.ts';
import {
  MANIFEST_FORMAT,
  manifestBytes,
  manifestKey,
  sha256Of,
  type Manifest,
  type ManifestReference,
} from '../bulk/manifest.ts';
import { isSignedBy } from '../bulk/sign.ts';
import type { Problem } from './verify.ts';
import type { Witness } from './vouch.ts';

/** What manifests are held against; it comes from whoever asks, never from the folder. */
export interface ManifestTrust {
  /** Public key in PEM; then every manifest must be signed with it. */
  readonly publicKey?: string;
  /** A manifest that somebody noted down: it must be here, or the one behind it must be the first. */
  readonly manifest?: ManifestReference;
}

/** A manifest of a folder. */
export interface ReadManifest {
  readonly manifest: Manifest;
  readonly reference: ManifestReference;
}

/** The manifests of a folder in their order, and what vouches for them. */
export interface ReadManifests {
  readonly manifests: readonly ReadManifest[];
  readonly witnesses: readonly Witness[];
  readonly problems: readonly Problem[];
}

/** Reads a folder's manifests and checks that they link, from the first or behind a trusted one, and reach a trusted one. */
export async function readManifests(
  folder: string,
  { publicKey, manifest: trusted }: ManifestTrust,
): Promise<ReadManifests> {
  const problems: Problem[] = [];
  const manifests: ReadManifest[] = [];
  const witnesses: Witness[] = trusted === undefined ? [] : [given('the manifest that you gave', trusted)];
  const all = (await readdir(join(folder, 'manifests')).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1));
  const names = all.filter((name) => name.endsWith('.json'));
  if (names.length === 0) problems.push({ where: folder, what: 'holds no manifests' });
  const beginsBehind = trusted !== undefined && names[0] !== undefined && `manifests/${names[0]}` > trusted.key;
  let before: ManifestReference | null = beginsBehind ? trusted : null;
  for (const name of names) {
    const where = `manifests/${name}`;
    const wrong = (what: string): void => void problems.push({ where, what });
    const bytes = await readFile(join(folder, where));
    const reference = { key: where, sha256: sha256Of(bytes) };
    if (trusted?.key === where && trusted.sha256 !== reference.sha256)
      wrong('is another manifest than the one that you gave');
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
    if (publicKey !== undefined) {
      const signature = await readFile(join(folder, `${where}.sig`), 'utf8').catch(() => undefined);
      if (signature === undefined) wrong('is not signed');
      else if (!isSignedBy(publicKey, bytes, Buffer.from(signature, 'base64'))) wrong('is not signed with this key');
      else witnesses.push(given('its signature with the key that you gave', reference));
    }
    manifests.push({ manifest, reference });
    witnesses.push(witnessOf(manifest, reference));
    before = reference;
  }
  if (trusted !== undefined && !beginsBehind && !names.some((name) => `manifests/${name}` === trusted.key))
    problems.push({
      where: trusted.key,
      what: `is missing, though you gave it${names.length === 0 ? '' : `; the folder ends with manifests/${names.at(-1)}`}`,
    });
  for (const name of all.filter((entry) => !isExpected(entry, names)))
    problems.push({ where: `manifests/${name}`, what: 'is neither a manifest nor the signature of one' });
  return { manifests, witnesses, problems };
}

function isExpected(name: string, manifests: readonly string[]): boolean {
  return manifests.includes(name) || (name.endsWith('.sig') && manifests.includes(name.slice(0, -'.sig'.length)));
}

function given(name: string, reference: ManifestReference): Witness {
  return { name, belief: { kind: 'given' }, heads: [], manifests: [reference] };
}

/** A manifest says where all chains stood, and which manifest was before it. */
function witnessOf({ heads, previous }: Manifest, reference: ManifestReference): Witness {
  return {
    name: reference.key,
    belief: { kind: 'manifest', ...reference },
    heads,
    manifests: previous === null ? [] : [previous],
  };
}

/** A manifest, if the bytes are the ones that are written of it, and it has all that verifying looks at. */
function manifestOf(bytes: Buffer): Manifest | undefined {
  try {
    const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
    const { format, number, createdAt, source, previous, files, heads } = manifest;
    return format === MANIFEST_FORMAT &&
      manifestBytes(manifest).equals(bytes) &&
      isNumber(number) &&
      typeof createdAt === 'string' &&
      typeof source === 'string' &&
      (previous === null || isReference(previous)) &&
      Array.isArray(files) &&
      files.every(isFile) &&
      isHeads(heads)
      ? manifest
      : undefined;
  } catch {
    return undefined;
  }
}

function isFile(value: unknown): boolean {
  const { key, form, day, count, bytes, sha256, runs } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof key === 'string' &&
    (form === 'ndjson' || form === 'parquet') &&
    typeof day === 'string' &&
    [count, bytes].every(isNumber) &&
    isSha256(sha256) &&
    Array.isArray(runs)
  );
}
