/** The embedded registry under its real name: for clients that cannot be told another one, such as the generated workflow's docker. */
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate } from 'selfsigned';

/** What the proxy stands in front of. */
export interface RegistryProxyOptions {
  /** The registry's real name, such as `354918371398.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly registryHost: string;
  /** Where the embedded AWS listens, such as `http://127.0.0.1:8082`. */
  readonly endpoint: string;
  /** Port on 127.0.0.1; a free one by default. */
  readonly port?: number;
}

/** A running proxy. */
export interface RegistryProxy {
  /** Value of `HTTPS_PROXY`. */
  readonly url: string;
  /** The certificate that clients must trust, as PEM; its key is in this process only. */
  readonly certificate: string;
  close(): Promise<void>;
}

const DAY = 86_400_000;

/**
 * Starts an HTTP proxy on loopback whose only destination is the embedded registry: `CONNECT` to its real name and port 443 gets TLS with
 * a certificate for that name, made now. To every other destination it is closed, so that it is nobody's way out of this machine.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export async function startRegistryProxy(options: RegistryProxyOptions): Promise<RegistryProxy> {
  const { registryHost, endpoint } = options;
  const { private: key, cert } = await certificateOf(registryHost);
  const registry = createTlsServer({ key, cert }, (incoming, response) => passOn(endpoint, incoming, response));
  const proxy = createServer((_, response) => {
    response.writeHead(405, { allow: 'CONNECT', 'content-type': 'text/plain' }).end(`${explain(registryHost)}\n`);
  });
  const tunnels = new Set<Duplex>();
  proxy.on('connect', (incoming, socket) => {
    tunnels.add(socket);
    // A client that leaves in the middle is no trouble of the proxy's.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => tunnels.delete(socket));
    if (incoming.url?.toLowerCase() !== `${registryHost}:443`) return refuse(socket, explain(registryHost));
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    registry.emit('connection', socket);
  });
  const port = await listen(proxy, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    certificate: cert,
    close: () => {
      for (const tunnel of tunnels) tunnel.destroy();
      return close(proxy);
    },
  };
}

function certificateOf(host: string): ReturnType<typeof generate> {
  return generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A clock that was set back a little must not refuse it.
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + 30 * DAY),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
  });
}

/** The registry answers the same by whatever name it was asked; bodies of any size go through as they come. */
function passOn(endpoint: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url = '/', headers } = incoming;
  const onward = send(`${endpoint}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(502, { 'content-type': 'text/plain' })
        .end(`The embedded AWS does not answer: ${error.message}\n`);
  });
  response.once('close', () => onward.destroy());
  incoming.pipe(onward);
}

function explain(registryHost: string): string {
  return `This proxy reaches ${registryHost}:443 and nothing else. Set HTTPS_PROXY only for commands that speak to that registry.`;
}

function refuse(socket: Duplex, text: string): void {
  socket.end(
    `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
