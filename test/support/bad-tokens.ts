import { createHmac, constants, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import type { TokenRefusedReason } from '../../src/caller/token-refused.ts';
import type { LocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import { claimsOf } from '../../src/local/github/job.ts';

/** What a bad token is made from: the trusted issuer, its clock, and the audience that the service wants. */
export interface World {
  readonly issuer: LocalGitHubIssuer;
  readonly now: Date;
  readonly audience: string;
}

/** One `Authorization` header that must be refused. */
export interface BadToken {
  readonly name: string;
  readonly reason: TokenRefusedReason;
  /** The value of the header, or undefined for a request without one. */
  readonly authorization: (world: World) => Promise<string | undefined>;
  /** Whether an HTTP client can send the header as it is; the others reach the verifier only as a function call. */
  readonly overHttp: boolean;
}

type Claims = Record<string, unknown>;
type Header = Record<string, unknown>;

const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ellipticKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The claims of a good token of this world: each bad one differs in what its name says and in nothing else. */
export function goodClaims({ issuer, now, audience }: World): Claims {
  const job = { repository: 'JPPOL-KOA/GiftCardService', ownerId: '31241423', repositoryId: '612345678' };
  return claimsOf(job, { issuer: issuer.issuer, audience, now, jti: randomUUID() });
}

/** The header of a good token. */
export function goodHeader({ issuer }: World): Header {
  return { typ: 'JWT', alg: 'RS256', x5t: issuer.signingKey.x5t, kid: issuer.signingKey.kid };
}

/** A compact JWS over exactly these texts, signed with RS256 by whoever holds the key. */
export function signTexts(header: string, payload: string | Buffer, key: KeyObject): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function base64url(data: string | Buffer): string {
  return Buffer.from(data).toString('base64url');
}

function bearer(name: string, reason: TokenRefusedReason, token: (world: World) => string | Promise<string>): BadToken {
  return { name, reason, authorization: async (world) => `Bearer ${await token(world)}`, overHttp: true };
}

/** Signed by the issuer itself, with claims that it would never make. */
function claims(name: string, reason: TokenRefusedReason, change: (good: Claims, world: World) => Claims): BadToken {
  return bearer(name, reason, (world) => {
    const changed = { ...goodClaims(world), ...change(goodClaims(world), world) };
    return signTexts(JSON.stringify(goodHeader(world)), JSON.stringify(changed), world.issuer.signingKey.privateKey);
  });
}

/** Signed by the issuer itself, with a header that it would never make. */
function header(name: string, reason: TokenRefusedReason, change: (good: Header, world: World) => Header): BadToken {
  return bearer(name, reason, (world) => {
    const changed = { ...goodHeader(world), ...change(goodHeader(world), world) };
    const payload = JSON.stringify(goodClaims(world));
    return signTexts(JSON.stringify(changed), payload, world.issuer.signingKey.privateKey);
  });
}

/** Signed over a header and payload that are given as text. */
function texts(
  name: string,
  make: (header: string, payload: string, world: World) => [string, string | Buffer],
): BadToken {
  return bearer(name, 'malformed-token', (world) => {
    const [h, p] = make(JSON.stringify(goodHeader(world)), JSON.stringify(goodClaims(world)), world);
    return signTexts(h, p, world.issuer.signingKey.privateKey);
  });
}

/** A good token whose header line is spoilt. */
function headerLine(
  name: string,
  reason: TokenRefusedReason,
  line: (token: string) => string | undefined,
  overHttp = true,
): BadToken {
  return { name, reason, authorization: async (world) => line(goodToken(world)), overHttp };
}

/** A good token of this world, made without asking the issuer. */
export function goodToken(world: World): string {
  return signTexts(
    JSON.stringify(goodHeader(world)),
    JSON.stringify(goodClaims(world)),
    world.issuer.signingKey.privateKey,
  );
}

function unsigned(alg: string): (world: World) => string {
  return (world) =>
    `${base64url(JSON.stringify({ ...goodHeader(world), alg }))}.${base64url(JSON.stringify(goodClaims(world)))}.`;
}

function hmacWith(format: 'spki' | 'pkcs1' | 'jwk'): (world: World) => string {
  return (world) => {
    const { publicKey } = world.issuer.signingKey;
    const secret =
      format === 'jwk'
        ? JSON.stringify(world.issuer.jwks().keys[0])
        : publicKey.export({ type: format, format: 'pem' }).toString();
    const input = `${base64url(JSON.stringify({ ...goodHeader(world), alg: 'HS256' }))}.${base64url(JSON.stringify(goodClaims(world)))}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
}

function signedAs(alg: string, signature: (input: Buffer, world: World) => Buffer): (world: World) => string {
  return (world) => {
    const input = `${base64url(JSON.stringify({ ...goodHeader(world), alg }))}.${base64url(JSON.stringify(goodClaims(world)))}`;
    return `${input}.${signature(Buffer.from(input), world).toString('base64url')}`;
  };
}

/** The last character of the payload segment, or of the signature, replaced by another spelling of the same bytes. */
function respelt(token: string): string {
  const last = token.at(-1) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const index = alphabet.indexOf(last);
  return token.slice(0, -1) + alphabet[index + 1];
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

const otherJwk = { ...otherKey.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'mine' };

const algorithms: readonly BadToken[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none '].map((alg) =>
    bearer(`alg ${JSON.stringify(alg)} without a signature`, 'malformed-token', unsigned(alg)),
  ),
  bearer('alg none with a signature', 'wrong-algorithm', (world) => `${unsigned('none')(world)}AAAA`),
  header('alg none over a real signature', 'wrong-algorithm', () => ({ alg: 'none' })),
  header('alg missing', 'wrong-algorithm', () => ({ alg: undefined })),
  header('alg as a list', 'wrong-algorithm', () => ({ alg: ['RS256'] })),
  header('alg rs256 in lower case', 'wrong-algorithm', () => ({ alg: 'rs256' })),
  bearer('HS256 with the public key (SPKI) as secret', 'wrong-algorithm', hmacWith('spki')),
  bearer('HS256 with the public key (PKCS #1) as secret', 'wrong-algorithm', hmacWith('pkcs1')),
  bearer('HS256 with the published JWK as secret', 'wrong-algorithm', hmacWith('jwk')),
  bearer(
    'RS384 by the right key',
    'wrong-algorithm',
    signedAs('RS384', (input, { issuer }) => sign('sha384', input, issuer.signingKey.privateKey)),
  ),
  bearer(
    'PS256 by the right key',
    'wrong-algorithm',
    signedAs('PS256', (input, { issuer }) =>
      sign('sha256', input, {
        key: issuer.signingKey.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      }),
    ),
  ),
  bearer(
    'ES256',
    'wrong-algorithm',
    signedAs('ES256', (input) => sign('sha256', input, { key: ellipticKey.privateKey, dsaEncoding: 'ieee-p1363' })),
  ),
  bearer(
    'RS256 in the header, RS384 in the signature',
    'bad-signature',
    signedAs('RS256', (input, { issuer }) => sign('sha384', input, issuer.signingKey.privateKey)),
  ),
  bearer(
    'RS256 in the header, PS256 in the signature',
    'bad-signature',
    signedAs('RS256', (input, { issuer }) =>
      sign('sha256', input, {
        key: issuer.signingKey.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      }),
    ),
  ),
];

const keys: readonly BadToken[] = [
  bearer('signed by another key', 'bad-signature', (world) =>
    signTexts(JSON.stringify(goodHeader(world)), JSON.stringify(goodClaims(world)), otherKey.privateKey),
  ),
  bearer(
    'a signature of zeros',
    'bad-signature',
    (world) => `${goodToken(world).split('.').slice(0, 2).join('.')}.${base64url(Buffer.alloc(256))}`,
  ),
  bearer(
    "another token's signature",
    'bad-signature',
    (world) => `${goodToken(world).split('.').slice(0, 2).join('.')}.${goodToken(world).split('.')[2]}`,
  ),
  header('kid of no key', 'unknown-key', () => ({ kid: 'no-such-key' })),
  header('kid that is a path', 'unknown-key', () => ({ kid: '../../../dev/null' })),
  header('kid __proto__', 'unknown-key', () => ({ kid: '__proto__' })),
  header('kid missing', 'missing-key-id', () => ({ kid: undefined })),
  header('kid empty', 'missing-key-id', () => ({ kid: '' })),
  header('kid a number', 'missing-key-id', () => ({ kid: 1 })),
  header('kid of 300 characters', 'missing-key-id', () => ({ kid: 'k'.repeat(300) })),
  header('jku', 'forbidden-header', () => ({ jku: 'http://127.0.0.1:1/keys' })),
  header('x5u', 'forbidden-header', () => ({ x5u: 'http://127.0.0.1:1/keys' })),
  bearer('jwk that verifies it', 'forbidden-header', (world) =>
    signTexts(
      JSON.stringify({ ...goodHeader(world), kid: 'mine', jwk: otherJwk }),
      JSON.stringify(goodClaims(world)),
      otherKey.privateKey,
    ),
  ),
  header('x5c', 'forbidden-header', () => ({ x5c: ['MIIB'] })),
  header('crit of something unknown', 'forbidden-header', () => ({ crit: ['exp'], exp: 1 })),
  header('crit empty', 'forbidden-header', () => ({ crit: [] })),
  header('b64 false', 'forbidden-header', () => ({ b64: false, crit: ['b64'] })),
  header('b64 false without crit', 'forbidden-header', () => ({ b64: false })),
  header('zip', 'forbidden-header', () => ({ zip: 'DEF' })),
  header('cty JWT', 'forbidden-header', () => ({ cty: 'JWT' })),
  header('typ of an access token', 'forbidden-header', () => ({ typ: 'at+jwt' })),
  header('typ missing', 'forbidden-header', () => ({ typ: undefined })),
];

const forms: readonly BadToken[] = [
  bearer('one segment', 'malformed-token', () => 'abcdef'),
  bearer('two segments', 'malformed-token', (world) => goodToken(world).split('.').slice(0, 2).join('.')),
  bearer('four segments', 'malformed-token', (world) => `${goodToken(world)}.AAAA`),
  bearer('an empty fourth segment', 'malformed-token', (world) => `${goodToken(world)}.`),
  bearer('a hundred segments', 'malformed-token', () => 'a.'.repeat(100)),
  bearer('only dots', 'malformed-token', () => '..'),
  bearer('an empty signature', 'malformed-token', (world) => `${goodToken(world).split('.').slice(0, 2).join('.')}.`),
  bearer(
    'an empty payload',
    'malformed-token',
    (world) => `${goodToken(world).split('.')[0]}..${goodToken(world).split('.')[2]}`,
  ),
  bearer('a JWE', 'malformed-token', ({ issuer }) =>
    new CompactEncrypt(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(issuer.signingKey.publicKey),
  ),
  bearer('base64url of an impossible length', 'malformed-token', (world) => `A${goodToken(world)}`),
  bearer('a second spelling of the same signature', 'malformed-token', (world) => respelt(goodToken(world))),
  headerLine('plain base64 with padding', 'malformed-header', (token) => `Bearer ${token}==`),
  texts('a payload that is not JSON', (h) => [h, 'iss=github']),
  texts('a header that is not JSON', (_, p) => ['alg=RS256', p]),
  texts('a payload that is a list', (h, p) => [h, `[${p}]`]),
  texts('a payload that is an empty list', (h) => [h, '[]']),
  texts('a payload that is null', (h) => [h, 'null']),
  texts('a payload that is a JWT again', (h, p, world) => [h, signTexts(h, p, world.issuer.signingKey.privateKey)]),
  texts('a payload after a byte order mark', (h, p) => [h, `\ufeff${p}`]),
  texts('a payload with bytes that are not UTF-8', (h, p) => [
    h,
    Buffer.concat([Buffer.from(`${p.slice(0, -1)},"x":"`), Buffer.from([0xff]), Buffer.from('"}')]),
  ]),
  texts('a payload with something behind it', (h, p) => [h, `${p}{}`]),
  texts('repository_id twice', (h, p) => [h, p.replace('{', '{"repository_id":"1",')]),
  texts('repository_id twice, once escaped', (h, p) => [h, p.replace('{', String.raw`{"repository_i\u0064":"1",`)]),
  texts('aud twice', (h, p) => [h, p.replace('{', '{"aud":"sts.amazonaws.com",')]),
  texts('alg twice', (h, p) => [h.replace('{', '{"alg":"none",'), p]),
  texts('a payload nested a thousand deep', (h) => [h, '['.repeat(1000) + ']'.repeat(1000)]),
  claims('8 kB of claims', 'too-large', () => ({ workflow: 'w'.repeat(8_000) })),
  { ...bearer('a megabyte of A', 'too-large', () => 'A'.repeat(1_000_000)), overHttp: false },
];

