import { randomBytes } from 'node:crypto';
import type { Account } from './account.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A unique id as IAM makes them, with its type's prefix: `AROA` role, `ANPA` policy, `ASIA` temporary key. */
export function uniqueId(prefix: 'AROA' | 'ANPA' | 'ASIA'): string {
  return prefix + [...randomBytes(16)].map((byte) => BASE32[byte % 32]).join('');
}

/** ARN of a repository, of the account's own registry unless another one is given. */
export function repositoryArn(account: Account, name: string, registryId = account.id): string {
  return `arn:aws:ecr:${account.region}:${registryId}:repository/${name}`;
}

/** ARN of a role of the account; `path` begins and ends with `/`. */
export function roleArn(account: Account, path: string, name: string): string {
  return `arn:aws:iam::${account.id}:role${path}${name}`;
}
