import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { ConditionContext } from '../../policy/evaluate.ts';
import type { Account } from './account.ts';
import type { Provider } from './entities.ts';
import { stsFault } from './fault.ts';
import { providerArn } from './iam/providers.ts';

/** A web identity token that was verified against its provider. */
export interface WebIdentity {
  readonly provider: Provider;
  readonly subject: string;
  readonly audience: string;
  readonly claims: JWTPayload;
}

/** GitHub's claims that STS makes condition keys of, besides `aud` and `sub`. */
const MAPPED_CLAIMS = [
  'actor',
  'actor_id',
  'enterprise_id',
  'environment',
  'job_workflow_ref',
  'ref',
  'repository',
  'repository_id',
  'workflow',
] as const;

/** Verifies a token as STS does: its issuer is a provider of the account, its audience one of the provider's client ids. */
export async function verifyWebIdentity(account: Account, token: string): Promise<WebIdentity> {
  const issuer = issuerOf(token);
  const provider = account.store.get(
    'provider',
    providerArn(account, issuer.replace(/^https:\/\//, '').replace(/\/$/, '')),
  );
  if (provider === undefined || !issuer.startsWith('https://')) {
    throw stsFault('InvalidIdentityTokenException', `No OpenIDConnect provider found in your account for ${issuer}`);
  }
  const keys = await account.issuerKeys(issuer).catch(() => {
    throw stsFault('IDPCommunicationErrorException', `Couldn't retrieve verification key from your identity provider`);
  });
  const claims = await verified(token, issuer, keys, account.now());
  const { sub } = claims;
  const audience = [claims.aud ?? []].flat().find((aud) => provider.clientIds.includes(aud));
  if (audience === undefined) throw stsFault('InvalidIdentityTokenException', 'Incorrect token audience');
  if (typeof sub !== 'string' || sub === '') {
    throw stsFault('InvalidIdentityTokenException', 'The ID Token provided has no subject');
  }
  return { provider, subject: sub, audience, claims };
}

/** The condition keys of a token, named after its issuer: `token.actions.githubusercontent.com:sub` and so on. */
export function webIdentityContext({ provider, subject, audience, claims }: WebIdentity): ConditionContext {
  const context: Record<string, string> = { [`${provider.issuer}:aud`]: audience, [`${provider.issuer}:sub`]: subject };
  for (const claim of MAPPED_CLAIMS) {
    const value = claims[claim];
    if (typeof value === 'string') context[`${provider.issuer}:${claim}`] = value;
  }
  return context;
}

function issuerOf(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string') return iss;
  } catch {
    // Falls through: not a token.
  }
  throw stsFault('InvalidIdentityTokenException', 'The ID Token provided is not a valid JWT.');
}

async function verified(
  token: string,
  issuer: string,
  keys: Parameters<typeof createLocalJWKSet>[0],
  currentDate: Date,
): Promise<JWTPayload> {
  try {
    const options = { issuer, algorithms: ['RS256'], requiredClaims: ['aud', 'exp', 'iat', 'sub'], currentDate };
    return (await jwtVerify(token, createLocalJWKSet(keys), options)).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw stsFault(
        'ExpiredTokenException',
        'Token expired: current date/time must be before the expiration date/time',
      );
    }
    throw stsFault('InvalidIdentityTokenException', "Couldn't verify the ID Token provided: " + reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof errors.JOSEError ? error.message : 'it does not read';
}