const issuers: readonly BadToken[] = [
  claims('iss missing', 'unknown-issuer', () => ({ iss: undefined })),
  claims('iss empty', 'unknown-issuer', () => ({ iss: '' })),
  claims('iss a list with the right one', 'unknown-issuer', ({ iss }) => ({ iss: [iss] })),
  claims('iss null', 'unknown-issuer', () => ({ iss: null })),
  claims('iss with a trailing slash', 'unknown-issuer', ({ iss }) => ({ iss: `${String(iss)}/` })),
  claims('iss in upper case', 'unknown-issuer', ({ iss }) => ({ iss: String(iss).toUpperCase() })),
  claims('iss with a path', 'unknown-issuer', ({ iss }) => ({ iss: `${String(iss)}/acme` })),
  claims('iss with a dot at the end of the host', 'unknown-issuer', ({ iss }) => ({
    iss: String(iss).replace(/:\/\/[^:/]+/, '$&.'),
  })),
  claims('iss with a user', 'unknown-issuer', ({ iss }) => ({ iss: String(iss).replace('//', '//x@') })),
  claims('iss as the user of another host', 'unknown-issuer', ({ iss }) => ({ iss: `${String(iss)}@127.0.0.1:1` })),
  claims('iss with another port', 'unknown-issuer', () => ({ iss: 'http://127.0.0.1:1' })),
  claims('iss with a query', 'unknown-issuer', ({ iss }) => ({ iss: `${String(iss)}?x` })),
  claims('iss with a space', 'unknown-issuer', ({ iss }) => ({ iss: `${String(iss)} ` })),
  claims('iss a look-alike', 'unknown-issuer', () => ({
    iss: 'https://token.actions.githubusercontent.com.evil.example',
  })),
  claims('iss GitLab', 'unknown-issuer', () => ({ iss: 'https://gitlab.com' })),
  claims('iss __proto__', 'unknown-issuer', () => ({ iss: '__proto__' })),
];

