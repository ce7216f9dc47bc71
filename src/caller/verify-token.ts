import { createHash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { bearerToken } from './bearer.ts';
import type { Caller } from './caller.ts';
import { checkClaims, unknownClaims } from './claims.ts';
import type { VerifiedClaims } from './claims.ts';
import { issuerKeys } from './issuer-keys.ts';
import type { JwksFetch } from './issuer-keys.ts';
import { withoutUndefined } from '../lib/without-undefined.ts';
import { IssuerUnavailable } from './issuer-unavailable.ts';
import { quoted, TokenRefused } from './token-refused.ts';
import { checkTrustedIssuer } from './trusted-issuer.ts';
import { readUnverifiedToken } from './unverified-token.ts';
import { leastRecentlyUsed } from '../lib/least-recently-used.ts';

/** Whose tokens are accepted, and how narrowly. */
export interface TokenVerifierOptions {
  /**
   * The trusted issuers, compared exactly. GitHub's: `https://token.actions.githubusercontent.com`, the same with
   * `/<enterprise slug>`, `https://token.actions.SUBDOMAIN.ghe.com`, `https://HOST/_services/token`.
   */
  readonly issuers: readonly string[];
  /** The only audience that a token may have. */
  readonly audience: string;
  /** How far clocks may differ. Default 5 seconds. */
  readonly leewaySeconds?: number;
  /** The longest token that is looked at. Default 8192. */
  readonly maxTokenBytes?: number;
  /** How old a token may be, and how long it may be made to live. Default 900; GitHub's live 300 seconds. */
  readonly maxTokenAgeSeconds?: number;
  /** How the keys of an issuer are fetched. Default `fetch`. */
  readonly jwksFetch?: JwksFetch;
  /** How many verified tokens are remembered until they expire. Default 1000. */
  readonly rememberAtMost?: number;
  /** Whether plain-HTTP issuers on this machine's loopback are allowed: for the embedded issuer only. Default false. */
  readonly allowLoopbackIssuers?: boolean;
}

/** A token that was verified once, by its SHA-256. Its end is kept apart from the Caller, whose dates others could change. */
interface RememberedToken {
  readonly caller: Caller;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** From the `Authorization` header and the time to the Caller. Throws TokenRefused (401) or IssuerUnavailable (503). */
export type TokenVerifier = (authorizationHeader: string | undefined, now: Date) => Promise<Caller>;

/**
 * Makes the one function that turns a bearer token into a Caller: the token must be a GitHub Actions OIDC token of a
 * trusted issuer, for this audience alone, within its life, with every claim as the claim table wants it.
 * A verified token is remembered by its SHA-256, so that its next use costs no signature check.
 * @throws TypeError when the configuration is not one that could be trusted
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const settings = readSettings(options);
  const keysByIssuer = new Map(settings.issuers.map((issuer) => [issuer, issuerKeys(issuer, settings.jwksFetch)]));
  const remembered = leastRecentlyUsed<RememberedToken>(settings.rememberAtMost);

  return async (authorizationHeader, now) => {
    const seconds = wholeSeconds(now);
    const token = bearerToken(authorizationHeader, settings.maxTokenBytes);
    const tokenSha256 = createHash('sha256').update(token).digest('hex');

    // The only thing that can have changed since is the time. Past its end a token is looked at as if it were new.
    const known = remembered.get(tokenSha256);
    if (known !== undefined && seconds < known.expiresAt) return known.caller;

    const unverified = readUnverifiedToken(token);
    const keys = unverified.issuer === undefined ? undefined : keysByIssuer.get(unverified.issuer);
    if (unverified.issuer === undefined || keys === undefined) {
      throw new TokenRefused(
        'unknown-issuer',
        `The token's issuer is not trusted here; trusted: ${settings.issuers.join(', ')}.`,
      );
    }
    await verifySignature(token, keys, unverified.issuer, now, settings);
    const claims = checkClaims(unverified.payload);
    if (claims.exp - claims.iat > settings.maxTokenAgeSeconds) throw livesTooLong(settings.maxTokenAgeSeconds);

    const caller = callerOf(claims, tokenSha256, unknownClaims(unverified.payload));
    remembered.set(tokenSha256, { caller, expiresAt: claims.exp });
    return caller;
  };
}

type Settings = Required<Omit<TokenVerifierOptions, 'allowLoopbackIssuers'>>;

function readSettings(options: TokenVerifierOptions): Settings {
  for (const issuer of options.issuers) checkTrustedIssuer(issuer, options.allowLoopbackIssuers ?? false);
  if (options.issuers.length === 0) throw new TypeError('At least one trusted issuer is needed.');
  if (options.audience === '') throw new TypeError('The audience must not be empty.');
  return {
    issuers: options.issuers,
    audience: options.audience,
    leewaySeconds: amount('leewaySeconds', options.leewaySeconds ?? 5, 60),
    maxTokenBytes: amount('maxTokenBytes', options.maxTokenBytes ?? 8192, 65_536),
    maxTokenAgeSeconds: amount('maxTokenAgeSeconds', options.maxTokenAgeSeconds ?? 900, 86_400),
    rememberAtMost: amount('rememberAtMost', options.rememberAtMost ?? 1000, 1_000_000),
    jwksFetch: options.jwksFetch ?? fetch,
  };
}

function amount(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new TypeError(`${name} must be a whole number from 0 to ${max}.`);
}

function wholeSeconds(now: Date): number {
  const seconds = Math.floor(now.getTime() / 1000);
  // Every comparison with NaN is false, so a broken clock would accept what has expired.
  if (Number.isNaN(seconds)) throw new TypeError('The time must be a valid date.');
  return seconds;
}

/** Signature, issuer, audience and times, by jose. The payload that it verified is the one that was read before. */
async function verifySignature(
  token: string,
  keys: JWTVerifyGetKey,
  issuer: string,
  now: Date,
  { audience, leewaySeconds, maxTokenAgeSeconds }: Settings,
): Promise<void> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      typ: 'JWT',
      issuer,
      audience,
      clockTolerance: leewaySeconds,
      currentDate: now,
      maxTokenAge: maxTokenAgeSeconds,
    });
    // jose is content when ours is one audience among others; whoever those are could replay the token here.
    if ([payload.aud].flat().length !== 1) throw wrongAudience(audience, payload.aud);
  } catch (error) {
    throw refusalOf(error, issuer, audience, leewaySeconds);
  }
}

