import { randomBytes } from 'node:crypto';
import type { Credentials } from '@aws-sdk/client-sts';
import type { Account } from './account.ts';
import type { TemporaryKeys } from './entities.ts';
import { uniqueId } from './identifiers.ts';

/** Fresh credentials that are valid from now on, for so many seconds. */
export function temporaryKeys(account: Account, seconds: number): TemporaryKeys {
  const issuedAt = account.now();
  return {
    accessKeyId: uniqueId('ASIA'),
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(96).toString('base64'),
    issuedAt: issuedAt.toISOString(),
    expiresAt: new Date(issuedAt.getTime() + seconds * 1000).toISOString(),
  };
}

/** Temporary credentials as STS hands them out. */
export function keysAnswer(keys: TemporaryKeys): Credentials {
  return {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    SessionToken: keys.sessionToken,
    Expiration: new Date(keys.expiresAt),
  };
}
