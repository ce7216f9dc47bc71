import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Hash, Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** A request as it came in, as far as its signature covers it. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, as on the request line. */
  readonly url: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the `Authorization` header says. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Reads a Signature Version 4 `Authorization` header; `undefined` if it is none. */
export function parseAuthorization(header: string): Authorization | undefined {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]{1,128})\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (parts === null) return undefined;
  const [, accessKeyId = '', , region = '', service = '', signed = '', signature = ''] = parts;
  return { accessKeyId, region, service, signedHeaders: signed.split(';'), signature };
}

/**
 * Whether the secret made this request's signature: the request is signed again by the SDK's own signer and compared.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4.html
 */
export async function signatureHolds(
  request: SignedRequest,
  authorization: Authorization,
  secretAccessKey: string,
): Promise<boolean> {
  const { accessKeyId, region, service, signedHeaders } = authorization;
  const signingDate = parseAmzDate(request.headers['x-amz-date'] ?? '');
  // What decides the request must be under the signature; else a signature could be moved onto another operation.
  const needed = ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token'].filter(
    (name) => name in request.headers,
  );
  if (signingDate === undefined || !needed.every((name) => signedHeaders.includes(name))) return false;
  if (!bodyMatchesItsDigest(request)) return false;

  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    sha256: Sha256,
    // Only S3 wants the body's digest in a header; who signs one sends one.
    applyChecksum: false,
  });
  const [path = '/', query = ''] = request.url.split('?', 2);
  const headers = Object.fromEntries(signedHeaders.map((name) => [name, request.headers[name] ?? '']));
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: '',
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers,
      body: request.body,
    },
    { signingDate, signableHeaders: new Set(signedHeaders) },
  );
  const expected = parseAuthorization(signed.headers['authorization'] ?? '')?.signature ?? '';
  return expected.length === 64 && timingSafeEqual(Buffer.from(expected), Buffer.from(authorization.signature));
}

/** The signer trusts this header in place of the body, so it must tell the truth. */
function bodyMatchesItsDigest({ headers, body }: SignedRequest): boolean {
  const declared = headers['x-amz-content-sha256'];
  return declared === undefined || declared === createHash('sha256').update(body).digest('hex');
}

function parseAmzDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Node's SHA-256 in the form that the signer asks for. */
class Sha256 {
  readonly #secret: Parameters<typeof createHmac>[1] | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#hash = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#fresh();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
