/** The embedded registry: the Distribution API, decided by ECR's own handlers. */
import { CreateRepositoryCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'tap';
import type { Test } from 'tap';
import { openBlobs } from '../../src/local/aws/blobs.ts';
import {
  ADMIN,
  assume,
  digestOf,
  manifestOf,
  seed,
  start,
  token,
  type Credentials,
  type Running,
} from './aws-support.ts';

const MIB = 1024 * 1024;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** How one caller reaches the registry. */
type Registry = (method: string, path: string, sent?: Sent) => Promise<Response>;
interface Sent {
  readonly body?: NonNullable<RequestInit['body']>;
  readonly headers?: Readonly<Record<string, string>>;
}

async function passwordOf(aws: Running, credentials: Credentials): Promise<string> {
  const { authorizationData } = await aws.ecr(credentials).send(new GetAuthorizationTokenCommand({}));
  return authorizationData?.[0]?.authorizationToken ?? '';
}

function registryOf({ endpoint }: Running, authorization?: string): Registry {
  return (method, path, { body, headers } = {}) =>
    fetch(path.startsWith('http') ? path : `${endpoint}${path}`, {
      redirect: 'manual',
      method,
      ...(body === undefined ? {} : { body }),
      headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
    });
}

async function login(aws: Running, credentials: Credentials): Promise<Registry> {
  return registryOf(aws, `Basic ${await passwordOf(aws, credentials)}`);
}

/** A world, its push role's registry, and the administrator's. */
async function ready(t: Test, options: Parameters<typeof start>[1] = {}) {
  const aws = await start(t, options);
  await seed(aws);
  const at = options.now?.();
  const role = await login(aws, await assume(aws, await token({}, at === undefined ? {} : { at })));
  return { aws, role, admin: await login(aws, ADMIN) };
}

async function pushBlob(registry: Registry, name: string, bytes: Uint8Array): Promise<Response> {
  const begun = await registry('POST', `/v2/${name}/blobs/uploads/`);
  const digest = encodeURIComponent(digestOf(bytes));
  return registry('PUT', `${begun.headers.get('location')}?digest=${digest}`, { body: new Uint8Array(bytes) });
}

async function pushTag(registry: Registry, name: string, tag: string, content: string): Promise<Response> {
  const [config, layer] = [Buffer.from(`{"of":"${content}"}`), Buffer.from(content)];
  for (const blob of [config, layer]) await pushBlob(registry, name, blob);
  const body = manifestOf(config, layer);
  return registry('PUT', `/v2/${name}/manifests/${tag}`, { body, headers: { 'content-type': MANIFEST } });
}

async function refusal(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: readonly { readonly code: string }[] };
  return `${response.status} ${errors[0]?.code}`;
}

void test('what a workflow pushes is pulled back byte for byte, by tag and by digest', async (t) => {
  const { role } = await ready(t);
  t.equal((await role('GET', '/v2/')).status, 200);
  const pushed = await pushTag(role, 'koa/app', '1.0.0', 'layer');
  t.equal(pushed.status, 201);
  const digest = pushed.headers.get('docker-content-digest') ?? '';
  for (const reference of ['1.0.0', digest]) {
    const got = await role('GET', `/v2/koa/app/manifests/${reference}`);
    t.match(Object.fromEntries(got.headers), { 'docker-content-digest': digest, 'content-type': MANIFEST });
    t.equal(digestOf(await got.text()), digest);
    const head = await role('HEAD', `/v2/koa/app/manifests/${reference}`);
    t.equal(head.headers.get('content-length'), got.headers.get('content-length'));
    t.equal(await head.text(), '');
  }
  const blob = `/v2/koa/app/blobs/${digestOf('layer')}`;
  t.equal((await role('HEAD', blob)).headers.get('content-length'), '5');
  const redirect = await role('GET', blob);
  t.equal(redirect.status, 307);
  const layer = await fetch(redirect.headers.get('location') ?? '');
  t.equal(layer.headers.get('content-length'), '5');
  t.equal(await layer.text(), 'layer');
});

