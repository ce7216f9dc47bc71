import { timingSafeEqual } from 'node:crypto';
import type { Account, Caller } from './account.ts';
import { AwsFault } from './fault.ts';
import type { ServiceName } from './actions.ts';
import { parseAuthorization, signatureHolds } from './signature.ts';
import type { Authorization, SignedRequest } from './signature.ts';

/** Who signed a request; throws the refusal of the protocol for a signature that does not hold. */
export async function authenticate(account: Account, service: ServiceName, request: SignedRequest): Promise<Caller> {
  const header = request.headers['authorization'];
  if (header === undefined) throw refusal(service, 'missing');
  const authorization = parseAuthorization(header);
  if (authorization === undefined) throw refusal(service, 'incomplete');
  const misplaced = scopeFault(account, service, authorization);
  if (misplaced !== undefined) throw refusal(service, 'signature', misplaced);
  const key = findKey(account, authorization.accessKeyId);
  if (key === undefined || !sameText(key.sessionToken ?? '', request.headers['x-amz-security-token'] ?? '')) {
    throw refusal(service, 'unknown');
  }
  if (!(await signatureHolds(request, authorization, key.secretAccessKey))) throw refusal(service, 'signature');
  if (isOver(account, key.caller)) throw refusal(service, 'expired');
  // To IAM a root's session is nobody: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
  if (service === 'iam' && key.caller.kind === 'root' && key.caller.session !== undefined)
    throw refusal(service, 'unknown');
  return key.caller;
}

/** The caller whose access key this is, whoever vouches for that; `undefined` for a key that is gone or whose session is over. */
export function callerOf(account: Account, accessKeyId: string): Caller | undefined {
  const caller = findKey(account, accessKeyId)?.caller;
  return caller === undefined || isOver(account, caller) ? undefined : caller;
}

/** The access key that a caller signs with. */
export function accessKeyOf(account: Account, caller: Caller): string {
  if (caller.kind === 'unsigned') throw new Error('Nobody signed: there is no access key');
  if (caller.session !== undefined) return caller.session.accessKeyId;
  return caller.accountId === account.id ? 'local' : `account-${caller.accountId}`;
}

/** When a caller's credentials end, in milliseconds: never, for a static key. */
export function endOf(caller: Caller): number {
  const session = caller.kind === 'unsigned' ? undefined : caller.session;
  return session === undefined ? Number.POSITIVE_INFINITY : Date.parse(session.expiresAt);
}

function isOver(account: Account, caller: Caller): boolean {
  return endOf(caller) <= account.now().getTime();
}

/** A signature for another service or region is worth nothing here; those of a whole partition have a region of their own. */
function scopeFault({ region, partition }: Account, service: ServiceName, scope: Authorization): string | undefined {
  if (scope.service !== service) return `Credential should be scoped to correct service: '${service}'.`;
  const regions = service === 'ecr' ? [region] : [region, partition.globalRegion];
  return regions.includes(scope.region)
    ? undefined
    : `Credential should be scoped to a valid region, not '${scope.region}'.`;
}

interface Key {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly caller: Caller;
}

/**
 * The static keys are `local` (root of the account) and `account-<12 digits>` (root of that account), each with the secret
 * `local`; all others are sessions, of a root or of a role.
 */
function findKey(account: Account, accessKeyId: string): Key | undefined {
  const rootSession = account.store.get('rootSession', accessKeyId);
  const accountId =
    accessKeyId === 'local' ? account.id : (rootSession?.accountId ?? /^account-(\d{12})$/.exec(accessKeyId)?.[1]);
  if (accountId === undefined) return roleKey(account, accessKeyId);
  if (!account.accountExists(accountId)) return undefined;
  if (rootSession === undefined) return { secretAccessKey: 'local', caller: { kind: 'root', accountId } };
  const { secretAccessKey, sessionToken } = rootSession;
  return { secretAccessKey, sessionToken, caller: { kind: 'root', accountId, session: rootSession } };
}

function roleKey(account: Account, accessKeyId: string): Key | undefined {
  const session = account.store.get('session', accessKeyId);
  const role = session && account.store.get('role', session.roleName.toLowerCase());
  // A role re-created under the name of one that was deleted is another role.
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

function refusal(service: ServiceName, why: Refusal, detail?: string): AwsFault {
  const { json, query, message } = REFUSALS[why];
  const text = detail ?? message;
  return service === 'ecr' ? new AwsFault(json, 400, text) : new AwsFault(query, 403, text);
}
