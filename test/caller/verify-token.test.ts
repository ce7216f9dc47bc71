import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { IssuerUnavailable } from '../../src/caller/issuer-unavailable.ts';
import { TokenRefused } from '../../src/caller/token-refused.ts';
import { createTokenVerifier } from '../../src/caller/verify-token.ts';
import type { TokenVerifier, TokenVerifierOptions } from '../../src/caller/verify-token.ts';
import { startLocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import type { TokenRequest } from '../../src/local/github/job.ts';
import { badTokens, goodClaims, goodHeader, goodToken, signTexts } from '../support/bad-tokens.ts';
import type { World } from '../support/bad-tokens.ts';
import { runs } from '../support/extent.ts';

const now = new Date('2026-11-24T12:00:00Z');
const audience = 'ecr-control-plane';
const issuer = await startLocalGitHubIssuer({ now: () => now });
t.teardown(() => issuer.close());
const world: World = { issuer, now, audience };
const job: TokenRequest = { repository: 'JPPOL-KOA/GiftCardService', ownerId: '31241423', repositoryId: '612345678' };

function verifier(options: Partial<TokenVerifierOptions> = {}): TokenVerifier {
  return createTokenVerifier({ issuers: [issuer.issuer], audience, allowLoopbackIssuers: true, ...options });
}

const verify = verifier();

/** The refusal of a header; undefined when it was accepted. Anything but a refusal goes through. */
async function refusalOf(
  authorization: string | undefined,
  by: TokenVerifier = verify,
  at: Date = now,
): Promise<TokenRefused | undefined> {
  try {
    await by(authorization, at);
    return undefined;
  } catch (error) {
    if (error instanceof TokenRefused) return error;
    throw error;
  }
}

function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

/** A good token with some claims changed, signed by the issuer. */
function tokenWith(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
  return signTexts(
    JSON.stringify({ ...goodHeader(world), ...header }),
    JSON.stringify({ ...goodClaims(world), ...claims }),
    issuer.signingKey.privateKey,
  );
}

/** Sets the clock that jose's key cache reads; the returned function moves it on. */
function holdClock(t: Test): (milliseconds: number) => void {
  let time = Date.now();
  t.intercept(Date, 'now', { value: () => time });
  return (milliseconds) => {
    time += milliseconds;
  };
}

/** A fetch that counts, over real HTTP to the real issuer unless told to do something else. */
function countingFetch(behave: (url: string, init: RequestInit) => Promise<Response> = fetch) {
  const counter = { requests: 0, behave };
  const jwksFetch = (url: string, init: RequestInit): Promise<Response> => {
    counter.requests += 1;
    return counter.behave(url, init);
  };
  return Object.assign(counter, { jwksFetch });
}

await t.test('a bad token', async (t) => {
  await t.test('the token that every bad one is a change of is accepted', async (t) => {
    t.equal((await verify(`Bearer ${goodToken(world)}`, now)).repositoryId, '612345678');
  });

  await t.test('is refused for its own reason, with a challenge that says so', async (t) => {
    t.ok(badTokens.length >= 250, 'the table is there');
    t.equal(new Set(badTokens.map((bad) => bad.name)).size, badTokens.length, 'each has its own name');
    for (const bad of badTokens) {
      const authorization = await bad.authorization(world);
      const refusal = await refusalOf(authorization);
      t.equal(refusal?.reason, bad.reason, `${bad.name}: ${refusal?.detail}`);
      t.match(refusal?.wwwAuthenticate, challengeOf(bad.reason), bad.name);
      const secret = authorization?.split(' ')[1];
      if (secret !== undefined && secret.length > 20) {
        t.notOk(refusal?.detail.includes(secret.slice(0, 20)), `${bad.name}: the token is not repeated`);
      }
    }
  });

  await t.test('that is marked so arrives over HTTP as it is', async (t) => {
    const received: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      received.push(request.headers.authorization);
      response.end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const bad of badTokens.filter(({ overHttp }) => overHttp)) {
      const authorization = await bad.authorization(world);
      const response = await fetch(url, authorization === undefined ? {} : { headers: { authorization } });
      t.same([response.status, received.pop()], [200, authorization], bad.name);
    }
  });

  await t.test('for another audience is told which one, and how to ask for it', async (t) => {
    const refusal = await refusalOf(`Bearer ${await issuer.mintToken({ ...job, audience: 'sts.amazonaws.com' })}`);
    t.equal(
      refusal?.wwwAuthenticate,
      `Bearer realm="ecr-control-plane", error="invalid_token", error_description="The token's only audience must be 'ecr-control-plane', not 'sts.amazonaws.com'; append '&audience=ecr-control-plane' to $ACTIONS_ID_TOKEN_REQUEST_URL."`,
    );
  });

  await t.test('of an unknown issuer never leads to a request', async (t) => {
    const counting = countingFetch();
    const careful = verifier({ jwksFetch: counting.jwksFetch });
    for (const bad of badTokens.filter(({ reason }) => reason === 'unknown-issuer')) {
      t.equal((await refusalOf(await bad.authorization(world), careful))?.reason, 'unknown-issuer', bad.name);
    }
    t.equal(counting.requests, 0);
  });

  await t.test('is not remembered as good', async (t) => {
    const authorization = `Bearer ${tokenWith({ repository_id: '0' })}`;
    t.equal((await refusalOf(authorization))?.reason, 'invalid-claim');
    t.equal((await refusalOf(authorization))?.reason, 'invalid-claim');
  });

  await t.test('that is signed by one trusted issuer in the name of another is refused', async (t) => {
    const other = await startLocalGitHubIssuer({ now: () => now });
    t.teardown(() => other.close());
    const both = verifier({ issuers: [issuer.issuer, other.issuer] });
    t.equal(await refusalOf(`Bearer ${await other.mintToken(job)}`, both), undefined);
    t.equal(
      (await refusalOf(`Bearer ${await other.mintToken({ ...job, claims: { iss: issuer.issuer } })}`, both))?.reason,
      'unknown-key',
    );
    const underOurKid = tokenWith({ iss: other.issuer }, { kid: other.signingKey.kid });
    t.equal((await refusalOf(`Bearer ${underOurKid}`, both))?.reason, 'bad-signature');
  });

  await t.test('a request token of the embedded issuer is no token of a workflow', async (t) => {
    t.equal((await refusalOf(`Bearer ${await issuer.requestTokenFor(job)}`))?.reason, 'wrong-algorithm');
  });
});