void test('a layer comes whole or in pieces of any size', async (t) => {
  const { role } = await ready(t);
  const layer = randomBytes(22 * MIB + 1);
  for (const [title, cuts] of [
    ['in one PATCH', [layer.length]],
    ['in the PUT', []],
    ['a large piece, then small ones', [20 * MIB + 1, 20 * MIB + 2, 21 * MIB]],
    ['small pieces first', [1, 2, 6 * MIB, 6 * MIB + 1]],
  ] as const) {
    const bytes = Buffer.concat([Buffer.from(title), layer]);
    let { headers } = await role('POST', '/v2/koa/app/blobs/uploads/');
    let at = 0;
    for (const cut of cuts) {
      const patched = await role('PATCH', headers.get('location') ?? '', { body: bytes.subarray(at, cut) });
      t.equal(patched.status, 202);
      t.equal(patched.headers.get('range'), `0-${cut - 1}`);
      ({ headers } = patched);
      at = cut;
    }
    const finished = await role('PUT', `${headers.get('location')}?digest=${digestOf(bytes)}`, {
      body: bytes.subarray(at),
    });
    t.equal(finished.status, 201, `${title}: ${await finished.text()}`);
    const redirect = await role('GET', `/v2/koa/app/blobs/${digestOf(bytes)}`);
    const back = Buffer.from(await (await fetch(redirect.headers.get('location') ?? '')).arrayBuffer());
    t.ok(back.equals(bytes), title);
  }
});

void test('what is pushed twice is no error; a tag that is immutable is', async (t) => {
  const { aws, admin } = await ready(t);
  await aws.ecr().send(new CreateRepositoryCommand({ repositoryName: 'fixed', imageTagMutability: 'IMMUTABLE' }));
  t.equal((await pushTag(admin, 'fixed', 'v1', 'one')).status, 201);
  t.equal((await pushTag(admin, 'fixed', 'v1', 'one')).status, 201);
  const moved = await pushTag(admin, 'fixed', 'v1', 'two');
  t.equal(moved.status, 400);
  t.match(await moved.json(), { errors: [{ code: 'TAG_INVALID', message: /'v1' already exists .* immutable/ }] });
  t.equal((await pushTag(admin, 'fixed', 'v2', 'two')).status, 201);
});

void test('whoever has no token, or not one of this registry, is asked for one', async (t) => {
  const { aws } = await ready(t);
  const password = Buffer.from(await passwordOf(aws, ADMIN), 'base64').toString();
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  for (const authorization of [
    undefined,
    '',
    'Basic',
    basic('AWS:'),
    basic('AWS:x'),
    basic(password.replace('AWS', 'aws')),
    basic(`${password}x`),
    `Bearer ${Buffer.from(password).toString('base64')}`,
  ]) {
    const answer = await registryOf(aws, authorization)('GET', '/v2/');
    t.match(answer.headers.get('www-authenticate'), /^Basic realm=".*",service="ecr\.amazonaws\.com"$/);
    t.equal(await refusal(answer), '401 UNAUTHORIZED', String(authorization));
  }
});

void test('a token ends with its twelve hours, with its session and with its role', async (t) => {
  let now = new Date('2026-11-25T12:00:00Z');
  const { aws, role, admin } = await ready(t, { now: () => now });
  const later = (minutes: number): void => void (now = new Date(now.getTime() + minutes * 60_000));
  const status = async (registry: Registry) => (await registry('GET', '/v2/')).status;
  t.equal(await status(role), 200);
  later(60);
  t.equal(await refusal(await role('GET', '/v2/')), '403 DENIED', 'the session is over');
  t.equal(await status(admin), 200);
  later(11 * 60);
  t.equal(await refusal(await admin('GET', '/v2/')), '403 DENIED', 'twelve hours are over');

  const again = await login(aws, await assume(aws, await token({}, { at: now })));
  t.equal(await status(again), 200);
  await aws.iam().send(new DeleteRolePolicyCommand({ RoleName: 'github-access-koa', PolicyName: 'push' }));
  t.equal(await refusal(await again('POST', '/v2/koa/app/blobs/uploads/')), '403 DENIED', 'the policy is gone');
  await aws.iam().send(new DeleteRoleCommand({ RoleName: 'github-access-koa' }));
  t.equal(await refusal(await again('GET', '/v2/')), '403 DENIED', 'the role is gone');
});

