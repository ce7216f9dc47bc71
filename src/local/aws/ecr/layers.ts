import { randomBytes, randomUUID } from 'node:crypto';
import type {
  BatchCheckLayerAvailabilityRequest,
  BatchCheckLayerAvailabilityResponse,
  CompleteLayerUploadRequest,
  CompleteLayerUploadResponse,
  GetDownloadUrlForLayerRequest,
  GetDownloadUrlForLayerResponse,
  InitiateLayerUploadRequest,
  InitiateLayerUploadResponse,
  LayerFailure,
  UploadLayerPartRequest,
  UploadLayerPartResponse,
} from '@aws-sdk/client-ecr';
import type { Account, Call, LayerUpload } from '../account.ts';
import { NoRoomForBlobs, type BlobWriter, type KeptBlob } from '../blobs.ts';
import { ecrFault, invalidParameter } from '../fault.ts';
import { findRepository } from './find-repository.ts';

/** Bytes; what ECR tells clients to send at once. */
export const PART_SIZE = 20_971_520;
/** Bytes; every part but the last has at least so many. */
export const LEAST_PART_SIZE = 5_242_880;
const MAX_UPLOADS = 1000;
const UPLOAD_IDLE_MS = 3_600_000;
const MAX_DOWNLOADS = 10_000;
const DOWNLOAD_LIFETIME_MS = 3_600_000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html */
export function batchCheckLayerAvailability(
  { account }: Call,
  input: BatchCheckLayerAvailabilityRequest,
): BatchCheckLayerAvailabilityResponse {
  const { name } = findRepository(account, input);
  const digests = input.layerDigests ?? [];
  return {
    layers: digests.filter(isDigest).map((layerDigest) => {
      const layer = account.store.get('layer', `${name}@${layerDigest}`);
      if (layer === undefined) return { layerDigest, layerAvailability: 'UNAVAILABLE' };
      return { layerDigest, layerAvailability: 'AVAILABLE', layerSize: layer.size };
    }),
    failures: digests
      .filter((digest) => !isDigest(digest))
      .map(
        (layerDigest): LayerFailure => ({
          layerDigest,
          failureCode: 'InvalidLayerDigest',
          failureReason: `Invalid layer digest '${layerDigest}'`,
        }),
      ),
  };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html */
export function initiateLayerUpload({ account }: Call, input: InitiateLayerUploadRequest): InitiateLayerUploadResponse {
  const { name } = findRepository(account, input);
  dropIdleUploads(account);
  if (account.uploads.size >= MAX_UPLOADS)
    throw ecrFault('LimitExceededException', 'Too many layer uploads have begun');
  const uploadId = randomUUID();
  const touchedAt = account.now().getTime();
  account.uploads.set(uploadId, { repository: name, writer: account.blobs.begin(), partSizes: [], touchedAt });
  return { uploadId, partSize: PART_SIZE };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html */
export function uploadLayerPart({ account }: Call, input: UploadLayerPartRequest): UploadLayerPartResponse {
  const { name } = findRepository(account, input);
  const { uploadId = '', partFirstByte = 0, partLastByte = 0, layerPartBlob = new Uint8Array() } = input;
  const upload = findUpload(account, name, uploadId);
  const received = upload.writer.size();
  if (partFirstByte !== received || partLastByte !== partFirstByte + layerPartBlob.length - 1) {
    throw ecrFault('InvalidLayerPartException', `The part does not follow byte ${received - 1}`, {
      registryId: account.id,
      repositoryName: name,
      uploadId,
      lastValidByteReceived: received - 1,
    });
  }
  append(upload.writer, layerPartBlob);
  const partSizes = [...upload.partSizes, layerPartBlob.length];
  account.uploads.set(uploadId, { ...upload, partSizes, touchedAt: account.now().getTime() });
  return { registryId: account.id, repositoryName: name, uploadId, lastByteReceived: partLastByte };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html */
export function completeLayerUpload({ account }: Call, input: CompleteLayerUploadRequest): CompleteLayerUploadResponse {
  const { name } = findRepository(account, input);
  const { uploadId = '' } = input;
  const upload = findUpload(account, name, uploadId);
  const { writer, partSizes } = upload;
  if (writer.size() === 0) throw ecrFault('EmptyUploadException', `The upload '${uploadId}' has no parts`);
  if (partSizes.slice(0, -1).some((size) => size < LEAST_PART_SIZE)) {
    throw ecrFault('LayerPartTooSmallException', `Every part but the last has at least ${LEAST_PART_SIZE} bytes`);
  }
  const layerDigest = writer.digest();
  if (!input.layerDigests?.every((digest) => digest === layerDigest)) {
    throw ecrFault(
      'InvalidLayerException',
      `The layer's digest is ${layerDigest}, not ${input.layerDigests?.join(', ')}`,
    );
  }
  account.uploads.delete(uploadId);
  const id = `${name}@${layerDigest}`;
  if (account.store.get('layer', id) !== undefined) {
    writer.discard();
    throw ecrFault(
      'LayerAlreadyExistsException',
      `Layer with digest '${layerDigest}' already exists in the repository with name '${name}' in registry with id '${account.id}'`,
    );
  }
  const size = writer.size();
  writer.keep();
  account.store.change({ kind: 'layer', id, value: { repository: name, digest: layerDigest, size } });
  return { registryId: account.id, repositoryName: name, uploadId, layerDigest };
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html */
export function getDownloadUrlForLayer(
  { account }: Call,
  input: GetDownloadUrlForLayerRequest,
): GetDownloadUrlForLayerResponse {
  const { name } = findRepository(account, input);
  const { layerDigest = '' } = input;
  if (!isDigest(layerDigest)) throw invalidParameter('layerDigest', `Invalid layer digest '${layerDigest}'`);
  if (account.store.get('layer', `${name}@${layerDigest}`) === undefined) {
    throw ecrFault(
      'LayersNotFoundException',
      `The layer with digest '${layerDigest}' does not exist in the repository with name '${name}' in the registry with id '${account.id}'`,
    );
  }
  const now = account.now().getTime();
  for (const [token, { expiresAt }] of account.downloads) if (expiresAt <= now) account.downloads.delete(token);
  if (account.downloads.size >= MAX_DOWNLOADS) throw ecrFault('ServerException', 'Too many downloads have begun');
  const token = randomBytes(24).toString('base64url');
  account.downloads.set(token, { digest: layerDigest, expiresAt: now + DOWNLOAD_LIFETIME_MS });
  return { downloadUrl: `${account.endpoint()}/layers/${token}`, layerDigest };
}

/** The bytes behind a download URL's token; `undefined` if it was not handed out or has expired. */
export function layerFor(account: Account, token: string): KeptBlob | undefined {
  const download = account.downloads.get(token);
  if (download === undefined || download.expiresAt <= account.now().getTime()) return undefined;
  return account.blobs.get(download.digest);
}

function isDigest(digest: string): boolean {
  return DIGEST.test(digest);
}

function findUpload(account: Account, repository: string, uploadId: string): LayerUpload {
  const upload = account.uploads.get(uploadId);
  if (upload?.repository === repository) return upload;
  throw ecrFault(
    'UploadNotFoundException',
    `The upload with id '${uploadId}' does not exist in the repository with name '${repository}' in the registry with id '${account.id}'`,
  );
}

function append(writer: BlobWriter, bytes: Uint8Array): void {
  try {
    writer.append(bytes);
  } catch (error) {
    if (error instanceof NoRoomForBlobs) throw ecrFault('LimitExceededException', error.message);
    throw error;
  }
}

/** Uploads that nobody goes on with give their room back. */
function dropIdleUploads(account: Account): void {
  const since = account.now().getTime() - UPLOAD_IDLE_MS;
  for (const [id, { touchedAt }] of account.uploads) if (touchedAt < since) dropUpload(account, id);
}

/** Gives up an upload, if there is one. */
export function dropUpload(account: Account, uploadId: string): void {
  account.uploads.get(uploadId)?.writer.discard();
  account.uploads.delete(uploadId);
}