function refusalOf(error: unknown, issuer: string, audience: string, leewaySeconds: number): Error {
  if (error instanceof TokenRefused || error instanceof IssuerUnavailable) return error;
  if (error instanceof errors.JWTExpired) {
    return new TokenRefused('expired', "The token has expired; GitHub's tokens live 5 minutes, so request a new one.");
  }
  if (error instanceof errors.JWTClaimValidationFailed) return refusalOfClaim(error, audience, leewaySeconds);
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new TokenRefused('bad-signature', "The token's signature is not that of the issuer.");
  }
  if (error instanceof errors.JOSEError) {
    return new TokenRefused('malformed-token', 'The token is not a JWT as RFC 7519 has it.');
  }
  // Not the token's fault: a published key that can't be used.
  return new IssuerUnavailable(issuer, error);
}

function refusalOfClaim(
  { claim, reason, payload }: errors.JWTClaimValidationFailed,
  audience: string,
  leewaySeconds: number,
): TokenRefused {
  if (reason === 'missing') {
    return new TokenRefused('missing-claim', `The token must have the claim ${claim}; GitHub Actions tokens do.`);
  }
  if (claim === 'aud') return wrongAudience(audience, payload.aud);
  if (reason === 'check_failed' && (claim === 'nbf' || claim === 'iat')) {
    return new TokenRefused(
      'not-yet-valid',
      `The token's ${claim} is more than ${leewaySeconds} seconds in the future; check the clock of its issuer.`,
    );
  }
  return new TokenRefused('invalid-claim', `The token's claim ${claim} is not valid.`);
}

function wrongAudience(audience: string, found: unknown): TokenRefused {
  return new TokenRefused(
    'wrong-audience',
    `The token's only audience must be ${quoted(audience)}, not ${quoted(found)}; append "&audience=${encodeURIComponent(audience)}" to $ACTIONS_ID_TOKEN_REQUEST_URL.`,
  );
}

function livesTooLong(maxTokenAgeSeconds: number): TokenRefused {
  return new TokenRefused('lifetime-too-long', `The token must not live longer than ${maxTokenAgeSeconds} seconds.`);
}

/** The one place where a Caller comes into being. */
function callerOf(claims: VerifiedClaims, tokenSha256: string, unknown: readonly string[]): Caller {
  const fields = {
    issuer: claims.iss,
    subject: claims.sub,
    repository: claims.repository,
    repositoryId: claims.repository_id,
    repositoryOwner: claims.repository_owner,
    repositoryOwnerId: claims.repository_owner_id,
    ref: claims.ref,
    refType: claims.ref_type,
    environment: claims.environment,
    eventName: claims.event_name,
    workflow: claims.workflow,
    workflowRef: claims.workflow_ref,
    jobWorkflowRef: claims.job_workflow_ref,
    runId: claims.run_id,
    runAttempt: claims.run_attempt,
    sha: claims.sha,
    actor: claims.actor,
    actorId: claims.actor_id,
    repositoryVisibility: claims.repository_visibility,
    enterpriseId: claims.enterprise_id,
    jti: claims.jti,
    tokenSha256,
    issuedAt: new Date(claims.iat * 1000),
    expiresAt: new Date(claims.exp * 1000),
    unknownClaims: Object.freeze([...unknown]),
  };
  return Object.freeze(withoutUndefined(fields)) as Caller;
}
