/**
 * AWS Query, the protocol of IAM and STS: a form in, XML out.
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import { XMLBuilder } from 'fast-xml-parser';
import { AwsFault } from './fault.ts';
import type { ServiceName } from './actions.ts';
import type { WireAnswer } from './wire.ts';

const NAMESPACES = { '2010-05-08': 'iam', '2011-06-15': 'sts' } as const;
const XMLNS: Readonly<Record<ServiceName, string>> = {
  ecr: '',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
};

const MAX_PARAMETERS = 1000;

/** A query request: the service by its API version, the operation, and its parameters as a tree. */
export interface QueryRequest {
  readonly service: 'iam' | 'sts';
  readonly operation: string;
  readonly input: object;
}

/** Reads a form body; the parameters' dotted names become a tree (`Tags.member.1.Key`). */
export function parseQuery(body: string): QueryRequest {
  const parameters = [...new URLSearchParams(body)];
  if (parameters.length > MAX_PARAMETERS) throw new AwsFault('MalformedInput', 400, 'Too many parameters');
  const form = new Map(parameters);
  const version = form.get('Version') ?? '';
  if (version !== '2010-05-08' && version !== '2011-06-15') {
    throw new AwsFault('InvalidAction', 400, `No service here has the API version '${version.slice(0, 40)}'`);
  }
  const input: Tree = Object.create(null) as Tree;
  for (const [name, value] of form) if (name !== 'Action' && name !== 'Version') plant(input, name.split('.'), value);
  return { service: NAMESPACES[version], operation: form.get('Action') ?? '', input };
}

interface Tree {
  [name: string]: Tree | string;
}

function plant(tree: Tree, path: readonly string[], value: string): void {
  if (path.length > 12) throw new AwsFault('MalformedInput', 400, 'A parameter is nested too deep');
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const below = tree[first];
  const branch = typeof below === 'object' ? below : (Object.create(null) as Tree);
  tree[first] = branch;
  plant(branch, rest, value);
}

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', processEntities: true });

/** A result as XML: lists as `member`, maps as `entry`, times as ISO 8601. */
export function xmlAnswer(service: ServiceName, operation: string, output: object, requestId: string): WireAnswer {
  const result = Object.keys(output).length === 0 ? {} : { [`${operation}Result`]: encoded(output) };
  return xml(200, {
    [`${operation}Response`]: { '@xmlns': XMLNS[service], ...result, ResponseMetadata: { RequestId: requestId } },
  });
}

/** An error as XML. */
export function xmlFault(service: ServiceName, fault: AwsFault, requestId: string): WireAnswer {
  return xml(fault.status, {
    ErrorResponse: {
      '@xmlns': XMLNS[service],
      Error: { Type: fault.status < 500 ? 'Sender' : 'Receiver', Code: fault.code, Message: fault.message },
      RequestId: requestId,
    },
  });
}

function xml(status: number, tree: object): WireAnswer {
  return { status, contentType: 'text/xml', headers: {}, body: builder.build(tree) };
}

function encoded(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, 'Z');
  if (Array.isArray(value)) return { member: value.map(encoded) };
  if (value instanceof Map) {
    return { entry: [...value].map(([key, member]) => ({ key: key as string, value: encoded(member) })) };
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([key, member]) => [key, encoded(member)]));
  }
  return value;
}
