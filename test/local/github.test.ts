import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import t from 'tap';
import { claimTable, unknownClaims } from '../../src/caller/claims.ts';
import { startLocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import { idOfName } from '../../src/local/github/job.ts';

const now = new Date('2026-11-24T12:00:00Z');
const issuer = await startLocalGitHubIssuer({ now: () => now });
t.teardown(() => issuer.close());
const repository = 'JPPOL-KOA/GiftCardService';
const folder = await mkdtemp(join(tmpdir(), 'github-issuer-'));
t.teardown(() => rm(folder, { recursive: true }));

await t.test('the embedded GitHub issuer', async (t) => {
  await t.test('publishes a discovery document and keys that verify its tokens, as GitHub does', async (t) => {
    const discovery = (await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json()) as {
      readonly issuer: string;
      readonly jwks_uri: string;
      readonly claims_supported: readonly string[];
    };
    t.equal(discovery.issuer, issuer.issuer);
    t.match(discovery, { id_token_signing_alg_values_supported: ['RS256'], scopes_supported: ['openid'] });
    const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
    const token = await issuer.mintToken({ repository });
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: issuer.issuer, currentDate: now });
    t.match(protectedHeader, { typ: 'JWT', alg: 'RS256', kid: /^[0-9a-f-]{36}$/, x5t: /^[\w-]{27}$/ });
    t.same(
      Object.keys(payload).filter((name) => !discovery.claims_supported.includes(name)),
      [],
    );
  });

  await t.test('publishes nothing of its private key', async (t) => {
    const published = await (await fetch(`${issuer.issuer}/.well-known/jwks`)).text();
    const [key] = (JSON.parse(published) as { keys: Record<string, unknown>[] }).keys;
    t.same(Object.keys(key ?? {}).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use', 'x5t']);
  });

  await t.test('puts every claim into a token that GitHub documents, all strings but the times', async (t) => {
    const payload = decodeJwt(await issuer.mintToken({ repository, environment: 'prod' }));
    const absent = claimTable.map(({ name }) => name).filter((name) => !(name in payload));
    t.same(absent, ['issuer_scope'], 'issuer_scope is the one whose values we have not seen');
    t.same(unknownClaims(new Map(Object.entries(payload))), []);
    for (const { name, shape } of claimTable) {
      const value = payload[name];
      if (value !== undefined && value !== '') t.ok(shape.accepts(value), `${name}: ${JSON.stringify(value)}`);
      t.equal(typeof (value ?? ''), ['exp', 'iat', 'nbf'].includes(name) ? 'number' : 'string', name);
    }
    t.equal(Number(payload.exp) - Number(payload.iat), 300);
    t.equal(Number(payload.iat) - Number(payload.nbf), 600);
    t.equal(payload.iat, now.getTime() / 1000);
  });

  const subjects = {
    'repo:o/r:ref:refs/heads/main': { repository: 'o/r' },
    'repo:o/r:ref:refs/tags/v1': { repository: 'o/r', ref: 'refs/tags/v1' },
    'repo:o/r:environment:prod%3Aeu': { repository: 'o/r', environment: 'prod:eu' },
    'repo:o/r:pull_request': { repository: 'o/r', pullRequest: 3 },
    'repo:o/r:environment:test': { repository: 'o/r', pullRequest: 3, environment: 'test' },
    'repo:o@1/r@2:ref:refs/heads/main': { repository: 'o/r', form: 'immutable', ownerId: '1', repositoryId: '2' },
    'repo:o@1/r@2:environment:e': {
      repository: 'o/r',
      form: 'immutable',
      ownerId: '1',
      repositoryId: '2',
      environment: 'e',
    },
    'repo:o@1/r@2:pull_request': {
      repository: 'o/r',
      form: 'immutable',
      ownerId: '1',
      repositoryId: '2',
      pullRequest: 3,
    },
    'repository_owner:o': { repository: 'o/r', sub: 'repository_owner:o' },
  } as const;
  for (const [sub, job] of Object.entries(subjects)) {
    await t.test(`writes ${sub} as GitHub does`, async (t) => {
      t.equal(decodeJwt(await issuer.mintToken(job)).sub, sub);
    });
  }

  await t.test('gives a pull request the claims of one', async (t) => {
    t.match(decodeJwt(await issuer.mintToken({ repository, pullRequest: 42 })), {
      event_name: 'pull_request',
      ref: 'refs/pull/42/merge',
      ref_type: 'branch',
      head_ref: 'feature',
      base_ref: 'main',
    });
  });

  await t.test('gives a name the same id each time, whatever its case, unless one is given', async (t) => {
    t.match(idOfName('JPPOL-KOA'), /^[1-9]\d{8}$/);
    t.equal(idOfName('JPPOL-KOA'), idOfName('jppol-koa'));
    t.not(idOfName('JPPOL-KOA'), idOfName('JPPOL-KOA-evil'));
    t.match(decodeJwt(await issuer.mintToken({ repository })), {
      repository_owner_id: idOfName('JPPOL-KOA'),
      repository_id: idOfName(repository),
    });
    t.match(decodeJwt(await issuer.mintToken({ repository, ownerId: '31241423', repositoryId: '7' })), {
      repository_owner_id: '31241423',
      repository_id: '7',
    });
  });

  await t.test('lets a test change or take away any claim', async (t) => {
    const payload = decodeJwt(await issuer.mintToken({ repository, claims: { actor: 'mona', run_id: undefined } }));
    t.equal(payload['actor'], 'mona');
    t.notOk('run_id' in payload);
  });

  await t.test('closes its port when it is closed', async (t) => {
    const other = await startLocalGitHubIssuer();
    await other.close();
    await t.rejects(fetch(`${other.issuer}/.well-known/jwks`));
  });

  await t.test('says so when its port is taken', async (t) => {
    await t.rejects(startLocalGitHubIssuer({ port: Number(new URL(issuer.issuer).port) }), { code: 'EADDRINUSE' });
  });
});

