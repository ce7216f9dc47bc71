/** Clients that are not the JavaScript SDK: how they sign, and what they ask. */
import { createHash, createHmac } from 'node:crypto';
import { test } from 'tap';
import { clientVariables, exportLine } from '../../src/local/aws/client-variables.ts';
import { ADMIN, REGION, start } from './aws-support.ts';

interface Asked {
  readonly service?: string;
  readonly region?: string;
  readonly method?: 'GET' | 'POST';
  readonly parameters?: Readonly<Record<string, string>>;
  /** Changes the request after it was signed. */
  readonly tamper?: (url: string) => string;
}

const WHO = { Action: 'GetCallerIdentity', Version: '2011-06-15' };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Signs as `curl --aws-sigv4` does: over `host` and `x-amz-date`, and without a header for the body's digest.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
async function ask(endpoint: string, asked: Asked = {}): Promise<{ readonly status: number; readonly text: string }> {
  const { service = 'sts', region = REGION, method = 'POST', parameters = WHO, tamper = (url) => url } = asked;
  const form = new URLSearchParams(Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1))).toString();
  const [query, body] = method === 'GET' ? [form, ''] : ['', form];
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const lines = [
    method,
    '/',
    query,
    `host:${new URL(endpoint).host}`,
    `x-amz-date:${date}`,
    '',
    'host;x-amz-date',
    sha256(body),
  ];
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(lines.join('\n'))].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${ADMIN.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${ADMIN.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  const response = await fetch(tamper(`${endpoint}/${query === '' ? '' : `?${query}`}`), {
    method,
    headers: { authorization, 'x-amz-date': date },
    ...(method === 'POST' ? { body: new TextEncoder().encode(body) } : {}),
  });
  return { status: response.status, text: await response.text() };
}

void test('a client that signs no digest of the body is known by its signature', async (t) => {
  const { endpoint } = await start(t);
  const { status, text } = await ask(endpoint);
  t.equal(status, 200, text);
  t.match(text, /<Arn>arn:aws:iam::111122223333:root<\/Arn>/);
});

void test('the query protocol is answered to GET too, by the query that was signed', async (t) => {
  const { endpoint } = await start(t);
  const parameters = { Action: 'GetRole', Version: '2010-05-08', RoleName: 'a' };
  const asked: Asked = { service: 'iam', region: 'us-east-1', method: 'GET', parameters };
  t.match(await ask(endpoint, asked), { status: 404, text: /The role with name a cannot be found/ });
  const tampered = { ...asked, tamper: (url: string) => url.replace('RoleName=a', 'RoleName=b') };
  t.match(await ask(endpoint, tampered), { status: 403, text: /<Code>SignatureDoesNotMatch</ });
});

for (const [title, asked, scope] of [
  ['another region', { region: 'us-west-2' }, 'region'],
  ['no region', { region: 'aws-global' }, 'region'],
  [
    'another region',
    { service: 'iam', region: 'us-west-2', parameters: { Action: 'ListRoles', Version: '2010-05-08' } },
    'region',
  ],
  ['another service', { service: 'iam' }, 'service'],
] as const) {
  void test(`a signature for ${title} is refused: ${JSON.stringify(asked)}`, async (t) => {
    const { endpoint } = await start(t);
    const { status, text } = await ask(endpoint, asked);
    t.equal(status, 403);
    t.match(text, `<Code>SignatureDoesNotMatch</Code>`);
    t.match(text, new RegExp(`scoped to .*${scope}`));
  });
}

void test('services of the whole partition are also asked in its own region', async (t) => {
  const { endpoint } = await start(t);
  t.equal((await ask(endpoint, { region: 'us-east-1' })).status, 200);
  const china = await start(t, { region: 'cn-north-1' });
  t.equal((await ask(china.endpoint, { region: 'cn-northwest-1' })).status, 200);
  t.equal((await ask(china.endpoint, { region: 'us-east-1' })).status, 403);
});

void test('the variables point the three services here, and nothing else', (t) => {
  const variables = clientVariables({ endpoint: 'http://127.0.0.1:1' }, REGION);
  t.strictSame(Object.keys(variables), [
    'AWS_ENDPOINT_URL_ECR',
    'AWS_ENDPOINT_URL_IAM',
    'AWS_ENDPOINT_URL_STS',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
  ]);
  t.match(
    exportLine(variables),
    /^export AWS_ENDPOINT_URL_ECR=http:\/\/127\.0\.0\.1:1 .* AWS_DEFAULT_REGION=eu-west-1$/,
  );
  t.end();
});
