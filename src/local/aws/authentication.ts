import { timingSafeEqual } from 'node:crypto';
import type { Account, Caller } from './account.ts';
import { AwsFault } from './fault.ts';
import type { ServiceName } from './operations.ts';
import { parseAuthorization, signatureHolds } from './signature.ts';
import type { SignedRequest } from './signature.ts';

/** Who signed a request; throws the refusal of the protocol for a signature that does not hold. */
export async function authenticate(account: Account, service: ServiceName, request: SignedRequest): Promise<Caller> {
  const header = request.headers['authorization'];
  if (header === undefined) throw refusal(service, 'missing');
  const authorization = parseAuthorization(header);
  if (authorization === undefined) throw refusal(service, 'incomplete');
  const key = findKey(account, authorization.accessKeyId);
  if (key === undefined || !sameText(key.sessionToken ?? '', request.headers['x-amz-security-token'] ?? '')) {
    throw refusal(service, 'unknown');
  }
  const holds =
    authorization.service === service && (await signatureHolds(request, authorization, key.secretAccessKey));
  if (!holds) throw refusal(service, 'signature');
  if (key.caller.kind === 'session' && Date.parse(key.caller.session.expiresAt) <= account.now().getTime()) {
    throw refusal(service, 'expired');
  }
  return key.caller;
}

interface Key {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly caller: Caller;
}

/**
 * The static keys are `local` (root of the account) and `account-<12 digits>` (root of that account), each with the secret
 * `local`; all others are sessions.
 */
function findKey(account: Account, accessKeyId: string): Key | undefined {
  const accountId = accessKeyId === 'local' ? account.id : /^account-(\d{12})$/.exec(accessKeyId)?.[1];
  if (accountId !== undefined) {
    if (!account.accountExists(accountId)) return undefined;
    return { secretAccessKey: 'local', caller: { kind: 'root', accountId } };
  }
  const session = account.store.get('session', accessKeyId);
  const role = session && account.store.get('role', session.roleName.toLowerCase());
  // A role made anew under the name of one that was deleted is another role.
  if (session === undefined || role?.id !== session.roleId) return undefined;
  const { secretAccessKey, sessionToken } = session;
  return { secretAccessKey, sessionToken, caller: { kind: 'session', accountId: account.id, session, role } };
}

function sameText(expected: string, given: string): boolean {
  return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

type Refusal = 'missing' | 'incomplete' | 'unknown' | 'signature' | 'expired';

const REFUSALS: Readonly<Record<Refusal, { readonly json: string; readonly query: string; readonly message: string }>> =
  {
    missing: {
      json: 'MissingAuthenticationTokenException',
      query: 'MissingAuthenticationToken',
      message: 'Missing Authentication Token',
    },
    incomplete: {
      json: 'IncompleteSignatureException',
      query: 'IncompleteSignature',
      message: 'The Authorization header is not a Signature Version 4 header',
    },
    unknown: {
      json: 'UnrecognizedClientException',
      query: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
    },
    signature: {
      json: 'InvalidSignatureException',
      query: 'SignatureDoesNotMatch',
      message:
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    },
    expired: {
      json: 'ExpiredTokenException',
      query: 'ExpiredToken',
      message: 'The security token included in the request is expired',
    },
  };

function refusal(service: ServiceName, why: Refusal): AwsFault {
  const { json, query, message } = REFUSALS[why];
  return service === 'ecr' ? new AwsFault(json, 400, message) : new AwsFault(query, 403, message);
}
