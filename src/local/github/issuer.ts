import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwtVerify, SignJWT } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { mintPath, requestPath, requestVariablesPath } from './addresses.ts';
import { discoveryDocument } from './discovery.ts';
import { claimsOf, defaultAudience } from './job.ts';
import type { Job, TokenRequest } from './job.ts';
import { readJob } from './read-job.ts';
import { loadOrMakeSigningKey } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';

/** How the embedded issuer is started. */
export interface LocalGitHubIssuerOptions {
  /** Port on 127.0.0.1. Default 0: a free one. */
  readonly port?: number;
  /** The issuer's clock. Default the machine's. */
  readonly now?: () => Date;
  /**
   * What the tokens say in `iss`. Default: the address that it listens on. With GitHub's own name, the documents that are
   * written into the embedded AWS are those of production; nobody else accepts the tokens, for their key is not GitHub's.
   */
  readonly issuer?: string;
  /** Folder where the key is kept across restarts. Default: a new key each time. */
  readonly dataDir?: string;
  /** Environment variables that a job needs besides the two of the token request. Default none. */
  readonly jobVariables?: () => Readonly<Record<string, string>>;
  /** A key that was made already: making one takes a moment. Default: that of `dataDir`. */
  readonly signingKey?: SigningKey;
}

/** A running stand-in for GitHub's OIDC issuer. */
export interface LocalGitHubIssuer {
  /** The value of `iss`. */
  readonly issuer: string;
  /** Where it listens, and serves discovery and keys. */
  readonly url: string;
  readonly jwks: () => JSONWebKeySet;
  /** What the issuer signs with, so that tests can sign what it never would. */
  readonly signingKey: SigningKey;
  readonly mintToken: (request: TokenRequest) => Promise<string>;
  /** Value of `ACTIONS_ID_TOKEN_REQUEST_URL`, for every job. */
  readonly requestUrl: string;
  /** Value of `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, which knows its job. */
  readonly requestTokenFor: (job: Job) => Promise<string>;
  /** Environment variables of every job besides those two. */
  readonly jobVariables: () => Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** GitHub's request tokens live as long as a job may: six hours. */
const requestTokenLifetimeSeconds = 21_600;
const requestTokenIssuer = 'local-github-runner';
const maxBodyBytes = 65_536;

/**
 * Starts a stand-in for GitHub's OIDC issuer on loopback: discovery, keys, and the token request protocol that the
 * `curl` line of GitHub's documentation speaks. It makes a token for whoever asks, so it is only ever trusted by a
 * service on the same machine.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export async function startLocalGitHubIssuer(options: LocalGitHubIssuerOptions = {}): Promise<LocalGitHubIssuer> {
  const now = options.now ?? ((): Date => new Date());
  const signingKey = options.signingKey ?? (await loadOrMakeSigningKey(options.dataDir));
  const server = createServer();
  const origin = await listen(server, options.port ?? 0);
  const name = options.issuer ?? origin;
  const issuer: LocalGitHubIssuer = {
    issuer: name,
    url: origin,
    jwks: () => signingKey.jwks,
    signingKey,
    mintToken: ({ audience = defaultAudience, ...job }) =>
      signToken(signingKey, claimsOf(job, { issuer: name, audience, now: now(), jti: randomUUID() })),
    requestUrl: `${origin}${requestPath}?api-version=2.0`,
    requestTokenFor: (job) => signRequestToken(signingKey, job, now()),
    jobVariables: options.jobVariables ?? (() => ({})),
    close: () => close(server),
  };
  server.on('request', (request, response) => {
    void answer(issuer, now, request)
      .catch((): Answer => ({ status: 500, body: { message: 'The issuer failed.' } }))
      .then((result) => send(response, result));
  });
  return issuer;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const notFound: Answer = { status: 404, body: { message: 'There is nothing here.' } };

async function answer(issuer: LocalGitHubIssuer, now: () => Date, request: IncomingMessage): Promise<Answer> {
  // A page in the developer's browser can reach loopback, by its own name for it too; it must not get tokens.
  const { port } = new URL(issuer.url);
  const host = request.headers.host ?? '';
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(host) || request.headers.origin !== undefined) {
    return { status: 403, body: { message: 'This issuer answers programs on its own machine only.' } };
  }
  const target = `${issuer.url}${request.url}`;
  if (!URL.canParse(target)) return notFound;
  const url = new URL(target);
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /.well-known/openid-configuration':
      return { status: 200, body: discoveryDocument(issuer.issuer) };
    case 'GET /.well-known/jwks':
      return { status: 200, body: issuer.jwks() };
    case `GET ${requestPath}`:
      return answerTokenRequest(issuer, now, request, url);
    case `POST ${mintPath}`:
      return withJob(request, async (job) => ({ value: await issuer.mintToken(job) }));
    case `POST ${requestVariablesPath}`:
      return withJob(request, async (job) => ({
        url: issuer.requestUrl,
        token: await issuer.requestTokenFor(job),
        variables: issuer.jobVariables(),
      }));
    default:
      return notFound;
  }
}

/** GitHub's protocol: the request token says which job it is; the audience defaults to the owner's address. */
async function answerTokenRequest(
  issuer: LocalGitHubIssuer,
  now: () => Date,
  request: IncomingMessage,
  url: URL,
): Promise<Answer> {
  const requestToken = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const job = requestToken === undefined ? undefined : await jobOf(issuer.signingKey, requestToken, now());
  if (job === undefined) return { status: 401, body: { message: 'The request token is missing, wrong or expired.' } };
  const audience = url.searchParams.get('audience') ?? `https://github.com/${job.repository.split('/')[0]}`;
  const value = await issuer.mintToken({ ...job, audience });
  return { status: 200, body: { count: value.length, value } };
}

async function withJob(request: IncomingMessage, make: (job: TokenRequest) => Promise<unknown>): Promise<Answer> {
  const job = readJob(await readBody(request));
  if ('problem' in job) return { status: 400, body: { message: job.problem } };
  return { status: 200, body: await make(job.request) };
}

function signToken(key: SigningKey, claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t: key.x5t, kid: key.kid })
    .sign(key.privateKey);
}

function signRequestToken(key: SigningKey, job: Job, now: Date): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000);
  return new SignJWT({ job, iss: requestTokenIssuer, iat: seconds, exp: seconds + requestTokenLifetimeSeconds })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256' })
    .sign(key.requestSecret);
}

async function jobOf(key: SigningKey, requestToken: string, now: Date): Promise<Job | undefined> {
  const options = { algorithms: ['HS256'], issuer: requestTokenIssuer, currentDate: now };
  const verified = await jwtVerify<{ job: Job }>(requestToken, key.requestSecret, options).catch(() => undefined);
  return verified?.payload.job;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    // Read to its end either way, so that the sender gets its answer.
    if (size <= maxBodyBytes) chunks.push(chunk);
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks).toString() : '';
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
