import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where an HTTP API is reached by clients that can't choose the `Host` that they send. */
export interface FrontDoor {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Opens a port that hands every request, byte for byte, to an emulator's HTTP API, which the emulator knows by the name of the host:
 * the DNS name that AWS gives an API is not ours to resolve.
 */
export async function openFrontDoor(endpoint: string, apiId: string): Promise<FrontDoor> {
  const { hostname, port } = new URL(endpoint);
  const host = `${apiId}.execute-api.localhost:${port}`;
  const server = createServer((incoming, outgoing) => {
    const onward = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers: { ...incoming.headers, host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
