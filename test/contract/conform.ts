import { parse } from 'yaml';
import { readContractFiles } from '../../src/contract-files.ts';
import { parameterOf, responseOf, type OpenapiDocument, type OpenapiOperation } from '../../src/contract/document.ts';
import { definitions } from '../../src/contract/request-schema.ts';
import { newAjv } from '../../src/contract/validators.ts';

const document = parse(readContractFiles().openapi) as OpenapiDocument;
const ajv = newAjv();
ajv.addSchema(closed(definitions(document)) as object);

/** An answer of the REST face, as far as the contract speaks of it. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * What of an answer the contract does not say: a status that it does not declare, a header that is missing, a body that is
 * another, or that holds a property which nobody declared.
 */
export function deviations(method: string, url: string, answer: RestAnswer): string[] {
  const operation = operationOf(method, url);
  if (operation === undefined) return [];
  const declared =
    operation.responses[String(answer.status)] ?? (answer.status >= 500 ? operation.responses['default'] : undefined);
  // A method that a path does not know, and a path that can't be read, belong to no operation.
  if (declared === undefined)
    return answer.status === 405 ? [] : [`${operation.operationId} does not declare ${answer.status}`];
  const response = responseOf(declared, document);
  const always = Object.keys(response.headers ?? {}).filter((name) => ALWAYS[answer.status]?.includes(name));
  const missing = always
    .filter((name) => answer.headers[name.toLowerCase()] === undefined)
    .map((name) => `${name} is missing`);
  if (method === 'HEAD' || answer.text === '') return missing;
  const type = String(answer.headers['content-type']).split(';')[0] ?? '';
  const media = response.content?.[type];
  if (media === undefined) return [...missing, `${operation.operationId} ${answer.status} does not declare ${type}`];
  if (!type.endsWith('json')) return missing;
  const schema = closed(
    JSON.parse(JSON.stringify(media.schema).replaceAll('#/components/schemas/', 'contract#/$defs/')),
  );
  if (ajv.validate(schema as object, JSON.parse(answer.text))) return missing;
  return [...missing, `${operation.operationId} ${answer.status}: ${ajv.errorsText(ajv.errors)}`];
}

/** Headers that come with every answer of a status; others depend on the case. */
const ALWAYS: Readonly<Record<number, readonly string[]>> = {
  201: ['ETag', 'Location'],
  202: ['Location', 'Retry-After'],
  304: ['ETag'],
  401: ['WWW-Authenticate'],
};

function operationOf(method: string, url: string): OpenapiOperation | undefined {
  const path = url.split('?')[0] ?? '';
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  for (const [template, item] of Object.entries(document.paths)) {
    const parameters = Object.values(item).flatMap((operation) => operation.parameters ?? []);
    const names = parameters.map((parameter) => parameterOf(parameter, document)).filter((one) => one.in === 'path');
    const pattern = names.reduce(
      (text, { name }) => text.replace(`{${name}}`, template === '/v1/repositories/{name}' ? '.+' : '[^/]+'),
      template,
    );
    if (new RegExp(`^${pattern}$`).test(path)) return item[verb];
  }
  return undefined;
}

/** The contract leaves answers open for what is added later; today nothing may be in one that it does not describe. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpenObject = typeof inner['properties'] === 'object' && inner['additionalProperties'] === undefined;
  return isOpenObject && typeof inner['type'] !== 'undefined' ? { ...inner, additionalProperties: false } : inner;
}
