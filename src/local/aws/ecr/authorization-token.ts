import { createHash, randomBytes } from 'node:crypto';
import type { GetAuthorizationTokenResponse } from '@aws-sdk/client-ecr';
import type { Account, Call, Caller } from '../account.ts';
import { accessKeyOf, callerOf, endOf } from '../authentication.ts';
import { registryHost } from '../identifiers.ts';

const LIFETIME_MS = 12 * 3_600_000;

/**
 * A token for a Docker client: the password of the user `AWS` at the registry. It remembers who asked, and lasts no longer than
 * the asker's session.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export function getAuthorizationToken({ account, caller }: Call): GetAuthorizationTokenResponse {
  // Of the characters that ECR's have: none that a command, which takes the password as an argument, reads as the beginning of an option.
  const secret = randomBytes(48).toString('base64');
  const now = account.now().getTime();
  const expiresAt = new Date(Math.min(now + LIFETIME_MS, endOf(caller)));
  dropExpired(account, now);
  const value = { accessKeyId: accessKeyOf(account, caller), expiresAt: expiresAt.toISOString() };
  account.store.change({ kind: 'registryToken', id: idOf(secret), value });
  return {
    authorizationData: [
      {
        authorizationToken: Buffer.from(`AWS:${secret}`).toString('base64'),
        expiresAt,
        proxyEndpoint: `https://${registryHost(account)}`,
      },
    ],
  };
}

/** Whose token this is, or why it is worth nothing. */
export function bearerOf(account: Account, secret: string): Caller | 'unknown' | 'expired' {
  const token = account.store.get('registryToken', idOf(secret));
  if (token === undefined) return 'unknown';
  if (Date.parse(token.expiresAt) <= account.now().getTime()) return 'expired';
  return callerOf(account, token.accessKeyId) ?? 'expired';
}

function idOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** An expired token is told apart from an unknown one for a day. */
function dropExpired(account: Account, now: number): void {
  const gone = account.store.ids('registryToken').filter((id) => {
    const token = account.store.get('registryToken', id);
    return token !== undefined && Date.parse(token.expiresAt) + 2 * LIFETIME_MS < now;
  });
  if (gone.length > 0) {
    account.store.change(...gone.map((id) => ({ kind: 'registryToken', id, value: null }) as const));
  }
}
