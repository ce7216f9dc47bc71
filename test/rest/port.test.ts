/** What a port bears of its clients. The limits are set small, and what ends a test is that the service closes the connection. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { composeApi } from '../../src/compose.ts';
import { loadContracts } from '../../src/contract-source.ts';
import { PORT_LIMITS, type PortLimits } from '../../src/port-limits.ts';
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
