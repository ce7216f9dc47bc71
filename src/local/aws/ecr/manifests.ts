import { createHash } from 'node:crypto';
import { invalidParameter } from '../fault.ts';

/** What ECR reads out of an image manifest. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactMediaType?: string;
  /** `layers`: digests of blobs; `images`: an index's digests of other manifests. */
  readonly refersTo: 'layers' | 'images';
  readonly references: readonly string[];
  /** Bytes of the layers, as the manifest states them. */
  readonly size: number;
}

const INDEXES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const IMAGES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Reads a manifest, Docker's or OCI's. */
export function readManifest(text: string, givenMediaType: string | undefined): Manifest {
  const raw = parse(text);
  const declared = typeof raw['mediaType'] === 'string' ? raw['mediaType'] : undefined;
  const guessed = Array.isArray(raw['manifests']) ? INDEXES[0] : IMAGES[0];
  const mediaType = declared ?? givenMediaType ?? guessed ?? '';
  if (givenMediaType !== undefined && declared !== undefined && givenMediaType !== declared) {
    throw invalidParameter('ImageManifestMediaType', `The manifest's media type is ${declared}`);
  }
  const refersTo = INDEXES.includes(mediaType) ? 'images' : IMAGES.includes(mediaType) ? 'layers' : undefined;
  if (refersTo === undefined) throw invalidParameter('ImageManifest', `Unsupported manifest media type ${mediaType}`);
  const entries = refersTo === 'images' ? list(raw['manifests']) : [raw['config'], ...list(raw['layers'])];
  const descriptors = entries.map(descriptorOf);
  return {
    digest: `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`,
    mediaType,
    ...artifactMediaTypeOf(raw['config']),
    refersTo,
    references: descriptors.map(({ digest }) => digest),
    size: descriptors.slice(refersTo === 'images' ? 0 : 1).reduce((sum, { size }) => sum + size, 0),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(text);
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Record<string, unknown>;
  } catch {
    // Falls through: not JSON.
  }
  throw invalidParameter('ImageManifest', 'Invalid JSON syntax');
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalidParameter('ImageManifest', 'Invalid image manifest');
}

function descriptorOf(value: unknown): { readonly digest: string; readonly size: number } {
  const { digest, size } = (value ?? {}) as { digest?: unknown; size?: unknown };
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest) || typeof size !== 'number') {
    throw invalidParameter('ImageManifest', 'Invalid image manifest');
  }
  return { digest, size };
}

function artifactMediaTypeOf(config: unknown): { readonly artifactMediaType?: string } {
  const { mediaType } = (config ?? {}) as { mediaType?: unknown };
  return typeof mediaType === 'string' ? { artifactMediaType: mediaType } : {};
}
