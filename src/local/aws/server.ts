import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JSONWebKeySet } from 'jose';
import { partitionOfRegion } from '../../model/partitions.ts';
import { DEFAULT_QUOTAS } from './account.ts';
import type { Account, Quotas } from './account.ts';
import { answerRequest } from './answer.ts';
import { openBlobs } from './blobs.ts';
import { layerFor } from './ecr/layers.ts';
import type { EmbeddedAwsHooks } from './hooks.ts';
import type { SignedRequest } from './signature.ts';
import { answerRegistry } from './registry/registry.ts';
import { openStore } from './store.ts';

/** What the embedded AWS is started with. */
export interface EmbeddedAwsOptions {
  /** The account that it holds: 12 digits. */
  readonly accountId: string;
  readonly region: string;
  /** Port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** Where state is kept; in memory by default. One process at a time may use a directory. */
  readonly dataDir?: string;
  /** AWS organisation that accounts belong to, as `aws:PrincipalOrgID` gives it. */
  readonly organisationId?: string;
  /** Accounts of the organisation; all that exist by default. */
  readonly organisationAccounts?: readonly string[];
  /** Other accounts that exist; by default all but 000000000000. */
  readonly accounts?: readonly string[];
  readonly now?: () => Date;
  /** Public keys of an OIDC issuer (its URL); asked only for issuers that the account has a provider for. */
  readonly issuerKeys: (issuer: string) => Promise<JSONWebKeySet>;
  /** Seconds until STS knows a fresh role; none by default. */
  readonly roleVisibleAfterSeconds?: number;
  readonly quotas?: Partial<Quotas>;
  readonly hooks?: EmbeddedAwsHooks;
}

/** A running embedded AWS. */
export interface EmbeddedAws {
  /** `endpoint` of the SDK clients for ECR, IAM and STS alike. */
  readonly endpoint: string;
  /** Stops answering and gives the data directory back; may be called again. */
  close(): Promise<void>;
}

/** Bytes of a request: a layer part of 20 MiB in base64, and room around it. */
const MAX_BODY = 32 * 1024 * 1024;

/** Starts an embedded AWS: ECR, IAM and STS of one account, for the real SDK clients, on one endpoint. */
export async function startEmbeddedAws(options: EmbeddedAwsOptions): Promise<EmbeddedAws> {
  if (!/^\d{12}$/.test(options.accountId)) throw new Error('accountId is an AWS account: 12 digits');
  let endpoint = '';
  const account = openAccount(options, () => endpoint);
  const server = createServer((request, response) => {
    respond(account, options.hooks ?? {}, request, response).catch((error: unknown) => {
      console.error('The embedded AWS failed to answer', error);
      response.destroy();
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
  } catch (error) {
    account.store.close();
    throw error;
  }
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  return { endpoint, close: async () => (closed ??= shutDown(server, account)) };
}

async function shutDown(server: Server, account: Account): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  account.store.close();
}

function openAccount(options: EmbeddedAwsOptions, endpoint: () => string): Account {
  const { accounts, accountId, organisationId, organisationAccounts } = options;
  const accountExists = (id: string): boolean =>
    id === accountId || (accounts === undefined ? /^\d{12}$/.test(id) && id !== '000000000000' : accounts.includes(id));
  const partition = partitionOfRegion(options.region);
  if (partition === undefined) throw new Error(`${options.region} is no region of AWS`);
  const inOrganisation = (id: string): boolean => id === accountId || (organisationAccounts?.includes(id) ?? true);
  return {
    id: accountId,
    region: options.region,
    partition,
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    store: openStore(options.dataDir),
    blobs: openBlobs(options.dataDir),
    uploads: new Map(),
    registryUploads: new Map(),
    downloads: new Map(),
    endpoint,
    now: options.now ?? (() => new Date()),
    issuerKeys: options.issuerKeys,
    roleVisibleAfterSeconds: options.roleVisibleAfterSeconds ?? 0,
    accountExists,
    organisationOf: (id) => (inOrganisation(id) ? organisationId : undefined),
  };
}

async function respond(
  account: Account,
  hooks: EmbeddedAwsHooks,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { url = '/' } = incoming;
  if (/^\/v2(?:[/?]|$)/.test(url)) return answerRegistry(account, hooks, incoming, response);
  if (url.startsWith('/layers/')) return sendLayer(account, url, response);
  const body = await bodyOf(incoming);
  if (body === undefined) return void response.writeHead(413).end();
  const requestId = randomUUID();
  const answer = await answerRequest(account, hooks, signedRequest(incoming, body), requestId);
  if (answer === 'disconnect') return void response.destroy();
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'x-amzn-requestid': requestId,
    ...answer.headers,
  });
  response.end(answer.body);
}

/** Layers are fetched by the URL alone, as from the presigned URLs that ECR hands out. */
function sendLayer(account: Account, url: string, response: ServerResponse): void {
  const token = /^\/layers\/([\w-]+)$/.exec(url)?.[1];
  const layer = token === undefined ? undefined : layerFor(account, token);
  if (layer === undefined) response.writeHead(403).end();
  else {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': layer.size });
    layer.open().pipe(response);
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function signedRequest(incoming: IncomingMessage, body: Buffer): SignedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return { method: incoming.method ?? 'POST', url: incoming.url ?? '/', headers, body };
}
