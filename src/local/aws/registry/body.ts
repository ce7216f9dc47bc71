import type { IncomingMessage } from 'node:http';

/** The body of a request. Whoever stops reading it halfway, to refuse it, can still answer: the connection stays. */
export function chunksOf(incoming: IncomingMessage): AsyncIterable<Buffer> {
  return incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}
