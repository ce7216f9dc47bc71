import { randomBytes } from 'node:crypto';
import type { GetAuthorizationTokenResponse } from '@aws-sdk/client-ecr';
import type { Call } from '../account.ts';
import { registryHost } from '../identifiers.ts';

const LIFETIME_MS = 12 * 3_600_000;

/** A token for a Docker client. There is no Docker registry here to use it with. */
export function getAuthorizationToken({ account }: Call): GetAuthorizationTokenResponse {
  return {
    authorizationData: [
      {
        authorizationToken: Buffer.from(`AWS:${randomBytes(48).toString('base64')}`).toString('base64'),
        expiresAt: new Date(account.now().getTime() + LIFETIME_MS),
        proxyEndpoint: `https://${registryHost(account)}`,
      },
    ],
  };
}
