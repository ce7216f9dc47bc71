import type { GetSessionTokenRequest, GetSessionTokenResponse } from '@aws-sdk/client-sts';
import type { Call } from './account.ts';
import type { RootSession } from './entities.ts';
import { accessDenied } from './fault.ts';
import { keysAnswer, temporaryKeys } from './temporary-keys.ts';

/** Longest session of a root, and its default; one that is asked for longer is as long as this. */
const MAX_ROOT_SECONDS = 3600;

/**
 * Temporary credentials of the root that asks with its static key: they have its rights, but for IAM's calls. No session may ask for another.
 * A code of an MFA device is refused, because no root here has one.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export function getSessionToken({ account, caller }: Call, input: GetSessionTokenRequest): GetSessionTokenResponse {
  if (caller.kind !== 'root' || caller.session !== undefined)
    throw accessDenied('sts', 'Cannot call GetSessionToken with session credentials');
  const { DurationSeconds: seconds = MAX_ROOT_SECONDS, SerialNumber, TokenCode } = input;
  if (SerialNumber !== undefined || TokenCode !== undefined)
    throw accessDenied('sts', 'MultiFactorAuthentication failed: the caller has no MFA device');
  const session: RootSession = {
    ...temporaryKeys(account, Math.min(seconds, MAX_ROOT_SECONDS)),
    accountId: caller.accountId,
  };
  account.store.change({ kind: 'rootSession', id: session.accessKeyId, value: session });
  return { Credentials: keysAnswer(session) };
}