const audiences: readonly BadToken[] = [
  claims('aud missing', 'missing-claim', () => ({ aud: undefined })),
  claims('aud of AWS', 'wrong-audience', () => ({ aud: 'sts.amazonaws.com' })),
  claims("aud GitHub's default", 'wrong-audience', () => ({ aud: 'https://github.com/JPPOL-KOA' })),
  claims('aud in a list with another', 'wrong-audience', ({ aud }) => ({ aud: [aud, 'sts.amazonaws.com'] })),
  claims('aud twice in a list', 'wrong-audience', ({ aud }) => ({ aud: [aud, aud] })),
  claims('aud a list of one other', 'wrong-audience', () => ({ aud: ['sts.amazonaws.com'] })),
  claims('aud an empty list', 'wrong-audience', () => ({ aud: [] })),
  claims('aud a list in a list', 'wrong-audience', ({ aud }) => ({ aud: [[aud]] })),
  claims('aud in upper case', 'wrong-audience', ({ aud }) => ({ aud: String(aud).toUpperCase() })),
  claims('aud with a space', 'wrong-audience', ({ aud }) => ({ aud: `${String(aud)} ` })),
  claims('aud two in one string', 'wrong-audience', ({ aud }) => ({ aud: `${String(aud)},sts.amazonaws.com` })),
  claims('aud empty', 'wrong-audience', () => ({ aud: '' })),
  claims('aud null', 'wrong-audience', () => ({ aud: null })),
  claims('aud that tries to break out of the header', 'wrong-audience', () => ({
    aud: '", error="none"\r\nSet-Cookie: a=b\u2028\\',
  })),
];

