import type { PutImageRequest, PutImageResponse } from '@aws-sdk/client-ecr';
import { globMatches } from '../../../policy/evaluate.ts';
import type { Account, Call } from '../account.ts';
import type { Image, Repository } from '../entities.ts';
import { ecrFault } from '../fault.ts';
import type { EntityChange } from '../store.ts';
import { findRepository } from './find-repository.ts';
import { readManifest } from './manifests.ts';
import type { Manifest } from './manifests.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html */
export function putImage({ account }: Call, input: PutImageRequest): PutImageResponse {
  const repository = findRepository(account, input);
  const { imageManifest = '', imageTag: tag } = input;
  const manifest = readManifest(imageManifest, input.imageManifestMediaType);
  if (input.imageDigest !== undefined && input.imageDigest !== manifest.digest) {
    throw ecrFault('ImageDigestDoesNotMatchException', `The image's digest is '${manifest.digest}'`);
  }
  checkReferences(account, repository, manifest);
  const present = account.store.get('image', `${repository.name}@${manifest.digest}`);
  const tagged = tag === undefined ? undefined : imageWithTag(account, repository, tag);
  checkTag(account, repository, { manifest, present, tagged, tag });

  const image: Image = present ?? {
    repository: repository.name,
    digest: manifest.digest,
    manifest: imageManifest,
    mediaType: manifest.mediaType,
    ...(manifest.artifactMediaType === undefined ? {} : { artifactMediaType: manifest.artifactMediaType }),
    tags: [],
    size: manifest.size,
    pushedAt: account.now().toISOString(),
    references: manifest.references,
  };
  const changes = [keeping({ ...image, tags: tag === undefined ? image.tags : [...image.tags, tag] })];
  // The tag moves: the image that had it stays, without it.
  if (tagged !== undefined) changes.push(keeping({ ...tagged, tags: tagged.tags.filter((other) => other !== tag) }));
  account.store.change(...changes);
  return {
    image: {
      registryId: account.id,
      repositoryName: repository.name,
      imageId: { imageDigest: image.digest, imageTag: tag },
      imageManifest,
      imageManifestMediaType: image.mediaType,
    },
  };
}

function keeping(image: Image): EntityChange {
  return { kind: 'image', id: `${image.repository}@${image.digest}`, value: image };
}

/** The image that a tag points at. */
export function imageWithTag(account: Account, repository: Repository, tag: string): Image | undefined {
  return account.store.list('image', `${repository.name}@`).find(({ tags }) => tags.includes(tag));
}

function checkReferences(account: Account, { name }: Repository, { refersTo, references }: Manifest): void {
  const kind = refersTo === 'layers' ? 'layer' : 'image';
  const missing = references.filter((digest) => account.store.get(kind, `${name}@${digest}`) === undefined);
  if (missing.length === 0) return;
  throw kind === 'layer'
    ? ecrFault(
        'LayersNotFoundException',
        `Layers with digests '${missing.join(', ')}' required for pushing image do not exist`,
      )
    : ecrFault(
        'ReferencedImagesNotFoundException',
        `Images with digests '${missing.join(', ')}' required for pushing image do not exist`,
      );
}

interface Push {
  readonly manifest: Manifest;
  readonly present: Image | undefined;
  readonly tagged: Image | undefined;
  readonly tag: string | undefined;
}

function checkTag(account: Account, repository: Repository, { manifest, present, tagged, tag }: Push): void {
  if (present !== undefined && (tag === undefined || tagged?.digest === manifest.digest)) {
    throw ecrFault(
      'ImageAlreadyExistsException',
      `Image with digest '${manifest.digest}' and tag '${tag ?? ''}' already exists in the repository with name '${repository.name}' in registry with id '${account.id}'`,
    );
  }
  if (tagged !== undefined && tag !== undefined && isImmutable(repository, tag)) {
    throw ecrFault(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
    );
  }
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
function isImmutable({ mutability, mutabilityExclusions }: Repository, tag: string): boolean {
  const excluded = mutabilityExclusions.some(({ filter = '' }) => globMatches(filter, tag));
  return mutability.startsWith('IMMUTABLE') !== excluded;
}
