import type { Schema, Schemas } from './schema.ts';

/** The parts of an OpenAPI 3.1 document that the service reads. */
export interface OpenapiDocument {
  readonly openapi: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenapiOperation>>>>;
  readonly components: {
    readonly securitySchemes?: Readonly<Record<string, unknown>>;
    readonly schemas: Schemas;
    readonly parameters?: Readonly<Record<string, OpenapiParameter>>;
    readonly responses?: Readonly<Record<string, OpenapiResponse>>;
  };
}

export interface OpenapiOperation {
  readonly operationId?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (OpenapiParameter | Reference)[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, OpenapiMedia>> };
  readonly responses: Readonly<Record<string, OpenapiResponse | Reference>>;
}

export interface OpenapiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface OpenapiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, OpenapiMedia>>;
}

export interface OpenapiMedia {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;
}

export interface Reference {
  readonly $ref: string;
}

/** A parameter, its reference followed. */
export function parameterOf(parameter: OpenapiParameter | Reference, document: OpenapiDocument): OpenapiParameter {
  if (!('$ref' in parameter)) return parameter;
  return found(document.components.parameters?.[lastPart(parameter.$ref)], parameter.$ref);
}

/** A response, its reference followed. */
export function responseOf(response: OpenapiResponse | Reference, document: OpenapiDocument): OpenapiResponse {
  if (!('$ref' in response)) return response;
  return found(document.components.responses?.[lastPart(response.$ref)], response.$ref);
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function found<T>(value: T | undefined, reference: string): T {
  if (value === undefined) throw new Error(`The contract has no ${reference}.`);
  return value;
}
