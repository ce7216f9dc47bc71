import { parameterOf, type OpenapiDocument, type OpenapiOperation } from './document.ts';
import type { Schema } from './schema.ts';

/**
 * One schema for the whole request of an operation, `{path, query, headers, body}`, so that a validator's pointers are
 * those of {@link InputError}. References point into `contract#/$defs`, where {@link definitions} puts the components.
 */
export function requestSchema(operation: OpenapiOperation, document: OpenapiDocument): Schema {
  const parameters = (operation.parameters ?? []).map((parameter) => parameterOf(parameter, document));
  const place = (where: string): Schema => {
    const here = parameters.filter((parameter) => parameter.in === where);
    return {
      type: 'object',
      additionalProperties: false,
      required: here.filter((parameter) => parameter.required === true).map(keyOf),
      properties: Object.fromEntries(here.map((parameter) => [keyOf(parameter), retarget(parameter.schema)])),
    };
  };
  const body = operation.requestBody?.content['application/json']?.schema;
  return {
    type: 'object',
    required: body === undefined ? [] : ['body'],
    properties: {
      path: place('path'),
      query: place('query'),
      headers: place('header'),
      body: body === undefined ? false : retarget(body),
    },
  } as Schema;
}

/** The contract's component schemas as one schema that the request schemas refer to. */
export function definitions(document: OpenapiDocument): Schema {
  return { $id: 'contract', $defs: retarget(document.components.schemas) };
}

/** Node gives header names in lower case. */
function keyOf(parameter: { readonly name: string; readonly in: string }): string {
  return parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name;
}

function retarget<T>(value: T): T {
  if (Array.isArray(value)) return value.map(retarget) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // OpenAPI's own keyword; Ajv knows another one of that name.
      .filter(([key]) => key !== 'discriminator')
      .map(([key, inner]) => [
        key,
        key === '$ref' && typeof inner === 'string'
          ? inner.replace('#/components/schemas/', 'contract#/$defs/')
          : retarget(inner),
      ]),
  ) as T;
}
