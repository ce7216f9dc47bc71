import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { ContractOperation } from '../../contract/route.ts';
import type { StreamAnswer } from '../../core/core.ts';
import { linkTo, type Located } from './answers.ts';

/** How long a page that can't be streamed is gathered, in milliseconds; API Gateway waits 30 s. */
const PAGE_MILLISECONDS = 15_000;

/** The codings that we have, best first. zstd came with Node 22.15. */
const CODINGS: readonly string[] = typeof zlib.createZstdCompress === 'function' ? ['zstd', 'gzip'] : ['gzip'];

/** Answers with what is read, while it is read; or, where that can't be, page by page with a link to the next. */
export async function answerStream(
  reply: FastifyReply,
  operation: ContractOperation,
  input: Located,
  answer: StreamAnswer,
): Promise<FastifyReply> {
  const coding = codingFor(reply.request.headers['accept-encoding']);
  void reply
    .type(answer.mediaType)
    .header('content-disposition', `attachment; filename="${answer.fileName}"`)
    .header('vary', 'accept-encoding');
  if (coding !== undefined) void reply.header('content-encoding', coding);
  // Fastify would read all of it to throw it away.
  if (reply.request.method === 'HEAD') return reply.send(Readable.from([]));
  if (answer.pageBytes !== undefined) return answerPage(reply, operation, input, answer, answer.pageBytes, coding);
  const text = Readable.from(textOf(answer), { objectMode: false, highWaterMark: 256 * 1024 });
  if (coding === undefined) return reply.send(text);
  const packed = text.pipe(coding === 'zstd' ? zlib.createZstdCompress() : zlib.createGzip());
  // A pipe does not hand an error or an early end on by itself.
  text.once('error', (error) => packed.destroy(error));
  packed.once('close', () => text.destroy());
  return reply.send(packed);
}

async function* textOf({ head, blocks }: StreamAnswer): AsyncGenerator<string> {
  if (head !== '') yield head;
  for await (const { text } of blocks) {
    if (text !== '') yield text;
  }
}

async function answerPage(
  reply: FastifyReply,
  operation: ContractOperation,
  input: Located,
  { head, blocks }: StreamAnswer,
  pageBytes: number,
  coding: string | undefined,
): Promise<FastifyReply> {
  const until = Date.now() + PAGE_MILLISECONDS;
  const texts = [head];
  let bytes = 0;
  for await (const { text, last } of blocks) {
    texts.push(text);
    // A Lambda's answer is JSON, and Lambda's limit is its limit: each quotation mark of the lines is two characters there.
    bytes += Buffer.byteLength(JSON.stringify(text));
    if (bytes < pageBytes && Date.now() < until) continue;
    void reply.header('link', linkTo(operation, input, last));
    break;
  }
  const body = Buffer.from(texts.join(''));
  if (coding === undefined) return reply.send(body);
  return reply.send(await (coding === 'zstd' ? promisify(zlib.zstdCompress)(body) : promisify(zlib.gzip)(body)));
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
function codingFor(header: string | string[] | undefined): string | undefined {
  const accepted = new Map(
    String(header ?? '')
      .split(',')
      .slice(0, 20)
      .map((part) => {
        const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
        return [name, parameters.every((parameter) => !/^q=0(\.0*)?$/.test(parameter))] as const;
      }),
  );
  return CODINGS.find((coding) => accepted.get(coding) ?? accepted.get('*') ?? false);
}
