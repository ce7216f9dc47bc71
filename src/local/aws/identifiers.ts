import { randomBytes } from 'node:crypto';
import type { Account } from './account.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A unique id as IAM makes them, with its type's prefix: `AROA` role, `ANPA` policy, `AIPA` instance profile, `AIDA` user, `ASIA` temporary key. */
export function uniqueId(prefix: 'AROA' | 'ANPA' | 'AIPA' | 'AIDA' | 'ASIA'): string {
  return prefix + [...randomBytes(16)].map((byte) => BASE32[byte % 32]).join('');
}

/** ARN of a repository, of the account's own registry unless another one is given. */
export function repositoryArn(account: Account, name: string, registryId = account.id): string {
  return `arn:${account.partition.id}:ecr:${account.region}:${registryId}:repository/${name}`;
}

/** ARN of a role of the account; `path` begins and ends with `/`. */
export function roleArn(account: Account, path: string, name: string): string {
  return iamArn(account, `role${path}${name}`);
}

/** ARN of something of IAM, of the account unless another one is given. */
export function iamArn(account: Account, what: string, accountId = account.id): string {
  return `arn:${account.partition.id}:iam::${accountId}:${what}`;
}

/** ARN of a session of a role of the account. */
export function sessionArn(account: Account, roleName: string, sessionName: string): string {
  return `arn:${account.partition.id}:sts::${account.id}:assumed-role/${roleName}/${sessionName}`;
}

/** Host name of the account's registry. */
export function registryHost(account: Account): string {
  return `${account.id}.dkr.ecr.${account.region}.${account.partition.dnsSuffix}`;
}