/** Without a token no error; with one, `invalid_token` and printable ASCII that can't leave its quotes. */
function challengeOf(reason: string): RegExp {
  return reason === 'missing-token' || reason === 'wrong-scheme'
    ? /^Bearer realm="ecr-control-plane"$/
    : /^Bearer realm="ecr-control-plane", error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]{20,400}"$/;
}

await t.test('a good token', async (t) => {
  await t.test('becomes a Caller with all that it says', async (t) => {
    const token = await issuer.mintToken({
      ...job,
      environment: 'prod',
      claims: { brand_new: 'x', repo_property_team: 'y' },
    });
    const caller = await verify(`Bearer ${token}`, now);
    t.match(caller, {
      issuer: issuer.issuer,
      subject: 'repo:JPPOL-KOA/GiftCardService:environment:prod',
      repository: 'JPPOL-KOA/GiftCardService',
      repositoryId: '612345678',
      repositoryOwner: 'JPPOL-KOA',
      repositoryOwnerId: '31241423',
      ref: 'refs/heads/main',
      refType: 'branch',
      environment: 'prod',
      eventName: 'push',
      workflow: 'build',
      workflowRef: 'JPPOL-KOA/GiftCardService/.github/workflows/build.yml@refs/heads/main',
      jobWorkflowRef: 'JPPOL-KOA/GiftCardService/.github/workflows/build.yml@refs/heads/main',
      runId: /^\d+$/,
      runAttempt: '1',
      sha: /^[0-9a-f]{40}$/,
      actor: 'octocat',
      actorId: /^\d+$/,
      repositoryVisibility: 'private',
      enterpriseId: /^\d+$/,
      jti: /^[0-9a-f-]{36}$/,
      tokenSha256: createHash('sha256').update(token).digest('hex'),
      issuedAt: now,
      expiresAt: later(300),
    });
    t.same(caller.unknownClaims, ['brand_new'], 'unknown claims are counted, repository properties are known');
    t.notOk(JSON.stringify(caller).includes(token.slice(0, 30)), 'the token itself is not in it');
    t.ok(Object.isFrozen(caller) && Object.isFrozen(caller.unknownClaims), 'and nobody can change it');
  });

  const good: Readonly<Record<string, TokenRequest>> = {
    'classic, of a branch': { ...job },
    'classic, of a tag': { ...job, ref: 'refs/tags/v1.2.3' },
    'classic, of an environment': { ...job, environment: 'prod' },
    'classic, of a pull request': { ...job, pullRequest: 7 },
    'classic, of a pull request in an environment': { ...job, pullRequest: 7, environment: 'preview' },
    'immutable, of a branch': { ...job, form: 'immutable' },
    'immutable, of a tag': { ...job, form: 'immutable', ref: 'refs/tags/v1' },
    'immutable, of an environment': { ...job, form: 'immutable', environment: 'prod' },
    'immutable, of a pull request': { ...job, form: 'immutable', pullRequest: 7 },
    'of an environment with a colon': { ...job, environment: 'prod:eu' },
    'of a custom template': { ...job, sub: 'repository_owner:JPPOL-KOA:workflow:build' },
    'of a custom template of the repository alone, without a context': {
      ...job,
      sub: 'repo:JPPOL-KOA/GiftCardService',
    },
    'of the same in the immutable form': { ...job, sub: 'repo:JPPOL-KOA@31241423/GiftCardService@612345678' },
    'of a custom template that starts with the repository': {
      ...job,
      sub: 'repo:JPPOL-KOA/GiftCardService:workflow:build',
    },
    'of a custom template that adds to the context': {
      ...job,
      sub: 'repo:JPPOL-KOA/GiftCardService:ref:refs/heads/main:actor:octocat',
    },
    'with its audience in a list of one': { ...job, claims: { aud: [audience] } },
    'without an environment, said with an empty text': { ...job, claims: { environment: '' } },
    'of a run that has no ref': {
      ...job,
      sub: 'repository:JPPOL-KOA/GiftCardService',
      claims: { ref: '', ref_type: '' },
    },
    'with a name of dots and dashes': { repository: 'a/.github' },
    'of an enterprise managed user': { repository: 'mona_acme/x_y-z.1' },
    'of the largest ids': { ...job, ownerId: '9'.repeat(20), repositoryId: '9'.repeat(20) },
    'of a branch with every allowed oddity': { ...job, ref: 'refs/heads/a/b-c_d.e+f@g#h$i%j&k{l}é漢' },
    'that expired within the leeway': { ...job, claims: { iat: 1_795_521_600 - 304, exp: 1_795_521_600 - 4 } },
    'issued within the leeway from now': { ...job, claims: { iat: 1_795_521_600 + 5 } },
    'as old and long-lived as one may be': { ...job, claims: { iat: 1_795_521_600 - 899, exp: 1_795_521_600 + 1 } },
  };
  for (const [name, request] of Object.entries(good)) {
    await t.test(`${name} is accepted`, async (t) => {
      const caller = await verifier()(`Bearer ${await issuer.mintToken(request)}`, now);
      t.equal(caller.repository, request.repository);
      t.equal(caller.environment, request.environment, 'an empty environment is none');
    });
  }

  await t.test('may come with the scheme in any case, and with several spaces', async (t) => {
    const token = goodToken(world);
    for (const scheme of ['bearer ', 'BEARER ', 'bEaReR ', 'Bearer   ']) {
      t.equal(await refusalOf(`${scheme}${token}`), undefined, scheme);
    }
  });

  await t.test('may be as long as the limit, and not a byte longer', async (t) => {
    const token = goodToken(world);
    t.equal(await refusalOf(`Bearer ${token}`, verifier({ maxTokenBytes: token.length })), undefined);
    const tooShort = verifier({ maxTokenBytes: token.length - 1 });
    t.equal((await refusalOf(`Bearer ${token}`, tooShort))?.reason, 'too-large');
  });

  await t.test('of every configured issuer is accepted, with the keys of that issuer', async (t) => {
    const addresses: string[] = [];
    const slug = 'https://token.actions.githubusercontent.com/acme';
    const enterprise = 'https://github.example.com/_services/token';
    const several = createTokenVerifier({
      issuers: [slug, enterprise],
      audience,
      jwksFetch: async (url) => {
        addresses.push(url);
        return Response.json(issuer.jwks());
      },
    });
    t.equal((await several(`Bearer ${tokenWith({ iss: slug })}`, now)).issuer, slug);
    t.equal((await several(`Bearer ${tokenWith({ iss: enterprise })}`, now)).issuer, enterprise);
    t.same(addresses, [`${slug}/.well-known/jwks`, `${enterprise}/.well-known/jwks`]);
  });
});