await t.test("GitHub's token request protocol", async (t) => {
  const job = { repository, environment: 'prod', repositoryId: '5' };
  const requestToken = await issuer.requestTokenFor(job);
  const ask = (url: string, authorization: string): Promise<Response> => fetch(url, { headers: { authorization } });

  await t.test("the curl line of GitHub's documentation works as it stands", async (t) => {
    const { stdout } = await run(
      'sh',
      [
        '-c',
        'curl -sH "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=ecr-control-plane"',
      ],
      {
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
        ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
      },
    );
    const answer = JSON.parse(stdout) as { readonly value: string; readonly count: number };
    t.equal(answer.count, answer.value.length);
    t.match(decodeJwt(answer.value), { aud: 'ecr-control-plane', environment: 'prod', repository_id: '5', repository });
  });

  await t.test('without an audience the token is for the owner, as at GitHub', async (t) => {
    const answer = (await (await ask(issuer.requestUrl, `Bearer ${requestToken}`)).json()) as { value: string };
    t.equal(decodeJwt(answer.value).aud, 'https://github.com/JPPOL-KOA');
  });

  await t.test('without the right request token there is no token', async (t) => {
    const other = await startLocalGitHubIssuer({ now: () => now });
    t.teardown(() => other.close());
    const early = await startLocalGitHubIssuer({ now: () => new Date(now.getTime() - 7 * 3_600_000), dataDir: folder });
    t.teardown(() => early.close());
    const late = await startLocalGitHubIssuer({ now: () => now, dataDir: folder });
    t.teardown(() => late.close());
    const wrong = {
      'none at all': [issuer, ''],
      'another scheme': [issuer, `Basic ${requestToken}`],
      'a token of the issuer instead': [issuer, `Bearer ${await issuer.mintToken(job)}`],
      'that of another issuer': [issuer, `Bearer ${await other.requestTokenFor(job)}`],
      'one that has expired': [late, `Bearer ${await early.requestTokenFor(job)}`],
      'one that was changed': [issuer, `Bearer ${requestToken.slice(0, -4)}AAAA`],
    } as const;
    for (const [name, [asked, authorization]] of Object.entries(wrong)) {
      t.equal((await ask(`${asked.requestUrl}&audience=x`, authorization)).status, 401, name);
    }
  });
});