const times: readonly BadToken[] = [
  claims('expired an hour ago', 'expired', (_, { now }) => ({
    nbf: seconds(now) - 4500,
    iat: seconds(now) - 3900,
    exp: seconds(now) - 3600,
  })),
  claims('expired just beyond the leeway', 'expired', (_, { now }) => ({
    iat: seconds(now) - 305,
    exp: seconds(now) - 5,
  })),
  claims('exp missing', 'missing-claim', () => ({ exp: undefined })),
  claims('exp a string', 'invalid-claim', ({ exp }) => ({ exp: String(exp) })),
  claims('exp in milliseconds', 'lifetime-too-long', ({ exp }) => ({ exp: Number(exp) * 10 })),
  claims('exp in a year', 'lifetime-too-long', ({ iat }) => ({ exp: Number(iat) + 31_536_000 })),
  claims('exp one second too far', 'lifetime-too-long', ({ iat }) => ({ exp: Number(iat) + 901 })),
  claims('exp beyond what a time can be', 'invalid-claim', () => ({ exp: 1e308 })),
  claims('exp with a fraction', 'invalid-claim', ({ exp }) => ({ exp: Number(exp) + 0.5 })),
  claims('exp null', 'invalid-claim', () => ({ exp: null })),
  claims('iat missing', 'missing-claim', () => ({ iat: undefined })),
  claims('iat a string', 'invalid-claim', ({ iat }) => ({ iat: String(iat) })),
  claims('iat in the future', 'not-yet-valid', ({ iat }) => ({ iat: Number(iat) + 60 })),
  claims('iat just beyond the leeway', 'not-yet-valid', ({ iat }) => ({ iat: Number(iat) + 6 })),
  claims('issued a day ago and still not expired', 'expired', ({ iat }) => ({ iat: Number(iat) - 86_400 })),
  claims('nbf in the future', 'not-yet-valid', ({ iat }) => ({ nbf: Number(iat) + 60 })),
  claims('nbf missing', 'missing-claim', () => ({ nbf: undefined })),
  claims('nbf a string', 'invalid-claim', ({ nbf }) => ({ nbf: String(nbf) })),
];