await t.test('a remembered token', async (t) => {
  await t.test('costs no key and no signature check the second time, and another token does', async (t) => {
    const move = holdClock(t);
    const counting = countingFetch();
    const remembering = verifier({ jwksFetch: counting.jwksFetch });
    const forgetful = verifier({ jwksFetch: counting.jwksFetch, rememberAtMost: 0 });
    const authorization = `Bearer ${goodToken(world)}`;
    const first = await remembering(authorization, now);
    await forgetful(authorization, now);
    // The keys are out of date and can't be had: whoever checks a signature now fails.
    move(600_001);
    counting.behave = () => Promise.reject(new Error('down'));
    t.equal(await remembering(authorization, now), first, 'the very same Caller');
    await t.rejects(forgetful(authorization, now), IssuerUnavailable);
    await t.rejects(remembering(`Bearer ${goodToken(world)}`, now), IssuerUnavailable);
  });

  await t.test('still expires, at the second when a new one does', async (t) => {
    const authorization = `Bearer ${goodToken(world)}`;
    const remembering = verifier();
    for (const seconds of [0, 299, 304]) {
      t.equal(await refusalOf(authorization, remembering, later(seconds)), undefined, `accepted after ${seconds} s`);
      t.equal(await refusalOf(authorization, verifier(), later(seconds)), undefined, `a new one after ${seconds} s`);
    }
    t.equal((await refusalOf(authorization, verifier(), later(305)))?.reason, 'expired');
    t.equal((await refusalOf(authorization, remembering, later(305)))?.reason, 'expired');
    t.equal((await refusalOf(authorization, remembering, later(306)))?.reason, 'expired');
  });

  await t.test('expires even when somebody changes the dates of its Caller', async (t) => {
    const authorization = `Bearer ${goodToken(world)}`;
    (await verify(authorization, now)).expiresAt.setFullYear(2099);
    t.equal((await refusalOf(authorization, verify, later(3600)))?.reason, 'expired');
  });

  await t.test('makes room for others: the one used longest ago is forgotten', async (t) => {
    const move = holdClock(t);
    const counting = countingFetch();
    const remembering = verifier({ jwksFetch: counting.jwksFetch, rememberAtMost: 2 });
    const [a, b, c] = [goodToken(world), goodToken(world), goodToken(world)].map((token) => `Bearer ${token}`);
    for (const authorization of [a, b, a, c]) await remembering(authorization, now);
    move(600_001);
    counting.behave = () => Promise.reject(new Error('down'));
    t.equal(await refusalOf(a, remembering), undefined);
    t.equal(await refusalOf(c, remembering), undefined);
    await t.rejects(remembering(b, now), IssuerUnavailable);
  });
});

