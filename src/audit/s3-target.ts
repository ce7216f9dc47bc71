import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import type { ExportTarget } from './export-target.ts';

/** A bucket as the target. */
export interface S3TargetOptions {
  readonly bucket: string;
  /** Before all keys, such as `audit/`. */
  readonly prefix?: string;
  readonly region?: string;
  /** Another S3 than AWS's. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A bucket as the target; it needs `s3:PutObject` and nothing else. How long an object is locked is the bucket's default retention. */
export function s3Target({ bucket, prefix = '', region, endpoint, credentials }: S3TargetOptions): ExportTarget {
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  return {
    put: async (key, { path, bytes, sha256 }, contentType) => {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: `${prefix}${key}`,
            Body: createReadStream(path),
            ContentLength: bytes,
            ContentType: contentType,
            // S3 refuses what arrived otherwise than it was sent, and never replaces what is there.
            ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
            IfNoneMatch: '*',
          }),
        );
      } catch (error) {
        if ((error as Error).name !== 'PreconditionFailed') throw error;
      }
    },
  };
}
