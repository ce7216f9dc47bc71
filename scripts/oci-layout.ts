/** Images as folders in OCI's image layout, for clients of registries to push. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What an image is made of besides its layer. */
export interface ImageParts {
  /** Architectures of Linux. Default `amd64` alone. */
  readonly platforms?: readonly string[];
  /** Labels of the image's configuration, by name. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Writes a layout whose tag `image` is an image of one layer for each platform; with more than one, an index of them.
 * @returns the digest of what the tag points at
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function writeLayout(folder: string, layer: Buffer, { platforms = ['amd64'], labels }: ImageParts = {}): string {
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Buffer): Descriptor => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const json = (mediaType: string, value: object): Descriptor => put(mediaType, Buffer.from(JSON.stringify(value)));
  const diffId = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const manifests = platforms.map((architecture) => ({
    ...json(IMAGE, {
      schemaVersion: 2,
      mediaType: IMAGE,
      config: json('application/vnd.oci.image.config.v1+json', {
        architecture,
        os: 'linux',
        config: labels === undefined ? {} : { Labels: labels },
        rootfs: { type: 'layers', diff_ids: [diffId] },
      }),
      layers: [put('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(layer, { level: 1 }))],
    }),
    platform: { architecture, os: 'linux' },
  }));
  const [first] = manifests;
  if (first === undefined) throw new Error('An image has a platform.');
  const top: Descriptor =
    manifests.length === 1 ? first : json(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  const tagged = { ...top, annotations: { 'org.opencontainers.image.ref.name': 'image' } };
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [tagged] }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return top.digest;
}