await t.test('the keys of an issuer', async (t) => {
  await t.test('are fetched once for many tokens at once', async (t) => {
    const counting = countingFetch();
    const counted = verifier({ jwksFetch: counting.jwksFetch });
    await Promise.all(Array.from({ length: 20 }, () => counted(`Bearer ${goodToken(world)}`, now)));
    t.equal(counting.requests, 1);
  });

  await t.test('a storm of unknown key ids fetches at most once a cool-down', async (t) => {
    const move = holdClock(t);
    const counting = countingFetch();
    const counted = verifier({ jwksFetch: counting.jwksFetch });
    const storm = async (): Promise<void> => {
      const tokens = Array.from({ length: 50 }, (_, n) => tokenWith({}, { kid: `unknown-${n}` }));
      const refusals = await Promise.all(tokens.map((token) => refusalOf(`Bearer ${token}`, counted)));
      t.ok(refusals.every((refusal) => refusal?.reason === 'unknown-key'));
    };
    await storm();
    t.equal(counting.requests, 1, 'the first fetch');
    move(29_000);
    await storm();
    t.equal(counting.requests, 1, 'within the cool-down');
    move(2_000);
    await storm();
    t.equal(counting.requests, 2, 'after it');
  });

  await t.test('a key that the issuer began to use is found after the cool-down', async (t) => {
    const move = holdClock(t);
    let published: readonly object[] = [];
    const rotating = verifier({ jwksFetch: async () => Response.json({ keys: published }) });
    t.equal((await refusalOf(`Bearer ${goodToken(world)}`, rotating))?.reason, 'unknown-key');
    published = issuer.jwks().keys;
    move(30_001);
    t.equal(await refusalOf(`Bearer ${goodToken(world)}`, rotating), undefined);
  });

  const failures: Readonly<Record<string, () => Promise<Response>>> = {
    'does not answer': () => fetch('http://127.0.0.1:1/'),
    'answers too late': () => Promise.reject(new DOMException('late', 'TimeoutError')),
    'answers 500': async () => new Response('{"keys":[]}', { status: 500 }),
    'answers 404': async () => new Response('{"keys":[]}', { status: 404 }),
    redirects: async () => new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
    'answers HTML': async () => new Response('<html>'),
    'answers nothing': async () => new Response(''),
    'answers JSON that is no key set': async () => Response.json({ keys: 'none' }),
    'answers null': async () => Response.json(null),
    'answers far too much': async () => new Response(`{"keys":[]}${' '.repeat(300_000)}`),
    'breaks off': async () =>
      new Response(new ReadableStream({ start: (controller) => controller.error(new Error('broken')) })),
  };
  for (const [name, failure] of Object.entries(failures)) {
    await t.test(`an issuer that ${name} is unavailable, is left alone for a moment, and then works`, async (t) => {
      const move = holdClock(t);
      const counting = countingFetch(failure);
      const unlucky = verifier({ jwksFetch: counting.jwksFetch });
      const authorization = `Bearer ${goodToken(world)}`;
      for (let n = 0; n < 10; n += 1) {
        const error: unknown = await unlucky(authorization, now).catch((error: unknown) => error);
        t.ok(error instanceof IssuerUnavailable && error.issuer === issuer.issuer && error.cause !== undefined);
      }
      t.equal(counting.requests, 1);
      counting.behave = fetch;
      move(5_000);
      t.equal(await refusalOf(authorization, unlucky), undefined);
      t.equal(counting.requests, 2);
    });
  }

  await t.test('are asked for within five seconds, without following redirects', async (t) => {
    const asked: { url: string; init: RequestInit }[] = [];
    const timed = verifier({
      jwksFetch: (url, init) => {
        asked.push({ url, init });
        return fetch(url, init);
      },
    });
    const timeouts: number[] = [];
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    t.intercept(AbortSignal, 'timeout', {
      value: (milliseconds: number) => {
        timeouts.push(milliseconds);
        return timeout(milliseconds);
      },
    });
    await timed(`Bearer ${goodToken(world)}`, now);
    t.match(asked, [{ url: `${issuer.issuer}/.well-known/jwks`, init: { redirect: 'manual', method: 'GET' } }]);
    t.ok(asked[0]?.init.signal instanceof AbortSignal);
    t.same(timeouts, [5_000]);
  });

  await t.test('a key that is too short, or published twice, verifies nothing', async (t) => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const kid = 'short';
    const jwk = { ...short.publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
    const token = signTexts(
      JSON.stringify({ ...goodHeader(world), kid }),
      JSON.stringify(goodClaims(world)),
      short.privateKey,
    );
    const weak = verifier({ jwksFetch: async () => Response.json({ keys: [jwk] }) });
    await t.rejects(weak(`Bearer ${token}`, now), IssuerUnavailable);
    const [key] = issuer.jwks().keys;
    const twice = verifier({ jwksFetch: async () => Response.json({ keys: [key, key] }) });
    t.equal((await refusalOf(`Bearer ${goodToken(world)}`, twice))?.reason, 'unknown-key');
  });
});

