/**
 * The Distribution API of the embedded registry, as a translation onto ECR's own operations: whoever may do a thing by the API of
 * ECR may do it by `docker push`, and nobody else, because the same handlers decide.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
 */
import type {
  BatchCheckLayerAvailabilityResponse,
  BatchGetImageResponse,
  GetDownloadUrlForLayerResponse,
  ListImagesResponse,
  PutImageResponse,
} from '@aws-sdk/client-ecr';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account, Caller } from '../account.ts';
import { perform } from '../answer.ts';
import { checkAuthorized } from '../authorization.ts';
import { bearerOf } from '../ecr/authorization-token.ts';
import type { EmbeddedAwsHooks } from '../hooks.ts';
import { chunksOf } from './body.ts';
import { faultOf, RegistryRefusal, type RegistryFault } from './faults.ts';
import { routeOf, type Route } from './routes.ts';
import { abandon, beginUpload, finishUpload, receive, uploadOf } from './uploads.ts';

/** Characters of a manifest: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html */
const MAX_MANIFEST = 4_194_304;

/** Asks ECR as the request's caller. */
export type AskEcr = <Answer extends object>(operation: string, input: object) => Promise<Answer>;

/** One request on its way through the registry. */
export interface RegistryCall {
  readonly account: Account;
  readonly ask: AskEcr;
  /** Refuses a caller who may not do this to a repository, before anything is done. @throws AwsFault */
  readonly check: (operation: 'UploadLayerPart', repositoryName: string) => void;
  readonly incoming: IncomingMessage;
  readonly query: URLSearchParams;
}

/** What the registry answers. */
export interface RegistryAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string;
}

/** A hook wants the connection cut. */
class Disconnect extends Error {}

