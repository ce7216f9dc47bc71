/**
 * Plays a table of client × action × expected on the embedded registry, with clients that others wrote: `skopeo` (Debian's) and
 * `crane`. Each plays on a service of its own, after the demo's story.
 *
 *     node --import=tsx scripts/registry-clients.ts
 */
import { CreateRepositoryCommand, DescribeImagesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAws } from '../src/aws/clients.ts';
import { composeApi } from '../src/compose/compose-api.ts';
import { loadContracts } from '../src/contract/contract-source.ts';
import { LOCAL_CREDENTIALS, startEmbedded } from '../src/local/embedded.ts';
import { assumePushRole, type Credentials } from '../src/local/push-image.ts';
import { STORY } from '../src/local/story.ts';
import { KOA, newWorld } from '../src/local/story-world.ts';
import { writeLayout } from './oci-layout.ts';

const CRANE = 'github.com/google/go-containerregistry/cmd/crane@v0.22.1';
const HOUR = 3_600_000;
const run = promisify(execFile);

/** A client of registries; `login` is a folder that holds what it was logged in with. */
interface Client {
  readonly name: string;
  readonly logIn: (login: string, host: string, password: string) => readonly string[];
  readonly push: (login: string, layout: string, image: string) => readonly string[];
  readonly pull: (login: string, image: string, layout: string) => readonly string[];
}

const SKOPEO: Client = {
  name: 'skopeo',
  logIn: (login, host, password) => [
    'skopeo',
    'login',
    '--authfile',
    `${login}/config.json`,
    '--tls-verify=false',
    '-u',
    'AWS',
    '-p',
    password,
    host,
  ],
  push: (login, layout, image) => [
    'skopeo',
    'copy',
    '--all',
    '--insecure-policy',
    '--dest-tls-verify=false',
    '--dest-authfile',
    `${login}/config.json`,
    `oci:${layout}:image`,
    `docker://${image}`,
  ],
  pull: (login, image, layout) => [
    'skopeo',
    'copy',
    '--all',
    '--insecure-policy',
    '--src-tls-verify=false',
    '--src-authfile',
    `${login}/config.json`,
    `docker://${image}`,
    `oci:${layout}:image`,
  ],
};

/** Takes the folder that it was logged in with from `DOCKER_CONFIG`. */
function craneAt(path: string): Client {
  return {
    name: 'crane',
    logIn: (_, host, password) => [path, 'auth', 'login', host, '-u', 'AWS', '-p', password],
    push: (_, layout, image) => [path, 'push', layout, image],
    pull: (_, image, layout) => [path, 'pull', '--format=oci', image, layout],
  };
}

function clients(): readonly Client[] {
  const found: Client[] = [];
  if (spawnSync('skopeo', ['--version']).status === 0) found.push(SKOPEO);
  else process.stdout.write('not run: skopeo is not here, and could not be installed\n');
  const cache = fileURLToPath(new URL('../node_modules/.cache/crane-0.22.1', import.meta.url));
  const path = join(cache, 'crane');
  const install = (): boolean =>
    spawnSync('go', ['install', CRANE], { env: { ...process.env, GOBIN: cache }, stdio: 'inherit' }).status === 0;
  if (existsSync(path) || install()) found.push(craneAt(path));
  else process.stdout.write(`not run: crane; Go could not install ${CRANE}\n`);
  return found;
}