await t.test('whatever is sent', async (t) => {
  const acceptable = async (authorization: string): Promise<boolean> => {
    const refusal = await refusalOf(authorization);
    return refusal === undefined || (/^[\x20-\x7e]+$/.test(refusal.wwwAuthenticate) && refusal.detail.length < 500);
  };

  await t.test('arbitrary bytes as the header are refused and nothing else', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('latin1'));
    const texts = fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 300 }));
    const prefix = fc.constantFrom('', 'Bearer ', 'bearer ', 'Bearer a.b.', 'Bearer eyJhbGciOiJSUzI1NiJ9.');
    await fc.assert(
      fc.asyncProperty(prefix, texts, async (start, rest) => {
        const refusal = await refusalOf(start + rest);
        return refusal !== undefined && /^[\x20-\x7e]+$/.test(refusal.wwwAuthenticate);
      }),
      { numRuns: runs(1_000) },
    );
  });

  await t.test('a good token with one character changed is refused', async () => {
    const token = goodToken(world);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(...'AZaz09-_.= \n\0'.split('')),
        async (at, character) => {
          fc.pre(token[at] !== character);
          return (await refusalOf(`Bearer ${token.slice(0, at)}${character}${token.slice(at + 1)}`)) !== undefined;
        },
      ),
      { numRuns: runs(1_000) },
    );
  });

  await t.test(
    'arbitrary JSON as header and payload, signed by the issuer, is accepted or refused and nothing else',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.json(), fc.json(), async (header, payload) =>
          acceptable(`Bearer ${signTexts(header, payload, issuer.signingKey.privateKey)}`),
        ),
        { numRuns: runs(300) },
      );
    },
  );

  await t.test('an arbitrary value for any claim or header is accepted or refused and nothing else', async () => {
    const claim = fc.constantFrom(...Object.keys(goodClaims(world)), 'environment', '__proto__', 'constructor');
    const header = fc.constantFrom('alg', 'typ', 'kid', 'crit', 'x5t', '__proto__');
    await fc.assert(
      fc.asyncProperty(
        claim,
        fc.jsonValue(),
        header,
        fc.option(fc.jsonValue()),
        async (name, value, parameter, other) =>
          acceptable(`Bearer ${tokenWith({ [name]: value }, other === null ? {} : { [parameter]: other })}`),
      ),
      { numRuns: runs(500) },
    );
  });

  await t.test('an id that is accepted is the id that was sent, in its only spelling', async () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789-+ .eE\n٣'.split('')), maxLength: 22 });
    await fc.assert(
      fc.asyncProperty(digits, async (id) => {
        const fresh = verifier({ rememberAtMost: 0 });
        const authorization = `Bearer ${tokenWith({ repository_id: id })}`;
        const caller = await fresh(authorization, now).catch((error: unknown) => error);
        const accepted = !(caller instanceof TokenRefused);
        const proper = id === BigInt(/^\d{1,20}$/.test(id) ? id : 0).toString() && id !== '0';
        return accepted === proper;
      }),
      { numRuns: runs(200) },
    );
  });
});

