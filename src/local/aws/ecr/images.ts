import type {
  BatchDeleteImageRequest,
  BatchDeleteImageResponse,
  BatchGetImageRequest,
  BatchGetImageResponse,
  DescribeImagesRequest,
  DescribeImagesResponse,
  ImageDetail,
  ImageFailure,
  ImageFailureCode,
  ImageIdentifier,
  ListImagesRequest,
  ListImagesResponse,
} from '@aws-sdk/client-ecr';
import type { Account, Call } from '../account.ts';
import type { Image, Repository } from '../entities.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { findRepository } from './find-repository.ts';
import { imageWithTag } from './push-image.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html */
export function listImages({ account }: Call, input: ListImagesRequest): ListImagesResponse {
  const repository = findRepository(account, input);
  const after = readToken(input.nextToken, () => invalidParameter('nextToken', 'Invalid token'));
  const status = input.filter?.tagStatus ?? 'ANY';
  const ids = imagesOf(account, repository).flatMap((image): ImageIdentifier[] => {
    if (image.tags.length === 0) return status === 'TAGGED' ? [] : [{ imageDigest: image.digest }];
    return status === 'UNTAGGED'
      ? []
      : image.tags.toSorted().map((imageTag) => ({ imageDigest: image.digest, imageTag }));
  });
  const nameOf = ({ imageDigest, imageTag = '' }: ImageIdentifier): string => `${imageDigest} ${imageTag}`;
  const { items, next } = pageOf(ids, nameOf, after, input.maxResults ?? 100);
  return { imageIds: [...items], nextToken: next };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
export function describeImages({ account }: Call, input: DescribeImagesRequest): DescribeImagesResponse {
  const repository = findRepository(account, input);
  if (input.imageIds !== undefined) {
    if (input.nextToken !== undefined || input.maxResults !== undefined)
      throw invalidParameter('imageIds', 'imageIds cannot be given together with nextToken or maxResults');
    const details = input.imageIds.map((id) => {
      const image = findImage(account, repository, id);
      if (typeof image === 'object') return detailOf(account, image);
      throw ecrFault(
        'ImageNotFoundException',
        `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${repository.name}' in the registry with id '${account.id}'`,
      );
    });
    return { imageDetails: details };
  }
  const after = readToken(input.nextToken, () => invalidParameter('nextToken', 'Invalid token'));
  const status = input.filter?.tagStatus ?? 'ANY';
  const images = imagesOf(account, repository).filter(
    ({ tags }) => status === 'ANY' || (status === 'TAGGED') === tags.length > 0,
  );
  const { items, next } = pageOf(images, ({ digest }) => digest, after, input.maxResults ?? 100);
  return { imageDetails: items.map((image) => detailOf(account, image)), nextToken: next };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html */
export function batchGetImage({ account }: Call, input: BatchGetImageRequest): BatchGetImageResponse {
  const repository = findRepository(account, input);
  const answer = { images: [], failures: [] } as Required<Pick<BatchGetImageResponse, 'images' | 'failures'>>;
  for (const imageId of input.imageIds ?? []) {
    const image = findImage(account, repository, imageId);
    if (typeof image === 'string') {
      answer.failures?.push(failureOf(imageId, image));
      continue;
    }
    answer.images?.push({
      registryId: account.id,
      repositoryName: repository.name,
      imageId: { imageDigest: image.digest, imageTag: imageId.imageTag },
      imageManifest: image.manifest,
      imageManifestMediaType: image.mediaType,
    });
  }
  return answer;
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
export function batchDeleteImage({ account }: Call, input: BatchDeleteImageRequest): BatchDeleteImageResponse {
  const repository = findRepository(account, input);
  const imageIds: ImageIdentifier[] = [];
  const failures: ImageFailure[] = [];
  for (const imageId of input.imageIds ?? []) {
    const image = findImage(account, repository, imageId);
    if (typeof image === 'string') {
      failures.push(failureOf(imageId, image));
      continue;
    }
    const tagsLeft = imageId.imageTag === undefined ? [] : image.tags.filter((tag) => tag !== imageId.imageTag);
    if (tagsLeft.length === 0 && isReferenced(account, repository, image)) {
      failures.push(failureOf(imageId, 'ImageReferencedByManifestList'));
      continue;
    }
    const value = tagsLeft.length === 0 ? null : { ...image, tags: tagsLeft };
    account.store.change({ kind: 'image', id: `${repository.name}@${image.digest}`, value });
    const gone = image.tags.filter((tag) => !tagsLeft.includes(tag));
    if (gone.length === 0) imageIds.push({ imageDigest: image.digest });
    else imageIds.push(...gone.map((imageTag) => ({ imageDigest: image.digest, imageTag })));
  }
  return { imageIds, failures };
}

function imagesOf(account: Account, { name }: Repository): readonly Image[] {
  return account.store.list('image', `${name}@`);
}

function isReferenced(account: Account, repository: Repository, { digest }: Image): boolean {
  return imagesOf(account, repository).some(({ references }) => references.includes(digest));
}

function findImage(account: Account, repository: Repository, id: ImageIdentifier): Image | ImageFailureCode {
  const { imageDigest, imageTag } = id;
  if (imageDigest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(imageDigest)) return 'InvalidImageDigest';
  if (imageDigest === undefined) {
    return imageTag === undefined
      ? 'MissingDigestAndTag'
      : (imageWithTag(account, repository, imageTag) ?? 'ImageNotFound');
  }
  const image = account.store.get('image', `${repository.name}@${imageDigest}`);
  if (image === undefined) return 'ImageNotFound';
  return imageTag === undefined || image.tags.includes(imageTag) ? image : 'ImageTagDoesNotMatchDigest';
}

const REASONS: Partial<Record<ImageFailureCode, string>> = {
  ImageNotFound: 'Requested image not found',
  ImageTagDoesNotMatchDigest: 'The tag does not point at the digest',
  InvalidImageDigest: 'Invalid request parameters: image digest should satisfy the regex',
  MissingDigestAndTag: 'Invalid request parameters: both tag and digest cannot be null',
  ImageReferencedByManifestList: 'Requested image is referenced by a manifest list',
};

function failureOf(imageId: ImageIdentifier, failureCode: ImageFailureCode): ImageFailure {
  return { imageId, failureCode, failureReason: REASONS[failureCode] };
}

function detailOf(account: Account, image: Image): ImageDetail {
  return {
    registryId: account.id,
    repositoryName: image.repository,
    imageDigest: image.digest,
    imageTags: image.tags.length === 0 ? undefined : image.tags.toSorted(),
    imageSizeInBytes: image.size,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    artifactMediaType: image.artifactMediaType,
    imageStatus: 'ACTIVE',
  };
}
