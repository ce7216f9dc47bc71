import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { Bucket } from '../form.ts';

/** Everything in a bucket. */
export async function bucketOf(s3: S3Client, name: string): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: name }))
    for (const { Key = '' } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: name, Key }));
      objects.set(Key, Buffer.from((await Body?.transformToByteArray()) ?? []));
    }
  return objects;
}

/** The public half of a signing key, as PEM. */
export async function publicKeyOf(kms: KMSClient, key: string): Promise<string> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: key }));
  return `-----BEGIN PUBLIC KEY-----\n${Buffer.from(PublicKey ?? []).toString('base64')}\n-----END PUBLIC KEY-----\n`;
}
