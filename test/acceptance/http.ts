import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they are sent: nothing is normalised. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** An answer whose body is still to come. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Sends a request to a base address such as `http://127.0.0.1:8080`. `fetch` would not do: it makes paths nicer than they were
 * written, which is what half of the checks are about.
 */
export function sendTo(base: string, { method, path, headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, method, path, agent: false }, (answer) =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer }),
    );
    for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
    sent.once('error', reject);
    if (body !== undefined && sent.getHeader('content-length') === undefined)
      sent.setHeader('content-length', Buffer.byteLength(body));
    sent.end(body);
  });
}

/** Reads an answer's body to its end. */
export async function bytesOf({ body }: HttpAnswer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
