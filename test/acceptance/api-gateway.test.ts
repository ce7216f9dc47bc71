import t from 'tap';
import { bytesOf, sendTo, type HttpRequest } from './http.ts';
import { eventOf, startHttpApi } from '../support/api-gateway.ts';

/** What Lambda takes and gives back. */
const SIX_MB = 6 * 1024 * 1024;

t.test('the HTTP API of the acceptance suite keeps the limits of API Gateway and Lambda', async (t) => {
  const events: unknown[] = [];
  let answer: unknown = { statusCode: 200, body: 'ok' };
  const gateway = await startHttpApi({
    invoke: async (event) => {
      events.push(event);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  t.teardown(() => gateway.close());
  const status = async (request: Omit<HttpRequest, 'path'>, path = '/v1/whoami'): Promise<number> => {
    const got = await sendTo(gateway.url, { ...request, path });
    await bytesOf(got);
    return got.status;
  };

  t.equal(await status({ method: 'GET' }), 200);
  t.equal(await status({ method: 'GET', headers: { 'x-large': 'x'.repeat(10_000) } }), 200);
  t.equal(
    await status({ method: 'GET', headers: { 'x-large': 'x'.repeat(10_240) } }),
    431,
    'headers over 10,240 bytes',
  );
  t.equal(await status({ method: 'GET' }, `/${'x'.repeat(10_240)}`), 431, 'with the request line');
  t.equal(await status({ method: 'POST', body: 'x'.repeat(SIX_MB - 10_000) }), 200);
  t.equal(await status({ method: 'POST', body: 'x'.repeat(SIX_MB) }), 413, 'an event over 6 MB');
  t.equal(await status({ method: 'POST', body: '"'.repeat(SIX_MB / 2) }), 413, 'of which the escaping is a part');
  const binary = { 'content-type': 'application/octet-stream' };
  t.equal(await status({ method: 'POST', headers: binary, body: 'x'.repeat((SIX_MB / 4) * 3) }), 413, 'base64, too');
  t.equal(events.length, 3, 'and none of these reached the function');

  answer = { statusCode: 200, body: 'x'.repeat(SIX_MB - 1_000) };
  t.equal(await status({ method: 'GET' }), 200);
  answer = { statusCode: 200, body: '"'.repeat(SIX_MB / 2) };
  t.equal(await status({ method: 'GET' }), 500, 'an answer over 6 MB is an error of the function');
  answer = { message: 'no answer of a proxy' };
  t.equal(await status({ method: 'GET' }), 500);
  answer = new Error('Task timed out after 29 seconds');
  t.equal(await status({ method: 'GET' }), 500, 'as is one that throws or whose time is over');
});

t.test('an event of the HTTP API is payload 2.0', async (t) => {
  const rawHeaders = ['X-A', '1', 'x-a', '2', 'Cookie', 'a=1; b=2', 'Content-Type', 'application/json'];
  const url = '/v1/repositories/koa%2Fapp%23old?first=1&first=2&q=%2B';
  const event = eventOf({ method: 'POST', url, rawHeaders }, Buffer.from('{}'));
  t.match(event, {
    version: '2.0',
    rawPath: '/v1/repositories/koa/app#old',
    rawQueryString: 'first=1&first=2&q=%2B',
    queryStringParameters: { first: '1,2', q: '+' },
    headers: { 'x-a': '1,2', 'content-type': 'application/json' },
    cookies: ['a=1', 'b=2'],
    body: '{}',
    isBase64Encoded: false,
  });
  const get = eventOf({ method: 'GET', url: '/', rawHeaders: [] }, Buffer.from('{}'));
  t.equal(get?.['body'], undefined, 'no body on GET');
  const octets = ['Content-Type', 'application/octet-stream'];
  const binary = eventOf({ method: 'POST', url: '/', rawHeaders: octets }, Buffer.from([0xff]));
  t.match(binary, { body: '/w==', isBase64Encoded: true });
  t.equal(
    eventOf({ method: 'GET', url: '/%zz', rawHeaders: [] }, Buffer.of()),
    undefined,
    'API Gateway answers 400 itself',
  );
  t.match(eventOf({ method: 'GET', url: '/v1/whoami', rawHeaders: [] }, Buffer.of(), 'prod'), {
    rawPath: '/prod/v1/whoami',
    requestContext: { stage: 'prod', http: { path: '/prod/v1/whoami' } },
  });
});
