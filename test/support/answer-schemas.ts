import { readContractFiles } from '../../src/contract/contract-files.ts';
import {
  responseOf,
  type OpenapiDocument,
  type OpenapiMedia,
  type OpenapiOperation,
  type OpenapiResponse,
} from '../../src/contract/document.ts';
import { definitions } from '../../src/contract/request-schema.ts';
import { newAjv } from '../../src/contract/validators.ts';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import type { Answer } from './service.ts';

/** openapi.yaml, parsed. */
const document = parse(readContractFiles().openapi) as OpenapiDocument;

/** An operation of openapi.yaml and where it is. */
export interface DeclaredOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly operation: OpenapiOperation;
  /** Declared statuses as they are written, `default` among them. */
  readonly statuses: readonly string[];
}

/** All operations that openapi.yaml declares. */
export const declaredOperations: readonly DeclaredOperation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => ({
    id: String(operation.operationId),
    method: verb.toUpperCase(),
    path,
    operation,
    statuses: Object.keys(operation.responses),
  })),
);

/** Headers that only some answers have; each must be declared where it is sent. */
const TELLING_HEADERS = ['etag', 'location', 'link', 'retry-after', 'preference-applied', 'www-authenticate'];

const ajv = newAjv();
ajv.addSchema(closed(definitions(document)));

/** A schema that knows no property beyond those it names, so that nothing leaves the service that the contract does not show. */
function closed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(closed) as T;
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, closed(one as unknown)]));
  const isOpen =
    inner['properties'] !== undefined && inner['additionalProperties'] === undefined && inner['type'] === 'object';
  return (isOpen ? { ...inner, additionalProperties: false } : inner) as T;
}

function retargeted<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'contract#/$defs/')) as T;
}

/** The operation that a request is for; `undefined` where the contract has none. */
export function operationFor(method: string, url: string): DeclaredOperation | undefined {
  const path = (url.split('?')[0] ?? '').replace(/(?:\/|%2f)(?:-|%2d)(?:\/|%2f)/i, '/-/');
  return declaredOperations.find((one) => one.method === method && pattern(one.path).test(path));
}

function pattern(path: string): RegExp {
  // A repository's name may hold slashes, but no segment that is a hyphen: what belongs to the repository is behind one.
  const parameter = path.startsWith('/v1/repositories/') ? '(?:(?!/-/).)+' : '[^/]+';
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, parameter)}$`);
}

/**
 * Everything in which an answer is not what openapi.yaml declares: its status, its media type, its headers, each property of its
 * body. Empty for an answer that keeps the contract.
 */
export function breaches({ id, operation }: DeclaredOperation, answer: Answer): readonly string[] {
  const declared = operation.responses[String(answer.status)] ?? operation.responses['default'];
  if (declared === undefined) return [`${id} does not declare ${answer.status}`];
  const response = responseOf(declared, document);
  return [...headerBreaches(response, answer), ...bodyBreaches(response, answer)].map(
    (one) => `${id} ${answer.status}: ${one}`,
  );
}

function headerBreaches({ headers = {} }: OpenapiResponse, answer: Answer): string[] {
  const declared = Object.keys(headers).map((name) => name.toLowerCase());
  return TELLING_HEADERS.filter((name) => answer.headers[name] !== undefined && !declared.includes(name)).map(
    (name) => `the header ${name} is not declared`,
  );
}

/** Compiling takes a hundred times as long as validating. */
const validators = new WeakMap<OpenapiMedia, ValidateFunction>();

function validatorOf(media: OpenapiMedia): ValidateFunction {
  const validate = validators.get(media) ?? ajv.compile(closed(retargeted(media.schema)));
  validators.set(media, validate);
  return validate;
}

function bodyBreaches({ content = {} }: OpenapiResponse, answer: Answer): string[] {
  if (Object.keys(content).length === 0) return answer.text === '' ? [] : ['a body is not declared'];
  const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
  const media = content[type];
  if (media === undefined) return [`${type} is not declared`];
  const validate = validatorOf(media);
  // The schema of a YAML answer is about the document that it writes.
  const written = type.endsWith('yaml') ? parse(answer.text) : answer.text;
  if (validate(answer.body ?? written)) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
  );
}
