import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { ExportTarget, LocalFile } from './export-target.ts';

/** How often a file is sent when S3 or the way there fails. */
const ATTEMPTS = 4;

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
    maxAttempts: 1,
  });
  const send = async (key: string, { path, bytes, sha256 }: LocalFile, contentType: string): Promise<void> => {
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
  };
  return {
    put: async (key, file, contentType) => {
      // The SDK can't read a stream again, so a repeat begins here.
      for (let attempt = 1; ; attempt++) {
        try {
          return await send(key, file, contentType);
        } catch (error) {
          const { name, $metadata: metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
          if (name === 'PreconditionFailed' || metadata?.httpStatusCode === 412) return;
          const final =
            metadata?.httpStatusCode !== undefined && metadata.httpStatusCode < 500 && metadata.httpStatusCode !== 409;
          if (final || attempt === ATTEMPTS) throw error;
          await setTimeout(200 * 2 ** attempt);
        }
      }
    },
  };
}