await t.test('the key', async (t) => {
  await t.test(
    'stays the same across restarts when there is a folder for it, readable by its owner only',
    async (t) => {
      const dataDir = join(folder, 'made', 'on', 'demand');
      const first = await startLocalGitHubIssuer({ now: () => now, dataDir });
      const token = await first.mintToken({ repository });
      const requestToken = await first.requestTokenFor({ repository });
      await first.close();
      const second = await startLocalGitHubIssuer({
        now: () => now,
        dataDir,
        port: Number(new URL(first.issuer).port),
      });
      t.teardown(() => second.close());
      t.same(second.jwks(), first.jwks());
      t.equal(second.issuer, first.issuer);
      await t.resolves(
        jwtVerify(token, createRemoteJWKSet(new URL(`${second.issuer}/.well-known/jwks`)), { currentDate: now }),
      );
      const answer = await fetch(second.requestUrl, { headers: { authorization: `Bearer ${requestToken}` } });
      t.equal(answer.status, 200, 'a request token lives on too');
      const files = await readdir(dataDir);
      t.same(files, ['github-issuer-key.json']);
      for (const file of files) t.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600);
    },
  );

  await t.test('is a new one of 2048 bits each time when there is none', async (t) => {
    const other = await startLocalGitHubIssuer();
    t.teardown(() => other.close());
    t.not(other.signingKey.kid, issuer.signingKey.kid);
    const [jwk] = other.jwks().keys;
    t.equal(createPublicKey({ key: { ...jwk }, format: 'jwk' }).asymmetricKeyDetails?.modulusLength, 2048);
  });
});

await t.test('the local-only address for tokens', async (t) => {
  const post = (body: string): Promise<Response> => fetch(`${issuer.issuer}/local/token`, { method: 'POST', body });

  await t.test('makes a token for any job', async (t) => {
    const answer = (await (await post(JSON.stringify({ repository, audience: 'x' }))).json()) as { value: string };
    t.match(decodeJwt(answer.value), { repository, aud: 'x' });
  });

  const wrong: Readonly<Record<string, string>> = {
    'no JSON': 'repository=o/r',
    'a list': '[]',
    'no repository': '{}',
    'a repository without an owner': '{"repository":"r"}',
    'something unknown': '{"repository":"o/r","branch":"main"}',
    'a numeric id': '{"repository":"o/r","repositoryId":5}',
    'a pull request that is no number': '{"repository":"o/r","pullRequest":"5"}',
    'an unknown form': '{"repository":"o/r","form":"new"}',
    'claims that are a list': '{"repository":"o/r","claims":[]}',
    'far too much': JSON.stringify({ repository, ref: 'x'.repeat(100_000) }),
  };
  for (const [name, body] of Object.entries(wrong)) {
    await t.test(`answers ${name} with 400 and what is wrong`, async (t) => {
      const response = await post(body);
      t.equal(response.status, 400);
      t.match(await response.json(), { message: /must be|has no/ });
    });
  }

  await t.test('gives a page in a browser nothing, whatever name it has for this machine', async (t) => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { host: 'evil.example' },
      { host: `evil.example:${new URL(issuer.issuer).port}` },
    ]) {
      t.equal(
        await statusOf('POST', '/local/token', headers, JSON.stringify({ repository })),
        403,
        JSON.stringify(headers),
      );
    }
    t.equal(await statusOf('POST', '/local/token', {}, JSON.stringify({ repository })), 200, 'a program gets one');
  });

  await t.test('answers what it does not know with 404', async (t) => {
    t.equal(await statusOf('GET', '/', {}), 404);
    t.equal(await statusOf('GET', '/local/token', {}), 404);
    t.equal(await statusOf('GET', '//', {}), 404);
    t.equal(await statusOf('GET', 'http://127.0.0.1:1/.well-known/jwks', {}), 404);
    t.equal(await statusOf('OPTIONS', '*', {}), 404);
  });
});

