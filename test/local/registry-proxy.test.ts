/** The embedded registry under its real name. */
import { CreateRepositoryCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as connect } from 'node:http';
import { request as send } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { connect as tlsConnect } from 'node:tls';
import t, { type Test } from 'tap';
import { startRegistryProxy, type RegistryProxy } from '../../src/local/registry-proxy.ts';
import { ACCOUNT, REGION, start } from './aws-support.ts';

const HOST = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;

interface Tunnel {
  readonly status: number;
  readonly socket: Socket;
}

/** Asks the proxy for a tunnel, as a client of `HTTPS_PROXY` does. */
function tunnel(proxy: RegistryProxy, path: string): Promise<Tunnel> {
  return new Promise((resolve, reject) => {
    const asked = connect(proxy.url, { method: 'CONNECT', path });
    asked.once('connect', ({ statusCode = 0 }, socket: Socket) => resolve({ status: statusCode, socket }));
    asked.once('error', reject);
    asked.end();
  });
}

async function open(t: Test) {
  const aws = await start(t);
  const proxy = await startRegistryProxy({ registryHost: HOST, endpoint: aws.endpoint });
  t.teardown(() => proxy.close());
  return { aws, proxy };
}

/** A request to the registry by its name, through a tunnel, trusting the proxy's certificate and no other. */
async function ask(
  proxy: RegistryProxy,
  method: string,
  path: string,
  authorization: string,
  body?: Buffer,
): Promise<{ readonly status: number; readonly location: string; readonly body: string }> {
  const { socket } = await tunnel(proxy, `${HOST}:443`);
  const secured = tlsConnect({ socket, servername: HOST, ca: proxy.certificate });
  return new Promise((resolve, reject) => {
    const asked = send(
      { method, path, host: HOST, headers: { authorization }, createConnection: () => secured },
      (answer) => {
        const { statusCode: status = 0, headers } = answer;
        text(answer).then((body) => resolve({ status, location: headers.location ?? '', body }), reject);
      },
    );
    asked.once('error', reject);
    asked.end(body);
  });
}

void t.test('the registry answers by its real name, over TLS with a certificate for that name', async (t) => {
  const { aws, proxy } = await open(t);
  await aws.ecr().send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
  const { authorizationData = [] } = await aws.ecr().send(new GetAuthorizationTokenCommand({}));
  const [{ authorizationToken = '', proxyEndpoint = '' } = {}] = authorizationData;
  t.equal(proxyEndpoint, `https://${HOST}`, 'the name that ECR tells its clients');
  const basic = `Basic ${authorizationToken}`;
  t.equal((await ask(proxy, 'GET', '/v2/', basic)).status, 200);
  t.equal((await ask(proxy, 'GET', '/v2/', 'Basic QVdTOm5v')).status, 401);
  const layer = Buffer.alloc(3 * 1024 * 1024, 7);
  const { status, location } = await ask(proxy, 'POST', '/v2/team/app/blobs/uploads/', basic);
  t.equal(status, 202);
  t.equal((await ask(proxy, 'PATCH', location, basic, layer)).status, 202, 'a body of many packets goes through');
});

for (const path of ['example.com:443', `${HOST}:80`, `evil.${HOST}:443`, '127.0.0.1:22', HOST])
  void t.test(`the proxy is no way to anywhere else: ${path}`, async (t) => {
    const { proxy } = await open(t);
    const { status, socket } = await tunnel(proxy, path);
    t.equal(status, 403);
    socket.destroy();
  });

void t.test('a plain request is told what the proxy is for', async (t) => {
  const { proxy } = await open(t);
  const response = await fetch(proxy.url);
  t.equal(response.status, 405);
  t.match(await response.text(), `reaches ${HOST}:443 and nothing else`);
});

void t.test('a password has no character that a command would take for an option’s', async (t) => {
  const { aws } = await open(t);
  for (let draw = 0; draw < 8; draw += 1) {
    const { authorizationData = [] } = await aws.ecr().send(new GetAuthorizationTokenCommand({}));
    const [, password = ''] = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    t.match(password, /^[A-Za-z0-9+/]{64}$/);
  }
});

const COMMAND = ['--import=tsx', 'src/entry/registry-proxy-command.ts'];

void t.test(
  'the command prints variables that lead to the registry, and writes the certificate that they name',
  async (t) => {
    const { aws } = await open(t);
    const folder = await mkdtemp(join(tmpdir(), 'registry proxy-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const certificate = join(folder, "it's.pem");
    const args = ['--aws-port', new URL(aws.endpoint).port, '--port', '0', '--certificate', certificate];
    const child = spawn(process.execPath, [...COMMAND, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => child.kill('SIGKILL'));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 2) break;
    t.match(lines[0], `${HOST} is the embedded registry`);
    const [, url = ''] =
      /^export HTTPS_PROXY=(http:\/\/127\.0\.0\.1:\d+) SSL_CERT_FILE='.*it'\\''s\.pem'$/.exec(lines[1] ?? '') ?? [];
    const proxy = { url, certificate: await readFile(certificate, 'utf8'), close: () => Promise.resolve() };
    t.equal((await ask(proxy, 'GET', '/v2/', '')).status, 401, 'the registry asks who that is');
  },
);

void t.test('the command says what to do where no service runs', async (t) => {
  const { proxy } = await open(t);
  const args = ['--aws-port', new URL(proxy.url).port];
  const child = spawn(process.execPath, [...COMMAND, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = text(child.stderr);
  const code = await new Promise((resolve) => child.once('close', resolve));
  t.equal(code, 2);
  t.match(
    await said,
    /Nothing answers as the embedded AWS at .* Start the service first \(npm start\), or give --aws-port/,
  );
});
