import { createHash } from 'node:crypto';
import type { ChainHeadRecord } from '../../model/audit-event.ts';
import { canonicalJson } from '../../model/canonical-json.ts';
import type { ChainPart } from '../stream/export.ts';

/** The form of manifests; a new number when a verifier would have to change. */
export const MANIFEST_FORMAT = 'ecr-control-plane.audit-manifest.v1';

/** A run of a chain in a file: the numbers of its first and last event. */
export interface FileRun {
  readonly chain: string;
  readonly first: number;
  readonly last: number;
}

/** One file of a bulk export. */
export interface ManifestFile {
  readonly key: string;
  readonly form: 'ndjson' | 'parquet';
  /** `YYYY-MM-DD`, UTC: the day of all its events. */
  readonly day: string;
  readonly count: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly runs: readonly FileRun[];
}

/** Where a manifest lies, and what it says. */
export interface ManifestReference {
  readonly key: string;
  readonly sha256: string;
}

/** What a bulk export wrote: all events between the heads of the manifest before it and its own. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** Counts from 1. */
  readonly number: number;
  readonly createdAt: string;
  /** CloudEvents' `source`: which registry. */
  readonly source: string;
  readonly previous: ManifestReference | null;
  readonly files: readonly ManifestFile[];
  /** Where every chain stood, also those without new events. */
  readonly heads: readonly ChainHeadRecord[];
}

/** A manifest's bytes: canonical JSON, so that there is one text of it. */
export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(canonicalJson(manifest));
}

/** Where a manifest lies. */
export function manifestKey(number: number): string {
  return `manifests/${paddedNumber(number)}.json`;
}

/** Where a file of events lies: partitioned by day, as Athena and DuckDB read it. */
export function eventsKey(form: ManifestFile['form'], day: string, number: number, part: number): string {
  const ending = { ndjson: 'ndjson.gz', parquet: 'parquet' }[form];
  return `${form}/day=${day}/${paddedNumber(number)}-${String(part).padStart(3, '0')}.${ending}`;
}

function paddedNumber(number: number): string {
  return String(number).padStart(8, '0');
}

/** SHA-256 in hex. */
export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What lies between the heads of two manifests. */
export function partsBetween(
  before: readonly ChainHeadRecord[],
  heads: readonly ChainHeadRecord[],
): readonly ChainPart[] {
  const known = new Map(before.map(({ chain, seq }) => [chain, seq]));
  return heads
    .map(({ chain, seq }) => ({ chain, after: known.get(chain) ?? 0, last: seq }))
    .filter(({ after, last }) => last > after);
}
