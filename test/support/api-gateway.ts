import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A function behind the HTTP API. */
export type Invoke = (event: unknown) => Promise<unknown>;

/** An HTTP API on loopback. */
export interface HttpApi {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** How the HTTP API is set up. */
export interface HttpApiOptions {
  readonly invoke: Invoke;
  /** The stage; another than `$default` is the first segment of every path. */
  readonly stage?: string;
}

/** All headers together with the request line. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_HEADER_BYTES = 10_240;
/** A request's body. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_BODY_BYTES = 10 * 1024 * 1024;
/** What Lambda takes and gives back, as JSON. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_LAMBDA_BYTES = 6 * 1024 * 1024;
/** What API Gateway waits for an integration at most. */
const INTEGRATION_MILLISECONDS = 30_000;

/**
 * Serves a function as API Gateway's HTTP API does with payload format 2.0 and the route `$default`: the path decoded, twice where
 * it was encoded twice, and cut at a question mark that this brings to light; the query string as it was sent; headers in lower
 * case, joined by commas; cookies apart; a body that is no text as base64.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @see https://github.com/hotsock/voker/blob/main/vokerhttp/testdata/ingress-paths.json what an HTTP API was seen to make of paths
 */
export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    serve(options, request, response).catch(() => tell(response, 500, 'Internal Server Error'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  { invoke, stage = '$default' }: HttpApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { rawHeaders, url = '/' } = request;
  const headerBytes = rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text), Buffer.byteLength(url));
  if (headerBytes > MOST_HEADER_BYTES) return tell(response, 431, 'Request Header Fields Too Large');
  const body = await bodyOf(request);
  if (body === 'too-large') return tell(response, 413, 'Request Entity Too Large');
  const event = eventOf(request, body, stage);
  if (event === undefined) return tell(response, 400, 'Bad Request');
  if (Buffer.byteLength(JSON.stringify(event)) > MOST_LAMBDA_BYTES)
    return tell(response, 413, 'Request Entity Too Large');
  const answered = await withinTime(invoke(event));
  if (answered === 'timed-out') return tell(response, 503, 'Service Unavailable');
  answer(response, answered);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MOST_BODY_BYTES ? 'too-large' : Buffer.concat(chunks);
}

/** A function that throws, runs out of its time or answers too much is an error of the function. */
async function withinTime(invocation: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<'timed-out'>((resolve) => {
    timer = setTimeout(() => resolve('timed-out'), INTEGRATION_MILLISECONDS);
  });
  try {
    return await Promise.race([invocation.catch(() => 'failed'), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** The event for a request; nothing where API Gateway itself answers 400. */
export function eventOf(
  { method = 'GET', url = '/', rawHeaders }: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>,
  body: Buffer,
  stage = '$default',
): Record<string, unknown> | undefined {
  const [path, rawQueryString] = splitAt(url, '?');
  const rawPath = decodedPath(path);
  if (rawPath === undefined) return undefined;
  const { headers, cookies } = headersOf(rawHeaders);
  const query = queryOf(rawQueryString);
  const isText = method === 'GET' || isTextual(headers['content-type']);
  const hasBody = body.length > 0 && method !== 'GET';
  const wholePath = stage === '$default' ? rawPath : `/${stage}${rawPath}`;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: wholePath,
    rawQueryString,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: {
      ...headers,
      'x-amzn-trace-id': 'Root=1-6a5145a9-1bae89e2512ec92d5d9438a0',
      'x-forwarded-for': [headers['x-forwarded-for'], '198.51.100.7'].filter(Boolean).join(', '),
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: '354918371398',
      apiId: 'abc123',
      domainName: 'abc123.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'abc123',
      http: {
        method,
        path: wholePath,
        protocol: 'HTTP/1.1',
        sourceIp: '198.51.100.7',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage,
      time: '24/Nov/2026:10:00:00 +0000',
      timeEpoch: 1_795_600_800_000,
    },
    ...(hasBody ? { body: body.toString(isText ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: hasBody && !isText,
  };
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Decoded, cut at a question mark, and decoded again; a `%` that begins nothing is refused. */
function decodedPath(path: string): string | undefined {
  try {
    const [cut] = splitAt(decodeURIComponent(path), '?');
    return decodeURIComponent(cut);
  } catch {
    return undefined;
  }
}

function headersOf(rawHeaders: readonly string[]): {
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
} {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/; */));
    else if (name !== 'transfer-encoding' && name !== 'connection')
      headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

function queryOf(rawQueryString: string): Readonly<Record<string, string>> | undefined {
  if (rawQueryString === '') return undefined;
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function isTextual(contentType: string | undefined): boolean {
  return contentType === undefined || /^(text\/|application\/(.*\+)?(json|javascript|xml|yaml))/i.test(contentType);
}

interface Answer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

function answer(response: ServerResponse, answered: unknown): void {
  const text = JSON.stringify(answered) ?? 'null';
  const isAnswer = typeof answered === 'object' && answered !== null && 'statusCode' in answered;
  if (!isAnswer) return tell(response, 500, 'Internal Server Error');
  if (Buffer.byteLength(text) > MOST_LAMBDA_BYTES) return tell(response, 500, 'Internal Server Error');
  const { statusCode = 200, headers = {}, cookies = [], body = '', isBase64Encoded = false } = answered as Answer;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const { 'content-length': _theirs, 'transfer-encoding': _coding, ...rest } = headers;
  response.writeHead(statusCode, {
    ...rest,
    ...(cookies.length === 0 ? {} : { 'set-cookie': [...cookies] }),
    ...(statusCode === 204 || statusCode === 304 ? {} : { 'content-length': String(bytes.length) }),
  });
  response.end(bytes);
}

function tell(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ message: message || STATUS_CODES[status] }));
}
