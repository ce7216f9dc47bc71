import type { MutationOptions } from '../core/core.ts';
import type { MutationCall, QueryCall } from '../core/input.ts';
import { parameterOf, responseOf, type OpenapiDocument, type OpenapiOperation } from './document.ts';
import { inputErrors } from './input-errors.ts';
import type { Answering, Contract, ContractOperation, Method, Parameter, RawRequest, Validation } from './route.ts';
import { readQueryValue } from './query-string.ts';
import { allowsNull, resolve, type Schemas } from './schema.ts';
import type { RequestValidator, RequestValidators } from './validators.ts';

const METHODS: Readonly<Record<string, Method>> = {
  get: 'GET',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

/**
 * Puts a contract together from parts that may have been made ahead of time: a Lambda's bundle brings the parsed document
 * and the compiled validators with it, and needs neither a YAML parser nor Ajv.
 */
export function assembleContract(text: string, document: OpenapiDocument, validators: RequestValidators): Contract {
  const operations = new Map<string, ContractOperation>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [verb, operation] of Object.entries(item)) {
      const method = METHODS[verb];
      if (method === undefined)
        throw new Error(`The contract has ${verb} ${path}, which is no method that this service knows.`);
      const made = assembleOperation(method, path, operation, document, validators);
      if (operations.has(made.id)) throw new Error(`The contract has the operation ${made.id} twice.`);
      operations.set(made.id, made);
    }
  }
  return { text, operations };
}

function assembleOperation(
  method: Method,
  path: string,
  operation: OpenapiOperation,
  document: OpenapiDocument,
  validators: RequestValidators,
): ContractOperation {
  const id = operation.operationId;
  if (id === undefined) throw new Error(`The contract's ${method} ${path} has no operationId.`);
  const validator = validators[id];
  if (validator === undefined) throw new Error(`There is no validator for the contract's operation ${id}.`);
  const { schemas } = document.components;
  const parameters = (operation.parameters ?? []).map((parameter): Parameter => {
    const { name, in: place, required = false, schema } = parameterOf(parameter, document);
    return { name: place === 'header' ? name.toLowerCase() : name, in: place, required, schema };
  });
  const body = operation.requestBody?.content['application/json']?.schema;
  const properties = Object.entries(body === undefined ? {} : (resolve(body, schemas).properties ?? {}));
  const door: Door = { id, validator, parameters, schemas };
  const ok = operation.responses['200'] ?? operation.responses['201'];
  return {
    id,
    method,
    path,
    ...answering(kindOf(method, path, operation, document), door),
    parameters,
    bodyProperties: new Set(properties.map(([name]) => name)),
    nullable: new Set(properties.filter(([, schema]) => allowsNull(schema, schemas)).map(([name]) => name)),
    statuses: Object.keys(operation.responses)
      .filter((status) => status !== 'default')
      .map(Number),
    mediaTypes: ok === undefined ? [] : Object.keys(responseOf(ok, document).content ?? {}),
  };
}

/**
 * The one place where a request becomes what the core takes. The core's types are generated from the document that the validator
 * is compiled from, and the boot holds the operation's id against the core (check.ts): what has passed is of the type, and is not
 * looked at again.
 */
function answering(kind: ContractOperation['kind'], door: Door): Answering {
  switch (kind) {
    case 'query':
      return {
        kind,
        validate: (request) => {
          const passed = pass(request, door);
          return passed.ok ? { ok: true, asked: passed.asked.call as QueryCall } : passed;
        },
      };
    case 'mutation':
      return {
        kind,
        validate: (request) => {
          const passed = pass(request, door);
          if (!passed.ok) return passed;
          const { call, options } = passed.asked;
          return { ok: true, asked: { call: call as MutationCall, options } };
        },
      };
    case 'public':
      return { kind };
  }
}

/** An operation is public only where it says so itself; without a security scheme the process must not start. */
function kindOf(
  method: Method,
  path: string,
  operation: OpenapiOperation,
  document: OpenapiDocument,
): ContractOperation['kind'] {
  const security = operation.security ?? document.security ?? [];
  const schemes = security.flatMap((requirement) => Object.keys(requirement));
  if (operation.security?.length === 0 && !path.startsWith('/v1')) return 'public';
  const optional = security.some((requirement) => Object.keys(requirement).length === 0);
  const unknown = schemes.find((scheme) => document.components.securitySchemes?.[scheme] === undefined);
  if (schemes.length === 0 || optional || unknown !== undefined) {
    throw new Error(
      `The contract's ${method} ${path} has no security scheme; only operations outside /v1 may say "security: []".`,
    );
  }
  return method === 'GET' ? 'query' : 'mutation';
}

/** What a request for one operation is held to. */
interface Door {
  readonly id: string;
  readonly validator: RequestValidator;
  readonly parameters: readonly Parameter[];
  readonly schemas: Schemas;
}

/** A request that the operation's validator has passed. */
interface Passed {
  readonly call: {
    readonly name: string;
    readonly input: { readonly params: unknown; readonly query: unknown; readonly body: unknown };
  };
  readonly options: MutationOptions;
}

function pass(request: RawRequest, { id, validator, parameters, schemas }: Door): Validation<Passed> {
  const declared = parameters.filter((parameter) => parameter.in === 'header');
  const headers = Object.fromEntries(
    declared.flatMap(({ name }) => (request.headers?.[name] === undefined ? [] : [[name, request.headers[name]]])),
  );
  const query = Object.fromEntries(
    Object.entries(request.query ?? {}).map(([name, value]) => {
      const parameter = parameters.find((candidate) => candidate.in === 'query' && candidate.name === name);
      return [name, parameter === undefined ? value : readQueryValue(value, parameter.schema, schemas)];
    }),
  );
  const path = request.path ?? {};
  const { body } = request;
  if (!validator({ path, query, headers, ...(body === undefined ? {} : { body }) })) {
    return { ok: false, errors: inputErrors(validator.errors ?? []) };
  }
  const { dryRun, ...rest } = query;
  const input = { params: path, query: { ...defaults(parameters, schemas), ...rest }, body: body ?? {} };
  return { ok: true, asked: { call: { name: id, input }, options: optionsOf(headers, dryRun === true) } };
}

/** Defaults of query parameters, such as the size of a page; `dryRun` is an option and not part of the input. */
function defaults(parameters: readonly Parameter[], schemas: Schemas): Record<string, unknown> {
  return Object.fromEntries(
    parameters
      .filter((parameter) => parameter.in === 'query' && parameter.name !== 'dryRun')
      .map((parameter) => [parameter.name, resolve(parameter.schema, schemas).default] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function optionsOf(headers: Readonly<Record<string, unknown>>, dryRun: boolean): MutationOptions {
  const { 'if-match': ifMatch, 'idempotency-key': idempotencyKey, prefer } = headers;
  return {
    dryRun,
    respondAsync: typeof prefer === 'string' && prefersAsync(prefer),
    ...(typeof ifMatch === 'string' ? { ifMatch: revisionTag(ifMatch) } : {}),
    ...(typeof idempotencyKey === 'string' ? { idempotencyKey } : {}),
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc7240#section-4.1 */
function prefersAsync(prefer: string): boolean {
  return prefer.split(',').some((preference) => preference.split(';')[0]?.trim().toLowerCase() === 'respond-async');
}

/**
 * The part of an entity tag that names the entity's revision, which is what the core compares: REST's tags also carry a digest
 * of the representation (see rest/entity-tag.ts).
 */
function revisionTag(ifMatch: string): string {
  return ifMatch.replace(/^"([0-9]+)-[0-9a-f]+"$/, '"$1"');
}