void test("no request to another department's repository is answered but with DENIED", async (t) => {
  const { aws, role, admin } = await ready(t);
  await pushTag(admin, 'pol/app', 'v1', 'theirs');
  const { headers } = await admin('POST', '/v2/pol/app/blobs/uploads/');
  const upload = headers.get('location') ?? '';
  const stranger = await login(aws, { accessKeyId: 'account-444455556666', secretAccessKey: 'local' });
  const digest = digestOf('theirs');
  const body = manifestOf(Buffer.from('{"of":"theirs"}'), Buffer.from('theirs'));
  for (const [who, registry] of [
    ['another department', role],
    ['another account', stranger],
  ] as const) {
    for (const [method, path, init] of [
      ['POST', '/v2/pol/app/blobs/uploads/', {}],
      ['POST', `/v2/pol/app/blobs/uploads/?digest=${digest}`, { body: 'theirs' }],
      ['POST', `/v2/pol/app/blobs/uploads/?mount=${digest}&from=koa/app`, {}],
      ['PATCH', upload, { body: 'x' }],
      ['PUT', `${upload}?digest=${digest}`, { body: 'x' }],
      ['GET', upload, {}],
      ['DELETE', upload, {}],
      ['GET', `/v2/pol/app/blobs/${digest}`, {}],
      ['GET', '/v2/pol/app/manifests/v1', {}],
      ['PUT', '/v2/pol/app/manifests/v2', { body, headers: { 'content-type': MANIFEST } }],
      ['GET', '/v2/pol/app/tags/list', {}],
    ] as const)
      t.equal(await refusal(await registry(method, path, init)), '403 DENIED', `${who}: ${method} ${path}`);
  }
  t.equal((await admin('GET', upload)).headers.get('range'), '0-0', 'nothing of it came to the upload');
  t.equal((await role('HEAD', `/v2/pol/app/blobs/${digest}`)).status, 403);
  t.equal(await refusal(await role('GET', '/v2/koa/app/tags/list')), '403 DENIED', 'a push role does not list');
});

void test('what is wrong is told by the codes of the specification', async (t) => {
  const { admin } = await ready(t);
  const begin = async (): Promise<string> =>
    (await admin('POST', '/v2/koa/app/blobs/uploads/')).headers.get('location') ?? '';
  const digest = digestOf('other');
  const manifest = { headers: { 'content-type': MANIFEST } };
  for (const [method, path, init, expected] of [
    ['POST', '/v2/none/blobs/uploads/', {}, '404 NAME_UNKNOWN'],
    ['GET', '/v2/none/manifests/v1', {}, '404 NAME_UNKNOWN'],
    ['GET', '/v2/koa/app/manifests/v1', {}, '404 MANIFEST_UNKNOWN'],
    ['GET', `/v2/koa/app/manifests/${digest}`, {}, '404 MANIFEST_UNKNOWN'],
    ['GET', `/v2/koa/app/blobs/${digest}`, {}, '404 BLOB_UNKNOWN'],
    ['GET', '/v2/koa/app/blobs/sha256:x', {}, '400 DIGEST_INVALID'],
    ['PATCH', '/v2/koa/app/blobs/uploads/none', {}, '404 BLOB_UPLOAD_UNKNOWN'],
    ['PATCH', (await begin()).replace('koa/app', 'pol/app'), {}, '404 BLOB_UPLOAD_UNKNOWN'],
    ['PATCH', await begin(), { body: 'x', headers: { 'content-range': '1-1' } }, '416 BLOB_UPLOAD_INVALID'],
    ['PUT', await begin(), { body: 'x' }, '400 DIGEST_INVALID'],
    ['PUT', `${await begin()}?digest=${digest}`, { body: 'x' }, '400 DIGEST_INVALID'],
    ['PUT', `${await begin()}?digest=${digestOf('')}`, {}, '400 BLOB_UPLOAD_INVALID'],
    ['PUT', '/v2/koa/app/manifests/v1', { ...manifest, body: '{' }, '400 MANIFEST_INVALID'],
    [
      'PUT',
      '/v2/koa/app/manifests/v1',
      { ...manifest, body: new Uint8Array([0x22, 0xff, 0x22]) },
      '400 MANIFEST_INVALID',
    ],
    ['PUT', '/v2/koa/app/manifests/v1', { ...manifest, body: ' '.repeat(4_194_305) }, '413 SIZE_INVALID'],
    [
      'PUT',
      '/v2/koa/app/manifests/v1',
      { ...manifest, body: manifestOf(Buffer.from('no'), Buffer.from('no')) },
      '400 MANIFEST_BLOB_UNKNOWN',
    ],
    ['DELETE', '/v2/koa/app/manifests/v1', {}, '405 UNSUPPORTED'],
    ['GET', '/v2/_catalog', {}, '404 UNSUPPORTED'],
  ] as const)
    t.equal(await refusal(await admin(method, path, init)), expected, `${method} ${path}`);
  const mounted = await admin('POST', `/v2/koa/app/blobs/uploads/?mount=${digest}&from=pol/app`);
  t.equal(mounted.status, 202, 'mounting is answered with an upload');
  t.equal((await admin('DELETE', mounted.headers.get('location') ?? '')).status, 204);
  t.equal((await admin('GET', mounted.headers.get('location') ?? '')).status, 404);
});

