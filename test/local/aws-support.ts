/** What the tests of the embedded AWS share: clients, tokens, a department's world, and a push by the ECR API. */
import { createHash } from 'node:crypto';
import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import type { Test } from 'tap';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import type { EmbeddedAwsOptions } from '../../src/local/aws/server.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const ISSUER = 'https://token.actions.githubusercontent.com';
export const HOST = 'token.actions.githubusercontent.com';
export const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`;

/** The issuer's key pair, and one that the issuer does not know. */
export const keys = await generateKeyPair('RS256', { extractable: true });
export const strangersKeys = await generateKeyPair('RS256', { extractable: true });
/** The issuer's public keys, as it publishes them. */
export const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };

/** What a client signs with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
/** The root of the embedded account. */
export const ADMIN: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** An embedded AWS for one test, and clients for it. */
export async function start(t: Test, options: Partial<EmbeddedAwsOptions> = {}) {
  const aws = await startEmbeddedAws({
    accountId: ACCOUNT,
    region: REGION,
    organisationId: 'o-example',
    issuerKeys: async () => Promise.resolve(jwks),
    ...options,
  });
  t.teardown(() => aws.close());
  const common = { endpoint: aws.endpoint, region: REGION, maxAttempts: 1 };
  return {
    ...aws,
    ecr: (credentials: Credentials = ADMIN) => new ECRClient({ ...common, credentials }),
    iam: (credentials: Credentials = ADMIN) => new IAMClient({ ...common, credentials }),
    sts: (credentials: Credentials = ADMIN) => new STSClient({ ...common, credentials }),
  };
}
export type Running = Awaited<ReturnType<typeof start>>;

/** A workflow's token: of `acme/app` (42) on its main branch, but for the given claims. */
export async function token(
  claims: JWTPayload = {},
  options: { key?: Parameters<SignJWT['sign']>[0]; at?: Date; alg?: string } = {},
): Promise<string> {
  const at = Math.floor((options.at ?? new Date()).getTime() / 1000);
  return new SignJWT({
    sub: 'repo:acme/app:ref:refs/heads/main',
    repository: 'acme/app',
    repository_id: '42',
    ref: 'refs/heads/main',
    ...claims,
  })
    .setProtectedHeader({ alg: options.alg ?? 'RS256', kid: 'one' })
    .setIssuer(claims.iss ?? ISSUER)
    .setAudience(claims.aud ?? 'sts.amazonaws.com')
    .setIssuedAt(at)
    .setNotBefore(at - 600)
    .setExpirationTime(at + 300)
    .sign(options.key ?? keys.privateKey);
}

/** A trust policy in GitHub's provider under a condition. */
export function trust(condition: object): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: condition,
      },
    ],
  });
}

/** Trusts the branches of `acme/app`, by its number, in both forms of the subject. */
export const TRUST = trust({
  StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com', [`${HOST}:repository_id`]: ['42'] },
  StringLike: { [`${HOST}:sub`]: ['repo:acme/*:ref:refs/heads/*', 'repo:acme@7/*:ref:refs/heads/*'] },
});

/** A policy document of these statements. */
export function identityPolicy(...statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

const PUSH_ACTIONS = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'].concat([
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
]);

const PUSH_POLICY = identityPolicy(
  { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
  {
    Effect: 'Allow',
    Action: PUSH_ACTIONS,
    Resource: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/*`,
    Condition: { StringEquals: { 'aws:ResourceTag/ecp:department': 'koa' } },
  },
);

/** The wall between departments. */
export const BOUNDARY = identityPolicy(
  { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
  {
    Effect: 'Allow',
    Action: 'ecr:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:ResourceTag/ecp:department': '${aws:PrincipalTag/ecp:department}' } },
  },
);

/** A department's world: the provider, the boundary, a push role and one repository each of two departments. */
export async function seed(aws: Running): Promise<void> {
  const iam = aws.iam();
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: ISSUER, ClientIDList: ['sts.amazonaws.com'] }));
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: BOUNDARY }));
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'github-access-koa',
      AssumeRolePolicyDocument: TRUST,
      PermissionsBoundary: Policy?.Arn,
      Tags: [{ Key: 'ecp:department', Value: 'koa' }],
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'github-access-koa', PolicyName: 'push', PolicyDocument: PUSH_POLICY }),
  );
  for (const department of ['koa', 'pol']) {
    const tags = [{ Key: 'ecp:department', Value: department }];
    await aws.ecr().send(new CreateRepositoryCommand({ repositoryName: `${department}/app`, tags }));
  }
}

/** The push role of the department `koa`. */
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/github-access-koa`;

/** Credentials of a session of the push role. */
export async function assume(aws: Running, webIdentityToken: string, durationSeconds?: number): Promise<Credentials> {
  const { Credentials } = await aws.sts().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: ROLE_ARN,
      RoleSessionName: 'run-1',
      WebIdentityToken: webIdentityToken,
      DurationSeconds: durationSeconds,
    }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

/** A digest as registries write it. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Uploads one layer by ECR's API. */
export async function pushLayer(ecr: ECRClient, repositoryName: string, bytes: Uint8Array): Promise<void> {
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
  await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digestOf(bytes)] }));
}

/** An OCI manifest of one layer. */
export function manifestOf(config: Uint8Array, layer: Uint8Array): string {
  const descriptor = (mediaType: string, bytes: Uint8Array): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
  });
}

/** Pushes an image of one layer as a Docker client makes ECR do it. */
export async function push(ecr: ECRClient, repositoryName: string, imageTag: string, content = 'layer'): Promise<void> {
  const config = Buffer.from(`{"of":"${content}"}`);
  const layer = Buffer.from(content);
  await pushLayer(ecr, repositoryName, config);
  await pushLayer(ecr, repositoryName, layer);
  await ecr.send(new PutImageCommand({ repositoryName, imageTag, imageManifest: manifestOf(config, layer) }));
}