/** Answers a request to `/v2/`. */
export async function answerRegistry(
  account: Account,
  hooks: EmbeddedAwsHooks,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = incoming;
  const [path = '/', query = ''] = url.split('?', 2);
  const route = routeOf(path);
  let answer: RegistryAnswer;
  try {
    const caller = authenticated(account, incoming.headers.authorization);
    const ask = asking(account, hooks, caller);
    const check: RegistryCall['check'] = (operation, repositoryName) =>
      checkAuthorized({ account, caller }, 'ecr', operation, { registryId: account.id, repositoryName });
    answer = await answerTo(route, method, { account, ask, check, incoming, query: new URLSearchParams(query) });
  } catch (error) {
    if (error instanceof Disconnect || incoming.errored !== null) return void response.destroy();
    answer = refusal(account, faultOf(error, invalidCode(route, method)));
  }
  // Whoever is refused may still be sending.
  incoming.resume();
  const body = answer.body ?? '';
  response.writeHead(answer.status, {
    'docker-distribution-api-version': 'registry/2.0',
    ...(answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...answer.headers,
  });
  response.end(method === 'HEAD' ? undefined : body);
}

function asking(account: Account, hooks: EmbeddedAwsHooks, caller: Caller): AskEcr {
  return async <Answer extends object>(operation: string, input: object): Promise<Answer> => {
    const output = await perform({ account, caller }, hooks, 'ecr', operation, { registryId: account.id, ...input });
    if (output === 'disconnect') throw new Disconnect();
    return output as Answer;
  };
}

/** Basic credentials: the user `AWS`, and a token of GetAuthorizationToken. */
function authenticated(account: Account, header: string | undefined): Caller {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  const [, secret] = /^AWS:(.+)$/s.exec(Buffer.from(basic ?? '', 'base64').toString('utf8')) ?? [];
  const bearer = secret === undefined ? 'unknown' : bearerOf(account, secret);
  if (bearer === 'unknown') throw new RegistryRefusal(401, 'UNAUTHORIZED', 'Not Authorized');
  if (bearer !== 'expired') return bearer;
  throw new RegistryRefusal(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.');
}

function refusal(account: Account, { status, code, message }: RegistryFault): RegistryAnswer {
  const challenge = { 'www-authenticate': `Basic realm="${account.endpoint()}/",service="ecr.amazonaws.com"` };
  return {
    status,
    headers: { 'content-type': 'application/json', ...(status === 401 ? challenge : {}) },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

function invalidCode(route: Route | undefined, method: string): string {
  if (route?.kind === 'manifest') return method === 'PUT' ? 'MANIFEST_INVALID' : 'TAG_INVALID';
  return route?.kind === 'blob' || route?.kind === 'upload' ? 'DIGEST_INVALID' : 'NAME_INVALID';
}

async function answerTo(route: Route | undefined, method: string, call: RegistryCall): Promise<RegistryAnswer> {
  const reads = method === 'GET' || method === 'HEAD';
  switch (route?.kind) {
    case undefined:
      throw new RegistryRefusal(404, 'UNSUPPORTED', 'The registry has no such path');
    case 'base':
      if (reads) return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
      break;
    case 'blob':
      if (method === 'HEAD') return headBlob(call, route.name, route.digest);
      if (method === 'GET') return getBlob(call, route.name, route.digest);
      break;
    case 'manifest':
      if (reads) return getManifest(call, route.name, route.reference);
      if (method === 'PUT') return putManifest(call, route.name, route.reference);
      break;
    case 'tags':
      if (reads) return listTags(call, route.name);
      break;
    case 'uploads':
      if (method === 'POST') return startUpload(call, route.name);
      break;
    case 'upload':
      return answerUpload(call, method, route.name, route.id);
  }
  throw unsupported();
}

function unsupported(): RegistryRefusal {
  return new RegistryRefusal(405, 'UNSUPPORTED', 'The operation is unsupported.');
}

// ---- Blobs ----------------------------------------------------------------------------------------------------------

async function headBlob({ ask }: RegistryCall, repositoryName: string, digest: string): Promise<RegistryAnswer> {
  const { layers = [], failures = [] } = await ask<BatchCheckLayerAvailabilityResponse>('BatchCheckLayerAvailability', {
    repositoryName,
    layerDigests: [digest],
  });
  const [failure] = failures;
  if (failure !== undefined) throw new RegistryRefusal(400, 'DIGEST_INVALID', failure.failureReason ?? '');
  const [layer] = layers;
  if (layer?.layerAvailability !== 'AVAILABLE') throw new RegistryRefusal(404, 'BLOB_UNKNOWN', 'Layer not found');
  return {
    status: 200,
    headers: {
      'content-length': layer.layerSize ?? 0,
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
    },
  };
}

async function getBlob({ ask }: RegistryCall, repositoryName: string, digest: string): Promise<RegistryAnswer> {
  try {
    const answer = await ask<GetDownloadUrlForLayerResponse>('GetDownloadUrlForLayer', {
      repositoryName,
      layerDigest: digest,
    });
    return { status: 307, headers: { location: answer.downloadUrl ?? '', 'docker-content-digest': digest } };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LayersNotFoundException') throw error;
    throw new RegistryRefusal(404, 'BLOB_UNKNOWN', (error as Error).message);
  }
}

// ---- Manifests and tags ---------------------------------------------------------------------------------------------

function imageIdOf(reference: string): { readonly imageDigest: string } | { readonly imageTag: string } {
  return reference.includes(':') ? { imageDigest: reference } : { imageTag: reference };
}

async function getManifest({ ask }: RegistryCall, repositoryName: string, reference: string): Promise<RegistryAnswer> {
  const { images = [], failures = [] } = await ask<BatchGetImageResponse>('BatchGetImage', {
    repositoryName,
    imageIds: [imageIdOf(reference)],
  });
  const [image] = images;
  if (image === undefined)
    throw new RegistryRefusal(404, 'MANIFEST_UNKNOWN', failures[0]?.failureReason ?? 'Requested image not found');
  const body = image.imageManifest ?? '';
  return {
    status: 200,
    headers: {
      'content-type': image.imageManifestMediaType ?? '',
      'docker-content-digest': image.imageId?.imageDigest ?? '',
    },
    body,
  };
}

async function putManifest(call: RegistryCall, repositoryName: string, reference: string): Promise<RegistryAnswer> {
  const { ask, incoming } = call;
  const imageManifest = await readManifestBody(incoming);
  const type = incoming.headers['content-type']?.split(';')[0]?.trim();
  const imageId = imageIdOf(reference);
  const put = ask<PutImageResponse>('PutImage', {
    repositoryName,
    imageManifest,
    ...(type === undefined || type === '' ? {} : { imageManifestMediaType: type }),
    ...imageId,
  });
  const digest = await put.then(
    ({ image }) => image?.imageId?.imageDigest,
    (error: unknown) => digestOfPresent(error),
  );
  return {
    status: 201,
    headers: { location: `/v2/${repositoryName}/manifests/${reference}`, 'docker-content-digest': digest ?? '' },
  };
}

/** Pushing what is there already is no error to a registry. */
function digestOfPresent(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const digest = code === 'ImageAlreadyExistsException' ? /sha256:[0-9a-f]{64}/.exec(String(message))?.[0] : undefined;
  if (digest === undefined) throw error;
  return digest;
}

async function readManifestBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunksOf(incoming)) {
    size += chunk.length;
    if (size > MAX_MANIFEST)
      throw new RegistryRefusal(413, 'SIZE_INVALID', `A manifest has at most ${MAX_MANIFEST} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  // Its digest is over the bytes, which text that is not UTF-8 would not give back.
  if (!Buffer.from(text, 'utf8').equals(bytes))
    throw new RegistryRefusal(400, 'MANIFEST_INVALID', 'The manifest is not UTF-8');
  return text;
}

async function listTags({ ask, query }: RegistryCall, repositoryName: string): Promise<RegistryAnswer> {
  const tags = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page: ListImagesResponse = await ask<ListImagesResponse>('ListImages', {
      repositoryName,
      maxResults: 1000,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    for (const { imageTag } of page.imageIds ?? []) if (imageTag !== undefined) tags.add(imageTag);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  const last = query.get('last') ?? '';
  const rest = [...tags].filter((tag) => tag > last).toSorted((a, b) => (a < b ? -1 : 1));
  const size = /^\d{1,6}$/.test(query.get('n') ?? '') ? Number(query.get('n')) : rest.length;
  const page = rest.slice(0, size);
  const end = page.at(-1);
  const isMore = page.length < rest.length && end !== undefined;
  const link = `</v2/${repositoryName}/tags/list?n=${size}&last=${encodeURIComponent(end ?? '')}>; rel="next"`;
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...(isMore ? { link } : {}) },
    body: JSON.stringify({ name: repositoryName, tags: page }),
  };
}

// ---- Uploads --------------------------------------------------------------------------------------------------------

/** Mounting from another repository is answered with an upload, as ECR does unless an account switches it on. */
async function startUpload(call: RegistryCall, name: string): Promise<RegistryAnswer> {
  const id = await beginUpload(call, name);
  const digest = call.query.get('digest');
  if (digest !== null) return putUpload(call, name, id, digest);
  return progress(name, id, 0);
}

async function answerUpload(call: RegistryCall, method: string, name: string, id: string): Promise<RegistryAnswer> {
  // Bytes that are too few for a part of ECR's do not reach it: whoever may not send any must not send these.
  call.check('UploadLayerPart', name);
  const { received } = uploadOf(call.account, name, id);
  switch (method) {
    case 'GET':
      return { ...progress(name, id, received), status: 204 };
    case 'PATCH':
      return progress(name, id, await receive(call, name, id));
    case 'PUT':
      return putUpload(call, name, id, call.query.get('digest') ?? '');
    case 'DELETE':
      abandon(call.account, id);
      return { status: 204 };
    default:
      throw unsupported();
  }
}

async function putUpload(call: RegistryCall, name: string, id: string, digest: string): Promise<RegistryAnswer> {
  await receive(call, name, id);
  await finishUpload(call, name, id, digest);
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}

function progress(name: string, id: string, received: number): RegistryAnswer {
  return {
    status: 202,
    headers: {
      location: `/v2/${name}/blobs/uploads/${id}`,
      'docker-upload-uuid': id,
      range: `0-${Math.max(0, received - 1)}`,
    },
  };
}
