import { createECDH, createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As much of S3 and KMS as the nightly export asks for, on loopback. */
export interface BucketAndKey {
  readonly endpoint: string;
  /** Everything that was put, by `/bucket/key`. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** The public half of the signing key, as PEM. */
  readonly publicKey: string;
  close(): Promise<void>;
}

/** The order of P-256's group. @see https://csrc.nist.gov/pubs/fips/186-5/final */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Starts it on a free port: PutObject with conditional writes and checksums, and Sign with `ECDSA_SHA_256` over a digest. */
export async function startBucketAndKey(): Promise<BucketAndKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await bodyOf(request);
      if (request.headers['x-amz-target'] === 'TrentService.Sign') sign(privateKey, body, response);
      else putObject(objects, request, body, response);
    };
    void answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function putObject(
  objects: Map<string, Buffer>,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const key = decodeURIComponent(String(url).split('?')[0] ?? '');
  const checksum = createHash('sha256').update(body).digest('base64');
  if (method !== 'PUT') response.writeHead(405).end('<Error><Code>MethodNotAllowed</Code></Error>');
  else if (headers['x-amz-checksum-sha256'] !== checksum)
    response.writeHead(400).end('<Error><Code>BadDigest</Code></Error>');
  else if (headers['if-none-match'] === '*' && objects.has(key))
    response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
  else {
    objects.set(key, body);
    response.writeHead(200, { etag: '"x"' }).end();
  }
}

function sign(key: KeyObject, body: Buffer, response: ServerResponse): void {
  const { KeyId, Message } = JSON.parse(body.toString()) as { readonly KeyId: string; readonly Message: string };
  const Signature = signDigest(key, Buffer.from(Message, 'base64')).toString('base64');
  response
    .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    .end(JSON.stringify({ KeyId, Signature, SigningAlgorithm: 'ECDSA_SHA_256' }));
}

/** ECDSA over a digest that somebody else made: Node signs messages only. */
function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const once = createECDH('prime256v1');
  const point = once.generateKeys();
  const r = modulo(numberOf(point.subarray(1, 33)));
  const d = numberOf(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const s = modulo(inverse(numberOf(once.getPrivateKey())) * (numberOf(digest) + r * d));
  return derSequence([r, s]);
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function modulo(value: bigint): bigint {
  return ((value % ORDER) + ORDER) % ORDER;
}

/** By Fermat: the order is a prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = modulo(value);
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = modulo(result * base);
    base = modulo(base * base);
  }
  return result;
}

function derSequence(numbers: readonly bigint[]): Buffer {
  const integers = numbers.map((number) => {
    const hex = number.toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
    return Buffer.concat([Buffer.from([2, positive.length]), positive]);
  });
  const content = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