await t.test('a verifier is not made from a configuration that could not be trusted', async (t) => {
  const wrongIssuers = {
    'http://token.actions.githubusercontent.com': /https/,
    'http://192.168.0.1:8081': /https/,
    'ftp://127.0.0.1': /https/,
    'file:///etc/passwd': /https/,
    'https://token.actions.githubusercontent.com/': /slash/,
    'https://user@token.actions.githubusercontent.com': /user/,
    'https://token.actions.githubusercontent.com?': /query/,
    'https://token.actions.githubusercontent.com?a=b': /query/,
    'https://token.actions.githubusercontent.com#': /fragment/,
    'https://TOKEN.actions.githubusercontent.com': /written as/,
    'https://token.actions.githubusercontent.com:443': /written as/,
    'https://token.actions.githubusercontent.com/a/../b': /written as/,
    ' https://token.actions.githubusercontent.com': /written as/,
    'token.actions.githubusercontent.com': /absolute/,
    '': /absolute/,
  };
  for (const [wrong, why] of Object.entries(wrongIssuers)) {
    t.throws(() => verifier({ issuers: [wrong] }), { name: 'TypeError', message: why }, JSON.stringify(wrong));
  }
  for (const loopback of ['http://127.0.0.1:8081', 'http://localhost:8081', 'http://[::1]:8081']) {
    t.throws(() => verifier({ issuers: [loopback], allowLoopbackIssuers: false }), { message: /embedded/ }, loopback);
    t.throws(
      () => createTokenVerifier({ issuers: [loopback], audience }),
      { message: /embedded/ },
      `${loopback} by default`,
    );
    t.doesNotThrow(() => verifier({ issuers: [loopback] }), loopback);
  }
  t.throws(() => verifier({ issuers: [] }), TypeError);
  t.throws(() => verifier({ audience: '' }), TypeError);
  for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => verifier({ leewaySeconds: wrong }), TypeError);
    t.throws(() => verifier({ maxTokenBytes: wrong }), TypeError);
    t.throws(() => verifier({ maxTokenAgeSeconds: wrong }), TypeError);
    t.throws(() => verifier({ rememberAtMost: wrong }), TypeError);
  }
  t.throws(() => verifier({ leewaySeconds: 61 }), TypeError, 'a leeway is small');
  await t.rejects(verify(`Bearer ${goodToken(world)}`, new Date(Number.NaN)), TypeError, 'and no broken clock is used');
});
