import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Job } from '../../src/local/github/job.ts';
import type { Service } from './service.ts';

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Credentials of the embedded registry's own account. */
const OWNER: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Credentials of another AWS account, such as one that runs an EKS cluster. */
export function accountCredentials(accountId: string): Credentials {
  return { accessKeyId: `account-${accountId}`, secretAccessKey: 'local' };
}

/** The hands of those who use the embedded AWS itself, with the real SDK; no call is repeated. */
export function awsHands({ embedded }: Pick<Service, 'embedded'>) {
  const common = { endpoint: embedded.aws.endpoint, region: embedded.config.aws.region, maxAttempts: 1 };
  return {
    ecr: (credentials: Credentials = OWNER) => new ECRClient({ ...common, credentials }),
    iam: (credentials: Credentials = OWNER) => new IAMClient({ ...common, credentials }),
    sts: (credentials: Credentials = OWNER) => new STSClient({ ...common, credentials }),
  };
}

/** A token for AWS's STS, as the workflow of a grant asks GitHub for one. */
export function stsToken({ embedded }: Pick<Service, 'embedded'>, job: Job): Promise<string> {
  return embedded.issuer.mintToken({ ...job, audience: embedded.config.aws.stsAudience });
}

/** Assumes a push role with a token, as `aws-actions/configure-aws-credentials` does. */
export async function assumeRole(
  service: Pick<Service, 'embedded'>,
  roleArn: string,
  token: string,
): Promise<Credentials> {
  const { Credentials } = await awsHands(service)
    .sts()
    .send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn, RoleSessionName: 'run-1', WebIdentityToken: token }),
    );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

/** Pulls an image's manifest as an account. */
export async function pullImage(
  service: Pick<Service, 'embedded'>,
  accountId: string,
  repositoryName: string,
  imageTag: string,
): Promise<string> {
  const registryId = service.embedded.config.aws.accountId;
  const { images } = await awsHands(service)
    .ecr(accountCredentials(accountId))
    .send(new BatchGetImageCommand({ registryId, repositoryName, imageIds: [{ imageTag }] }));
  return images?.[0]?.imageManifest ?? '';
}
