import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

/** A DynamoDB endpoint that passes everything on, and keeps what passes. */
export interface RecordedDynamoDb {
  readonly endpoint: string;
  /** The requests since the last time, as {@link shapeOf} has them, in no order. */
  readonly take: () => readonly string[];
}

/** Starts an endpoint in front of another one. */
export async function recordDynamoDb(t: Test, target: string): Promise<RecordedDynamoDb> {
  const { hostname, port } = new URL(target);
  let kept: string[] = [];
  const pass = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    kept.push(shapeOf(String(incoming.headers['x-amz-target']), body));
    const { method, headers, url: path } = incoming;
    const onward = send({ hostname, port, method, headers, path }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.once('error', () => answer.destroy());
    onward.end(body);
  };
  const server = createServer((incoming, answer) => void pass(incoming, answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = kept.sort();
      kept = [];
      return taken;
    },
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a request asks DynamoDB to do, without what it says: tables, expressions and the kinds of keys, but no values. */
function shapeOf(target: string, body: Buffer): string {
  return `${target.split('.').at(-1)} ${JSON.stringify(JSON.parse(body.toString('utf8')), shapeMember)}`;
}

function shapeMember(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    const { S: key } = value as { readonly S?: string };
    // Of a key, its kind: `DEPARTMENT#` of `DEPARTMENT#koa`.
    return (name === 'pk' || name === 'sk') && key !== undefined ? key.replace(/^([A-Z_]*)([^A-Z_].*)?$/, '$1') : value;
  }
  return /^(TableName|IndexName|Select|\w*Expression)$/.test(name) || name.startsWith('#') ? value : typeof value;
}
