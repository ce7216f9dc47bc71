/** What a port bears of its clients. The limits are set small, and what ends a test is that the service closes the connection. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { composeApi } from '../../src/compose/compose-api.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { PORT_LIMITS, type PortLimits } from '../../src/http/port-limits.ts';
import { KOA, onboardKoaAndPol, startService } from '../support/service.ts';

const service = await startService(t);
await onboardKoaAndPol(service);

async function portOf(t: Test, limits: Partial<PortLimits>): Promise<number> {
  const { config, endpoints, jwksFetch } = service.embedded;
  const portLimits = { ...PORT_LIMITS, checkMilliseconds: 50, ...limits };
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch, portLimits });
  await app.listen({ port: 0, host: '127.0.0.1' });
  t.teardown(() => app.close());
  return (app.server.address() as AddressInfo).port;
}

async function open(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** All that the service says before it closes the connection. */
async function saidUntilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

const head = (token: string): string =>
  `POST /v1/departments/koa/repositories HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"name":`;

await t.test('bytes that are hardly HTTP are answered by 4xx, or by nothing', async (t) => {
  const port = await portOf(t, { requestMilliseconds: 500, headMilliseconds: 300 });
  const authorization = `authorization: Bearer ${await service.token(KOA)}\r\n`;
  const to = (line: string, headers = '', body = '') =>
    `${line}\r\nhost: x\r\nconnection: close\r\n${authorization}${headers}\r\n${body}`;
  const json = 'content-type: application/json\r\n';
  const post = 'POST /v1/departments/koa/repositories?dryRun=true HTTP/1.1';
  const table: Readonly<Record<string, string>> = {
    'a NUL in the path': to('GET /v1/departments/k\0a HTTP/1.1'),
    'bytes above ASCII in the path': to('GET /v1/departments/k\u00f8 HTTP/1.1'),
    'a path without a slash': to('GET v1/whoami HTTP/1.1'),
    'a whole address': to('GET http://x/v1/whoami?x=1 HTTP/1.1'),
    'an address of nothing': to('OPTIONS * HTTP/1.1'),
    'a method of its own': to('BREW /v1/whoami HTTP/1.1'),
    'a tunnel': to('CONNECT x:443 HTTP/1.1'),
    'another version': to('GET /v1/whoami HTTP/9.9'),
    'no version': 'GET /v1/whoami\r\n\r\n',
    'a head of 40 kB': to('GET /v1/whoami?x=1 HTTP/1.1', `x: ${'x'.repeat(40_000)}\r\n`),
    'three thousand headers': to('GET /v1/whoami?x=1 HTTP/1.1', 'x: 1\r\n'.repeat(3_000)),
    'a NUL in a header': to('GET /v1/whoami?x=1 HTTP/1.1', 'x: \0\r\n'),
    'two lengths': to(post, `${json}content-length: 2\r\ncontent-length: 3\r\n`, '{}'),
    'a length and chunks': to(post, `${json}content-length: 2\r\ntransfer-encoding: chunked\r\n`, '0\r\n\r\n'),
    'a length below nothing': to(post, `${json}content-length: -1\r\n`, '{}'),
    'a length beyond numbers': to(post, `${json}content-length: 99999999999999999999999\r\n`, '{}'),
    chunks: to(post, `${json}transfer-encoding: chunked\r\n`, '2\r\n{}\r\n0\r\n\r\n'),
    'a chunk of no size': to(post, `${json}transfer-encoding: chunked\r\n`, 'zz\r\n{}\r\n0\r\n\r\n'),
    'chunks with a trailer': to(post, `${json}transfer-encoding: chunked\r\n`, '2\r\n{}\r\n0\r\n__proto__: x\r\n\r\n'),
    'chunks beyond measure': to(
      post,
      `${json}transfer-encoding: chunked\r\n`,
      `50000\r\n${' '.repeat(0x5_00_00)}\r\n0\r\n\r\n`,
    ),
    'another coding': to(post, `${json}transfer-encoding: gzip, chunked\r\n`, '2\r\n{}\r\n0\r\n\r\n'),
    'a packed body': to(post, `${json}content-encoding: gzip\r\ncontent-length: 2\r\n`, '{}'),
    'a wish to upgrade': to('GET /v1/whoami?x=1 HTTP/1.1', 'upgrade: h2c\r\nhttp2-settings: AA\r\n'),
    'an expectation': to(post, `${json}expect: 200-maybe\r\ncontent-length: 2\r\n`, '{}'),
    TLS: '\u0016\u0003\u0001\u0002\0\u0001\0',
  };
  for (const [what, bytes] of Object.entries(table)) {
    const socket = await open(t, port);
    socket.write(Buffer.from(bytes, 'latin1'));
    t.match(await saidUntilClosed(socket), /^(HTTP\/1\.1 4\d\d |$)/, what);
  }
});

await t.test('a body that does not come to its end is not waited for', async (t) => {
  const port = await portOf(t, { requestMilliseconds: 300, headMilliseconds: 200 });
  const socket = await open(t, port);
  socket.write(head(await service.token(KOA)));
  t.match(await saidUntilClosed(socket), /^(HTTP\/1\.1 408 |$)/);
});

await t.test('nor is one that comes byte by byte', async (t) => {
  const port = await portOf(t, { requestMilliseconds: 300, headMilliseconds: 200 });
  const socket = await open(t, port);
  socket.write(head(await service.token(KOA)));
  const drip = setInterval(() => socket.write(' '), 20);
  t.teardown(() => clearInterval(drip));
  t.match(await saidUntilClosed(socket), /^(HTTP\/1\.1 408 |$)/);
});

await t.test('nor is a head', async (t) => {
  const port = await portOf(t, { headMilliseconds: 200 });
  const socket = await open(t, port);
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
  t.match(await saidUntilClosed(socket), /^(HTTP\/1\.1 408 |$)/);
});

await t.test('a connection on which nothing happens is closed', async (t) => {
  const socket = await open(t, await portOf(t, { idleMilliseconds: 200 }));
  t.equal(await saidUntilClosed(socket), '');
});

await t.test('more connections than there may be are closed as they come, and the others serve on', async (t) => {
  const port = await portOf(t, { connections: 2 });
  const [first] = [await open(t, port), await open(t, port)];
  const third = await open(t, port);
  t.equal(await saidUntilClosed(third), '');
  first?.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  t.match(await saidUntilClosed(first ?? third), /200 OK/);
});
