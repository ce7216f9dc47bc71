/** A blob upload of the Distribution API, which may come in pieces of any size, as parts of an ECR upload, which may not. */
import type { InitiateLayerUploadResponse } from '@aws-sdk/client-ecr';
import type { Account, RegistryUpload } from '../account.ts';
import { dropUpload, LEAST_PART_SIZE, PART_SIZE } from '../ecr/layers.ts';
import { chunksOf } from './body.ts';
import { RegistryRefusal } from './faults.ts';
import type { RegistryCall } from './registry.ts';

/** Bytes in memory for all uploads that are on their way. */
const MAX_HELD_BYTES = 268_435_456;

/** Begins an upload. @returns its id, which is ECR's */
export async function beginUpload({ account, ask }: RegistryCall, repositoryName: string): Promise<string> {
  const { uploadId = '' } = await ask<InitiateLayerUploadResponse>('InitiateLayerUpload', { repositoryName });
  // Those that ECR gave up are gone here too.
  for (const id of account.registryUploads.keys()) if (!account.uploads.has(id)) account.registryUploads.delete(id);
  account.registryUploads.set(uploadId, { repository: repositoryName, held: [], heldBytes: 0, received: 0 });
  return uploadId;
}

/** An upload of a repository. @throws RegistryRefusal where there is none */
export function uploadOf({ registryUploads, uploads }: Account, repository: string, id: string): RegistryUpload {
  const upload = uploads.has(id) ? registryUploads.get(id) : undefined;
  if (upload?.repository === repository) return upload;
  throw new RegistryRefusal(404, 'BLOB_UPLOAD_UNKNOWN', `The upload with id '${id}' does not exist`);
}

/**
 * Takes the request's body in: parts of {@link PART_SIZE} go on to ECR as they come, so that a layer of any size takes the memory
 * of one part. What is less than ECR takes as a part that is not the last is held for the next piece.
 * @returns bytes received so far
 */
export async function receive(call: RegistryCall, repository: string, id: string): Promise<number> {
  const { account, incoming } = call;
  checkRange(uploadOf(account, repository, id), incoming.headers['content-range']);
  for await (const bytes of chunksOf(incoming)) {
    const upload = uploadOf(account, repository, id);
    checkRoom(account, bytes.length);
    keep(account, id, {
      ...upload,
      held: [...upload.held, bytes],
      heldBytes: upload.heldBytes + bytes.length,
      received: upload.received + bytes.length,
    });
    if (upload.heldBytes + bytes.length >= PART_SIZE) await sendHeld(call, repository, id, 'whole parts');
  }
  if (uploadOf(account, repository, id).heldBytes >= LEAST_PART_SIZE) await sendHeld(call, repository, id, 'all');
  return uploadOf(account, repository, id).received;
}

/** Sends what is left, and ends the upload. A layer that is there already is no error to a registry. */
export async function finishUpload(
  call: RegistryCall,
  repositoryName: string,
  id: string,
  digest: string,
): Promise<void> {
  const { account, ask } = call;
  await sendHeld(call, repositoryName, id, 'all');
  try {
    await ask('CompleteLayerUpload', { repositoryName, uploadId: id, layerDigests: [digest] });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LayerAlreadyExistsException') throw error;
  }
  account.registryUploads.delete(id);
}

/** Gives an upload up. */
export function abandon(account: Account, id: string): void {
  dropUpload(account, id);
  account.registryUploads.delete(id);
}

/**
 * Sends what is held in parts of {@link PART_SIZE}: all of it, or only whole parts, for ECR takes no small part but the last.
 */
async function sendHeld(
  { account, ask }: RegistryCall,
  repositoryName: string,
  id: string,
  what: 'all' | 'whole parts',
): Promise<void> {
  const upload = uploadOf(account, repositoryName, id);
  const bytes = Buffer.concat(upload.held);
  const first = upload.received - upload.heldBytes;
  const end = what === 'all' ? bytes.length : bytes.length - (bytes.length % PART_SIZE);
  for (let at = 0; at < end; at += PART_SIZE) {
    const part = bytes.subarray(at, Math.min(at + PART_SIZE, end));
    await ask('UploadLayerPart', {
      repositoryName,
      uploadId: id,
      partFirstByte: first + at,
      partLastByte: first + at + part.length - 1,
      layerPartBlob: part,
    });
  }
  keep(account, id, { ...upload, held: [bytes.subarray(end)], heldBytes: bytes.length - end });
}

function keep(account: Account, id: string, upload: RegistryUpload): void {
  account.registryUploads.set(id, upload);
}

/** What is held for all uploads together stays within bounds. */
function checkRoom({ registryUploads }: Account, more: number): void {
  const held = [...registryUploads.values()].reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  if (held + more > MAX_HELD_BYTES)
    throw new RegistryRefusal(429, 'TOOMANYREQUESTS', 'Too many layers are on their way; finish some uploads first');
}

function checkRange({ received }: RegistryUpload, range: string | undefined): void {
  if (range === undefined) return;
  const first = /^(\d{1,15})-\d{1,15}$/.exec(range)?.[1];
  if (first === undefined || Number(first) !== received)
    throw new RegistryRefusal(
      416,
      'BLOB_UPLOAD_INVALID',
      `The next byte is ${received}, not that of ${range.slice(0, 40)}`,
    );
}
