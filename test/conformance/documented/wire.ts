/** Asks over the wire as any client does, with no SDK between: what is sent is the row's input, and what is read is what came. */
import { SignatureV4 } from '@smithy/signature-v4';
import { XMLParser } from 'fast-xml-parser';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { ServiceName } from '../../../src/local/aws/actions.ts';
import type { Answered, Asked } from './row.ts';

const VERSIONS: Readonly<Record<Exclude<ServiceName, 'ecr'>, string>> = { iam: '2010-05-08', sts: '2011-06-15' };
const REGION = 'eu-west-1';

/** What the signer asks of a hash. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    throw new Error('A hash is used once.');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array | string {
  if (typeof data === 'string') return data;
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  isArray: (name) => name === 'member' || name === 'entry',
});

/** Asks as the root of the account. */
export async function askOverWire(endpoint: string, asked: Asked): Promise<Answered> {
  const { service, operation } = asked;
  const url = new URL(endpoint);
  const body = service === 'ecr' ? JSON.stringify(asked.input) : form(service, operation, asked.input);
  const signer = new SignatureV4({
    service,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    sha256: Sha256,
    applyChecksum: false,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: '/',
    headers: {
      host: url.host,
      ...(service === 'ecr'
        ? {
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
          }
        : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    body,
  });
  const response = await fetch(endpoint, { method: 'POST', headers, body });
  const text = await response.text();
  return service === 'ecr' ? readJson(response, text) : readXml(response, operation, text);
}

function readJson({ status }: Response, text: string): Answered {
  const body = JSON.parse(text) as Answered['body'];
  const { __type: code } = body;
  return { status, ...(typeof code === 'string' ? { code } : {}), body };
}

function readXml({ status }: Response, operation: string, text: string): Answered {
  const { ErrorResponse: failure, [`${operation}Response`]: response } = parser.parse(text) as {
    readonly [name: string]: Readonly<Record<string, Answered['body']>> | undefined;
  };
  const code = failure?.['Error']?.['Code'];
  return { status, ...(typeof code === 'string' ? { code } : {}), body: response?.[`${operation}Result`] ?? {} };
}

/** @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
function form(service: Exclude<ServiceName, 'ecr'>, operation: string, input: object): string {
  const parameters = new URLSearchParams({ Action: operation, Version: VERSIONS[service] });
  const plant = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const [index, one] of value.entries()) plant(`${name}.member.${index + 1}`, one);
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) plant(name === '' ? key : `${name}.${key}`, one);
    else parameters.set(name, String(value));
  };
  plant('', input);
  return parameters.toString();
}