const badIds: readonly unknown[] = [
  '',
  '0',
  '007',
  '-1',
  '+1',
  '1-2',
  '31241423-612345678',
  '1.0',
  '1e3',
  '0x10',
  ' 1',
  '1 ',
  '1\n',
  '١٢٣',
  '１２３',
  '1'.repeat(21),
  '*',
  'null',
  null,
  true,
  ['1'],
  { id: '1' },
  612_345_678,
];

const identities: readonly BadToken[] = [
  ...(['repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'event_name', 'sub'] as const).map(
    (name) => claims(`${name} missing`, 'missing-claim', () => ({ [name]: undefined })),
  ),
  ...badIds.map((value) =>
    claims(`repository_id ${JSON.stringify(value)}`, 'invalid-claim', () => ({ repository_id: value })),
  ),
  ...badIds.map((value) =>
    claims(`repository_owner_id ${JSON.stringify(value)}`, 'invalid-claim', () => ({ repository_owner_id: value })),
  ),
  ...[
    '',
    'GiftCardService',
    '/GiftCardService',
    'JPPOL-KOA/',
    'JPPOL-KOA/a/b',
    'JPPOL-KOA//a',
    'JPPOL-KOA/..',
    'JPPOL-KOA/*',
    '*/*',
    'JPPOL-KOA/Gift CardService',
    'JPPOL-KOA/Gift\u0000',
    'JPPOL-KOA/Gіft',
    'JPPOL-KOA@1/Gift@2',
    'JPPOL-KOA/Gift\n',
    `JPPOL-KOA/${'a'.repeat(101)}`,
  ].map((repository) =>
    claims(`repository ${JSON.stringify(repository).slice(0, 40)}`, 'invalid-claim', () => ({
      repository,
      sub: 'custom',
    })),
  ),
  claims('repository_owner empty', 'invalid-claim', () => ({ repository_owner: '' })),
  claims('repository_owner of somebody else', 'inconsistent-claims', () => ({ repository_owner: 'JPPOL-POL' })),
  claims('repository_owner in another case', 'inconsistent-claims', () => ({ repository_owner: 'jppol-koa' })),
  claims('repository_owner a prefix', 'inconsistent-claims', () => ({ repository_owner: 'JPPOL' })),
  claims('event_name empty', 'invalid-claim', () => ({ event_name: '' })),
  claims('event_name in upper case', 'invalid-claim', () => ({ event_name: 'PUSH' })),
  ...[
    'main',
    'refs/',
    'refs/heads/',
    'refs/heads/*',
    'refs/heads/a b',
    'refs/heads/a..b',
    'refs/heads/a:b',
    'refs/heads/a\n',
    'refs/heads/.a',
    'refs/heads//a',
    'refs/heads/a.lock',
    'refs/heads/a.',
    'refs/heads/a@{1}',
    `refs/heads/${'a'.repeat(512)}`,
  ].map((ref) => claims(`ref ${JSON.stringify(ref).slice(0, 40)}`, 'invalid-claim', () => ({ ref, sub: 'custom' }))),
  claims('ref a list', 'invalid-claim', ({ ref }) => ({ ref: [ref], sub: 'custom' })),
  claims('ref_type of another kind', 'inconsistent-claims', () => ({ ref_type: 'tag' })),
  claims('environment a number', 'invalid-claim', () => ({ environment: 1 })),
  claims('environment null', 'invalid-claim', () => ({ environment: null })),
  claims('environment with half a character', 'invalid-claim', () => ({ environment: 'prod\ud800' })),
  claims('environment of 256 characters', 'invalid-claim', () => ({ environment: 'e'.repeat(256) })),
  claims('workflow of 1025 characters', 'invalid-claim', () => ({ workflow: 'w'.repeat(1025) })),
  claims('environment with a line break', 'invalid-claim', () => ({ environment: 'prod\nx' })),
];

const subjects: readonly BadToken[] = [
  claims('sub a number', 'invalid-claim', () => ({ sub: 1 })),
  claims('sub empty', 'invalid-claim', () => ({ sub: '' })),
  ...[
    'repo:JPPOL-POL/GiftCardService:ref:refs/heads/main',
    'repo:JPPOL-KOA/Other:ref:refs/heads/main',
    'repo:jppol-koa/giftcardservice:ref:refs/heads/main',
    'repo:JPPOL-KOA-31241423/GiftCardService-612345678:ref:refs/heads/main',
    'repo:JPPOL-KOA@1/GiftCardService@612345678:ref:refs/heads/main',
    'repo:JPPOL-KOA@31241423/GiftCardService@1:ref:refs/heads/main',
    'repo:JPPOL-KOA@31241423/GiftCardService:ref:refs/heads/main',
    'repo:JPPOL-KOA/GiftCardService@612345678:ref:refs/heads/main',
    'repo:JPPOL-KOA@31241423@1/GiftCardService@612345678:ref:refs/heads/main',
    'repo:JPPOL-KOA/GiftCardService:ref:refs/heads/other',
    'repo:JPPOL-KOA/GiftCardService:environment:prod',
    'repo:JPPOL-KOA/GiftCardService:environment:',
    'repo:JPPOL-KOA/GiftCardService:pull_request',
    'repo:JPPOL-KOA/GiftCardService:',
    'repo:JPPOL-KOA/Other',
    'repo:JPPOL-POL/GiftCardService',
    'repo:JPPOL-KOA@31241423/GiftCardService@1',
    'repo:JPPOL-KOA/GiftCardService/x',
    'repo:JPPOL-KOA',
    'repo:*',
    'repo:',
  ].map((sub) => claims(`sub ${sub}`, 'inconsistent-claims', () => ({ sub }))),
  claims('sub of another environment', 'inconsistent-claims', () => ({
    environment: 'dev',
    sub: 'repo:JPPOL-KOA/GiftCardService:environment:prod',
  })),
  claims('sub with an unescaped environment', 'inconsistent-claims', () => ({
    environment: 'a:b',
    sub: 'repo:JPPOL-KOA/GiftCardService:environment:a:b',
  })),
];

const headerLines: readonly BadToken[] = [
  headerLine('no header', 'missing-token', () => undefined),
  headerLine('an empty header', 'missing-token', () => ''),
  headerLine('Basic', 'wrong-scheme', () => 'Basic dXNlcjpwYXNz'),
  headerLine('the token without a scheme', 'wrong-scheme', (token) => token),
  headerLine('a scheme that starts like ours', 'wrong-scheme', (token) => `BearerToken ${token}`),
  headerLine('DPoP', 'wrong-scheme', (token) => `DPoP ${token}`),
  headerLine('Bearer and nothing', 'malformed-header', () => 'Bearer'),
  headerLine('Bearer and a space', 'malformed-header', () => 'Bearer ', false),
  headerLine('Bearer null', 'malformed-token', () => 'Bearer null'),
  headerLine('Bearer undefined', 'malformed-token', () => 'Bearer undefined'),
  headerLine('an unset shell variable', 'malformed-header', () => 'Bearer $TOKEN'),
  headerLine('two tokens with a space', 'malformed-header', (token) => `Bearer ${token} ${token}`),
  headerLine('two tokens with a comma', 'malformed-header', (token) => `Bearer ${token}, Bearer ${token}`),
  headerLine('two tokens with a comma alone', 'malformed-header', (token) => `Bearer ${token},${token}`),
  headerLine('a quoted token', 'malformed-header', (token) => `Bearer "${token}"`),
  headerLine('a tab', 'malformed-header', (token) => `Bearer\t${token}`),
  headerLine('a colon', 'malformed-header', (token) => `Bearer: ${token}`),
  headerLine('a space in front', 'wrong-scheme', (token) => ` Bearer ${token}`, false),
  headerLine('a space behind', 'malformed-header', (token) => `Bearer ${token} `, false),
  headerLine('a line break behind', 'malformed-header', (token) => `Bearer ${token}\n`, false),
  headerLine('a NUL inside', 'malformed-header', (token) => `Bearer ${token.slice(0, 20)}\0${token.slice(20)}`, false),
  headerLine('a letter outside ASCII', 'malformed-header', (token) => `Bearer ${token}é`),
  headerLine("GitHub's whole answer", 'malformed-header', (token) => `Bearer {"value":"${token}"}`),
  headerLine('the scheme twice', 'malformed-header', (token) => `Bearer Bearer ${token}`),
];

/** Everything that must be refused, each for its own reason. */
export const badTokens: readonly BadToken[] = [
  ...algorithms,
  ...keys,
  ...forms,
  ...issuers,
  ...audiences,
  ...times,
  ...identities,
  ...subjects,
  ...headerLines,
];
