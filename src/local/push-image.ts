import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createHash } from 'node:crypto';

/** Where the embedded AWS is. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
}

/** Credentials as STS gives them, or of an account. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How an attempt went: where it came to, or what refused it. */
export type Attempt =
  | { readonly allowed: true; readonly digest: string }
  | { readonly allowed: false; readonly by: 'STS' | 'ECR'; readonly error: string };

/** Assumes a push role by a workflow's token, as the generated workflow does. */
export async function assumePushRole(
  { endpoint, region }: Place,
  roleArn: string,
  webIdentityToken: string,
): Promise<Credentials> {
  const sts = new STSClient({ endpoint, region, maxAttempts: 1 });
  const { Credentials: given } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: 'push',
      WebIdentityToken: webIdentityToken,
    }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = given ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
    throw new Error('STS gave no credentials.');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** Pushes a small image by the calls that docker's push makes. */
async function pushImage(
  { endpoint, region }: Place,
  credentials: Credentials,
  repositoryName: string,
  imageTag: string,
): Promise<string> {
  const ecr = new ECRClient({ endpoint, region, credentials, maxAttempts: 1 });
  await ecr.send(new GetAuthorizationTokenCommand({}));
  const config = await pushBlob(
    ecr,
    repositoryName,
    Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', tag: imageTag })),
  );
  const layer = await pushBlob(ecr, repositoryName, Buffer.from(`layer of ${repositoryName}:${imageTag}`));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer }],
  };
  const { image } = await ecr.send(
    new PutImageCommand({ repositoryName, imageTag, imageManifest: JSON.stringify(manifest) }),
  );
  return image?.imageId?.imageDigest ?? 'unknown';
}

async function pushBlob(
  ecr: ECRClient,
  repositoryName: string,
  bytes: Buffer,
): Promise<{ readonly digest: string; readonly size: number }> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest] }));
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  await ecr.send(
    new UploadLayerPartCommand({
      repositoryName,
      uploadId,
      partFirstByte: 0,
      partLastByte: bytes.length - 1,
      layerPartBlob: bytes,
    }),
  );
  await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }));
  return { digest, size: bytes.length };
}

/** Tries to push as a workflow whose token this is: assume the role, then push. */
export async function tryPush(
  place: Place,
  roleArn: string,
  token: string,
  repositoryName: string,
  imageTag: string,
): Promise<Attempt> {
  let credentials: Credentials;
  try {
    credentials = await assumePushRole(place, roleArn, token);
  } catch (error) {
    return { allowed: false, by: 'STS', error: (error as Error).name };
  }
  try {
    return { allowed: true, digest: await pushImage(place, credentials, repositoryName, imageTag) };
  } catch (error) {
    return { allowed: false, by: 'ECR', error: (error as Error).name };
  }
}

/** Tries to pull an image as an account does whose clusters run it. */
export async function tryPull(
  { endpoint, region }: Place,
  accountId: string,
  registryId: string,
  repositoryName: string,
  imageTag: string,
): Promise<Attempt> {
  const credentials = { accessKeyId: `account-${accountId}`, secretAccessKey: 'local' };
  const ecr = new ECRClient({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    const { images = [] } = await ecr.send(
      new BatchGetImageCommand({ registryId, repositoryName, imageIds: [{ imageTag }] }),
    );
    return { allowed: true, digest: images[0]?.imageId?.imageDigest ?? 'unknown' };
  } catch (error) {
    return { allowed: false, by: 'ECR', error: (error as Error).name };
  }
}
