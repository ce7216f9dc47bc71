/**
 * AWS JSON 1.1, the protocol of ECR.
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
import { AwsFault } from './fault.ts';
import type { WireAnswer } from './wire.ts';

/** The operation's name in an `X-Amz-Target` header of ECR; `undefined` if it is another service's. */
export function targetOperation(target: string): string | undefined {
  return /^AmazonEC2ContainerRegistry_V20150921\.(\w+)$/.exec(target)?.[1];
}

/** The request's body as JSON. */
export function parseJson(body: string): unknown {
  try {
    return body === '' ? {} : (JSON.parse(body) as unknown);
  } catch {
    throw new AwsFault('SerializationException', 400, 'The body is not JSON');
  }
}

/** A result as AWS JSON: times as epoch seconds. */
export function jsonAnswer(output: object): WireAnswer {
  return { status: 200, contentType: 'application/x-amz-json-1.1', headers: {}, body: JSON.stringify(encoded(output)) };
}

/** An error as AWS JSON. */
export function jsonFault(fault: AwsFault): WireAnswer {
  return {
    status: fault.status,
    contentType: 'application/x-amz-json-1.1',
    headers: { 'x-amzn-errortype': fault.code },
    body: JSON.stringify({ __type: fault.code, message: fault.message, ...fault.fields }),
  };
}

function encoded(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(encoded);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, encoded(member)]));
  }
  return value;
}