/** Plays the table with one client. @returns how many rows there were, and how many did not hold */
async function play(client: Client, folder: string): Promise<{ readonly rows: number; readonly failed: number }> {
  let now = (): Date => new Date();
  const embedded = await startEmbedded({ aws: { now: () => now() } });
  const { config, endpoints, jwksFetch } = embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  const world = newWorld(embedded, await app.listen({ port: 0, host: '127.0.0.1' }));
  for (const step of STORY) await step.play(world);
  const { endpoint } = embedded.aws;
  const host = new URL(endpoint).host;
  const aws = (credentials: Credentials) => connectAws({ region: config.aws.region, endpoint, credentials }).ecr;
  const tags = [{ Key: 'ecp:department', Value: 'pol' }];
  await aws(LOCAL_CREDENTIALS).send(new CreateRepositoryCommand({ repositoryName: 'pol-service', tags }));

  const call = async (login: string, [command = '', ...args]: readonly string[]): Promise<string> => {
    const env = { ...process.env, DOCKER_CONFIG: login, NO_PROXY: '127.0.0.1' };
    return run(command, args, { env }).then(
      () => 'ok',
      (error: unknown) => String((error as { stderr?: unknown }).stderr),
    );
  };
  /** Logs the client in as whoever has these credentials. */
  const logIn = async (name: string, credentials: Credentials): Promise<string> => {
    const { authorizationData } = await aws(credentials).send(new GetAuthorizationTokenCommand({}));
    const [, password = ''] = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    const login = join(folder, name);
    mkdirSync(login);
    await row(`logs in: ${name}`, call(login, client.logIn(login, host, password)), 'ok');
    return login;
  };
  let rows = 0;
  let failed = 0;
  const row = async (action: string, came: Promise<string>, expected: 'ok' | RegExp): Promise<void> => {
    const result = await came;
    const held = expected === 'ok' ? result === 'ok' : result !== 'ok' && expected.test(result);
    rows += 1;
    if (!held) failed += 1;
    const said = held ? '' : `: ${result}`;
    process.stdout.write(`${held ? 'ok' : 'not ok'} - ${client.name}: ${action}: ${String(expected)}${said}\n`);
  };
  const image = (name: string, tag: string): string => `${host}/${name}:${tag}`;
  const layout = (name: string): string => join(folder, name);
  // A HEAD that is refused has no body to say more.
  const DENIED = /denied: .*not authorized|403 \(?Forbidden/i;
  const small = writeLayout(layout('small'), Buffer.from('small'));
  writeLayout(layout('other'), Buffer.from('other'));
  const large = writeLayout(layout('large'), randomBytes(45 * 1024 * 1024));
  const index = writeLayout(layout('index'), Buffer.from('index'), { platforms: ['amd64', 'arm64'] });
  /** Pulls, and holds what came to the digest that was pushed. */
  const pull = async (login: string, tag: string, digest: string): Promise<string> => {
    const to = join(folder, `pulled-${rows}`);
    const result = await call(login, client.pull(login, image('giftcard-service', tag), to));
    if (result !== 'ok') return result;
    const { manifests } = JSON.parse(readFileSync(join(to, 'index.json'), 'utf8')) as {
      readonly manifests: readonly { readonly digest: string }[];
    };
    return manifests[0]?.digest === digest ? 'ok' : `pulled ${manifests[0]?.digest}, not ${digest}`;
  };

  try {
    const assume = async () =>
      assumePushRole(
        { endpoint, region: config.aws.region },
        world.learned.roleArn,
        await world.tokenFor(KOA, config.aws.stsAudience),
      );
    const workflow = await logIn('workflow', await assume());
    const push = (login: string, from: string, to: string) => call(login, client.push(login, layout(from), to));
    await row('pushes', push(workflow, 'small', image('giftcard-service', 'v1')), 'ok');
    await row('pulls what it pushed', pull(workflow, 'v1', small), 'ok');
    await row('pushes the same again', push(workflow, 'small', image('giftcard-service', 'v1')), 'ok');
    await row(
      'pushes another image to the immutable tag',
      push(workflow, 'other', image('giftcard-service', 'v1')),
      /immutable/,
    );
    await row("pushes to another department's repository", push(workflow, 'small', image('pol-service', 'v1')), DENIED);
    await row('pushes to a repository that is not there', push(workflow, 'small', image('none', 'v1')), DENIED);
    await row('pushes a layer of 45 MiB', push(workflow, 'large', image('giftcard-service', 'large')), 'ok');
    await row('pulls it', pull(workflow, 'large', large), 'ok');
    await row('pushes an index of two platforms', push(workflow, 'index', image('giftcard-service', 'multi')), 'ok');
    await row('pulls it', pull(workflow, 'multi', index), 'ok');
    const account = (id: string): Credentials => ({ accessKeyId: `account-${id}`, secretAccessKey: 'local' });
    const listed = await logIn('listed account', account('931827427725'));
    await row('a listed account pulls', pull(listed, 'v1', small), 'ok');
    await row('a listed account pushes', push(listed, 'other', image('giftcard-service', 'v2')), DENIED);
    const unlisted = await logIn('unlisted account', account('111122223333'));
    await row('an unlisted account pulls', pull(unlisted, 'v1', small), DENIED);
    const revocation = `/v1/departments/koa/grants/${world.learned.grant}?revokeSessions=true`;
    await world.ask(KOA, 'DELETE', revocation, 200);
    await row(
      'pushes after the grant and its sessions were revoked',
      push(workflow, 'other', image('giftcard-service', 'v3')),
      DENIED,
    );
    await row(
      'gets new credentials after the revocation',
      assume().then(() => 'ok', String),
      /not authorized/i,
    );
    now = () => new Date(Date.now() + 13 * HOUR);
    await row('pulls with an expired token', pull(listed, 'v1', small), /expired|denied/i);
    const { imageDetails = [] } = await aws(LOCAL_CREDENTIALS).send(
      new DescribeImagesCommand({ repositoryName: 'giftcard-service' }),
    );
    const pushed = imageDetails
      .flatMap(({ imageTags = [] }) => imageTags)
      .filter((tag) => /^(?:v\d|large|multi)$/.test(tag));
    await row(
      'ECR has what was allowed, and nothing else',
      Promise.resolve(pushed.toSorted((a, b) => (a < b ? -1 : 1)).join()),
      /^large,multi,v1$/,
    );
  } finally {
    await app.close();
    await embedded.close();
  }
  return { rows, failed };
}

let rows = 0;
let failed = 0;
for (const client of clients()) {
  const folder = mkdtempSync(join(tmpdir(), 'registry-clients-'));
  try {
    const played = await play(client, folder);
    rows += played.rows;
    failed += played.failed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.stdout.write(`${rows - failed} of ${rows} rows of the registry's table held\n`);
process.exitCode = failed === 0 && rows > 0 ? 0 : 1;