void test('an index of images is taken when its images are there, and tags come in pages', async (t) => {
  const { admin } = await ready(t);
  const image = await pushTag(admin, 'koa/app', 'amd64', 'amd64');
  const digest = image.headers.get('docker-content-digest') ?? '';
  const type = 'application/vnd.oci.image.index.v1+json';
  const indexOf = (of: string) =>
    JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [{ mediaType: MANIFEST, digest: of, size: 1 }] });
  const put = (tag: string, body: string) =>
    admin('PUT', `/v2/koa/app/manifests/${tag}`, { body, headers: { 'content-type': type } });
  t.equal((await put('multi', indexOf(digest))).status, 201);
  t.equal(await refusal(await put('broken', indexOf(digestOf('none')))), '400 MANIFEST_BLOB_UNKNOWN');
  await pushTag(admin, 'koa/app', 'b', 'amd64');

  const seen: string[] = [];
  let path: string | undefined = '/v2/koa/app/tags/list?n=1';
  while (path !== undefined) {
    const page: Response = await admin('GET', path);
    const { tags } = (await page.json()) as { readonly tags: readonly string[] };
    t.ok(tags.length <= 1);
    seen.push(...tags);
    path = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
  }
  t.strictSame(seen, ['amd64', 'b', 'multi']);
});

void test('with a directory a layer is on disk, and so are tokens; what was begun is gone with the process', async (t) => {
  const dataDir = t.testdir();
  const first = await start(t, { dataDir });
  await seed(first);
  const authorization = `Basic ${await passwordOf(first, ADMIN)}`;
  const registry = registryOf(first, authorization);
  t.equal((await pushTag(registry, 'koa/app', 'v1', 'kept')).status, 201);
  t.ok(existsSync(`${dataDir}/layers/${digestOf('kept').slice('sha256:'.length)}`));
  const { headers } = await registry('POST', '/v2/koa/app/blobs/uploads/');
  await registry('PATCH', headers.get('location') ?? '', { body: randomBytes(6 * MIB) });
  t.equal(readdirSync(`${dataDir}/layers/begun`).length, 1);
  await first.close();

  const second = await start(t, { dataDir });
  t.equal(readdirSync(`${dataDir}/layers/begun`).length, 0);
  const got = await registryOf(second, authorization)('GET', '/v2/koa/app/manifests/v1');
  t.equal(got.status, 200);
});

void test('with a directory a layer of 45 MiB in one piece is kept, and read again by the next process', async (t) => {
  const dataDir = t.testdir();
  const first = await start(t, { dataDir });
  await seed(first);
  const authorization = `Basic ${await passwordOf(first, ADMIN)}`;
  const registry = registryOf(first, authorization);
  const layer = randomBytes(45 * MIB);
  const begun = await registry('POST', '/v2/koa/app/blobs/uploads/');
  const location = begun.headers.get('location') ?? '';
  t.equal((await registry('PATCH', location, { body: new Uint8Array(layer) })).status, 202);
  const digest = digestOf(layer);
  t.equal((await registry('PUT', `${location}?digest=${encodeURIComponent(digest)}`)).status, 201);
  await first.close();
  const second = registryOf(await start(t, { dataDir }), authorization);
  const { status, headers } = await second('GET', `/v2/koa/app/blobs/${digest}`);
  t.equal(status, 307);
  const read = await second('GET', headers.get('location') ?? '');
  t.equal(digestOf(new Uint8Array(await read.arrayBuffer())), digest);
});

void test('what is held for unfinished uploads is bounded, and room comes back', async (t) => {
  const { admin } = await ready(t);
  // Just too little for a part of ECR's, so it is held.
  const body = Buffer.alloc(5 * MIB - 1);
  const begin = async () => (await admin('POST', '/v2/koa/app/blobs/uploads/')).headers.get('location') ?? '';
  const uploads: string[] = [];
  let refused: string | undefined;
  while (refused === undefined && uploads.length < 100) {
    const upload = await begin();
    const answer = await admin('PATCH', upload, { body });
    if (answer.status === 202) uploads.push(upload);
    else refused = await refusal(answer);
  }
  t.equal(refused, '429 TOOMANYREQUESTS');
  t.equal(uploads.length, 51);
  await admin('DELETE', uploads[0] ?? '');
  t.equal((await admin('PATCH', await begin(), { body })).status, 202);
});

void test('layers in memory have a bound, which blobs that are thrown away give back', (t) => {
  const blobs = openBlobs(undefined, 10);
  const first = blobs.begin();
  first.append(Buffer.alloc(6));
  const second = blobs.begin();
  t.throws(() => second.append(Buffer.alloc(5)), /of layers in memory/);
  first.discard();
  second.append(Buffer.alloc(10));
  second.keep();
  t.throws(() => blobs.begin().append(Buffer.alloc(1)), /of layers in memory/);
  t.equal(blobs.get(digestOf(Buffer.alloc(10)))?.size, 10);
  t.end();
});