await t.test('npm run token', async (t) => {
  const token = (...args: string[]): Promise<Finished> =>
    run(process.execPath, ['--import=tsx', 'src/entry/token-command.ts', ...args], {
      ECP_LOCAL_ISSUER_URL: issuer.issuer,
    });

  await t.test('prints a token and nothing else', async (t) => {
    const { stdout, stderr, code } = await token(
      '--repository',
      repository,
      '--environment',
      'prod',
      '--immutable',
      '--audience',
      'x',
      '--repository-id',
      '5',
      '--owner-id',
      '6',
      '--event',
      'release',
      '--ref',
      'refs/tags/v1',
    );
    t.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    t.match(decodeJwt(stdout.trim()), {
      sub: 'repo:JPPOL-KOA@6/GiftCardService@5:environment:prod',
      aud: 'x',
      event_name: 'release',
      ref: 'refs/tags/v1',
    });
    t.equal(decodeProtectedHeader(stdout.trim()).alg, 'RS256');
    t.equal(stderr, '');
    t.equal(code, 0);
  });

  await t.test("--request prints GitHub's two variables, and a shell that evaluates them gets a token", async (t) => {
    const { stdout } = await token('--repository', repository, '--pull-request', '7', '--request');
    const curl =
      'curl -sH "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=x"';
    const answer = JSON.parse((await run('sh', ['-c', `${stdout}${curl}`])).stdout) as { readonly value: string };
    t.match(decodeJwt(answer.value), { sub: 'repo:JPPOL-KOA/GiftCardService:pull_request', aud: 'x' });
  });

  await t.test('--request quotes what the issuer answers, so that eval runs none of it', async (t) => {
    const hostile = createServer((_, response) =>
      response.end(
        JSON.stringify({
          url: "'; echo PWNED; '",
          token: '$(echo PWNED)',
          variables: { AWS_X: "'$(echo PWNED)", 'AWS_Y=1; echo PWNED; X': '1', PATH: '/nowhere', AWS_Z: 1 },
        }),
      ),
    );
    await new Promise<void>((resolve) => void hostile.listen(0, '127.0.0.1', resolve));
    t.teardown(() => hostile.close());
    const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
    const { stdout } = await token('--repository', repository, '--request', '--issuer-url', url);
    const evaluated = await run('sh', [
      '-c',
      `${stdout}echo "$ACTIONS_ID_TOKEN_REQUEST_URL $ACTIONS_ID_TOKEN_REQUEST_TOKEN $AWS_X"`,
    ]);
    t.equal(evaluated.stdout, "'; echo PWNED; ' $(echo PWNED) '$(echo PWNED)\n");
  });

  await t.test('--help explains itself', async (t) => {
    const { stdout, code } = await token('--help');
    t.match(stdout, /--repository OWNER\/NAME/);
    t.equal(code, 0);
  });

  const mistakes: Readonly<Record<string, readonly [readonly string[], RegExp, number]>> = {
    'no repository': [[], /--repository OWNER\/NAME is needed/, 2],
    'a repository without an owner': [['--repository', 'r'], /must be OWNER\/NAME/, 2],
    'an unknown flag': [['--repository', 'o/r', '--branch', 'x'], /'--branch'/, 2],
    'both forms': [['--repository', 'o/r', '--classic', '--immutable'], /exclude each other/, 2],
    'an id that is no number': [['--repository', 'o/r', '--owner-id', '007'], /--owner-id must be a decimal number/, 2],
    'a pull request that is no number': [
      ['--repository', 'o/r', '--pull-request', 'x'],
      /--pull-request must be the number/,
      2,
    ],
    'an audience with --request': [
      ['--repository', 'o/r', '--request', '--audience', 'x'],
      /audience is chosen later/,
      2,
    ],
    'a strange issuer URL': [['--repository', 'o/r', '--issuer-url', 'x'], /must look like http/, 2],
    'a service that does not run': [
      ['--repository', 'o/r', '--issuer-url', 'http://127.0.0.1:1'],
      /Start the service first/,
      1,
    ],
    'a server that is something else': [
      ['--repository', 'o/r', '--issuer-url', `${issuer.issuer}/.well-known/jwks?`],
      /not the embedded|answered HTTP/,
      1,
    ],
  };
  const finished = await Promise.all(Object.values(mistakes).map(([args]) => token(...args)));
  for (const [index, [name, [, message, code]]] of Object.entries(mistakes).entries()) {
    await t.test(`answers ${name} with what to do, on stderr`, async (t) => {
      t.match(finished[index]?.stderr, message);
      t.notMatch(finished[index]?.stderr, /\n {4}at /, 'no stack trace');
      t.equal(finished[index]?.stdout, '');
      t.equal(finished[index]?.code, code);
    });
  }
});

interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(command, args, { env: { ...process.env, ...environment } }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: error === null ? 0 : Number(error.code) });
    });
  });
}

/** The status of a raw request, with headers that `fetch` would not send. */
function statusOf(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<number | undefined> {
  const { port } = new URL(issuer.issuer);
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
