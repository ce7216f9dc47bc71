import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenapiDocument } from './document.ts';
import { definitions, requestSchema } from './request-schema.ts';

/** An error as Ajv tells it, as far as we look. */
export interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly parentSchema?: unknown;
  readonly data?: unknown;
}

/** Checks a whole request against its operation's schema; leaves its errors on itself, as Ajv's functions do. */
export interface RequestValidator {
  (request: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/** The request validator of each operation, by `operationId`. */
export type RequestValidators = Readonly<Record<string, RequestValidator>>;

/**
 * Nothing is coerced, removed or filled in: what the caller sent is what is checked and what is passed on. `verbose` keeps
 * the schema beside each error, from which its message is made.
 */
export function newAjv(code?: { readonly source: true; readonly esm: true }): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: false,
    ownProperties: true,
    ...(code === undefined ? {} : { code }),
  });
  addFormats.default(ajv, ['date-time', 'date']);
  ajv.addVocabulary(['x-rule', 'example']);
  return ajv;
}

/** Compiles the validators of all operations; the build does the same ahead of time. */
export function compileValidators(document: OpenapiDocument): RequestValidators {
  const ajv = newAjv();
  ajv.addSchema(definitions(document));
  const validators: Record<string, RequestValidator> = {};
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      if (operation.operationId === undefined) continue;
      validators[operation.operationId] = lazily(() => ajv.compile(requestSchema(operation, document)));
    }
  }
  return validators;
}

/** Compiles on first use: start-up does not wait for operations that nobody calls. */
function lazily(compile: () => RequestValidator): RequestValidator {
  let compiled: RequestValidator | undefined;
  const validator: RequestValidator = (request) => {
    compiled ??= compile();
    const valid = compiled(request);
    validator.errors = compiled.errors ?? null;
    return valid;
  };
  return validator;
}
