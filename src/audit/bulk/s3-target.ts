import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { AlreadyThere, type ExportTarget, type LocalFile } from './export-target.ts';
import { sha256Of } from './manifest.ts';

/** How often a file is sent when S3 or the way there fails. */
const ATTEMPTS = 4;

/** A bucket as the target. */
export interface S3TargetOptions {
  readonly bucket: string;
  /** The folder in the bucket, such as `audit`; with or without a slash at its end. */
  readonly prefix?: string;
  readonly region?: string;
  /** Another S3 than AWS's. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * A bucket as the target; it needs `s3:PutObject`, and `s3:GetObject` to see what is there already. How long an object is locked is the
 * bucket's default retention.
 */
export function s3Target({ bucket, prefix = '', region, endpoint, credentials }: S3TargetOptions): ExportTarget {
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
  });
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const send = async (
    Key: string,
    { path, bytes, sha256 }: LocalFile,
    contentType: string,
  ): Promise<'put' | 'there'> => {
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key,
          Body: createReadStream(path),
          ContentLength: bytes,
          ContentType: contentType,
          // S3 refuses what arrived otherwise than it was sent, and never replaces what is there.
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
          IfNoneMatch: '*',
        }),
      );
      return 'put';
    } catch (error) {
      if (statusOf(error) === 412) return 'there';
      throw error;
    }
  };
  // That something is there says nothing about what: it may be of a run before, or of somebody else.
  const read = async (Key: string): Promise<Buffer> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  return {
    put: async (key, file, contentType, accepts) => {
      const name = `${folder}${key}`;
      if ((await repeated(() => send(name, file, contentType))) === 'put') return;
      const place = `s3://${bucket}/${name}`;
      const there = await repeated(() => read(name)).catch((error: unknown) => {
        const { name: problem, message } = error as Error;
        throw new AlreadyThere(place, `and what it holds could not be read (${problem}: ${message})`, { cause: error });
      });
      const sha256 = sha256Of(there);
      const same = accepts === undefined ? sha256 === file.sha256 : await accepts(there);
      if (!same) throw new AlreadyThere(place, `with another content (SHA-256 ${sha256}, not ${file.sha256})`);
    },
  };
}

/** The SDK can't read a stream again, so a repeat begins here. */
async function repeated<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const status = statusOf(error);
      const final = status !== undefined && status < 500 && status !== 409;
      if (final || attempt === ATTEMPTS) throw error;
      await setTimeout(200 * 2 ** attempt);
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
