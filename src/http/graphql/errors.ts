import type { ErrorCode } from '../../model/error-code.ts';
import { ServiceError } from '../../core/errors.ts';
import { knownError } from '../known-error.ts';

/** An error as a GraphQL answer tells it; `code` and the rest are the same as in REST's problem. */
export interface GraphqlErrorAnswer {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: ErrorCode; readonly [extension: string]: unknown };
}

/** What of a GraphQLError is looked at; the type itself belongs to the engine, which is loaded late. */
interface EngineError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[] | undefined;
  readonly path?: readonly (string | number)[] | undefined;
  readonly originalError?: unknown;
  readonly nodes?: readonly { readonly kind: string }[] | undefined;
}

/** What is needed to tell an error: where the code is explained, and what to do with an unexpected one. */
export interface ErrorTelling {
  readonly docsBaseUrl: string;
  readonly requestId: string;
  readonly logUnexpected: (error: unknown) => void;
}

/** An error of the catalogue. */
export function errorAnswer(error: ServiceError, { docsBaseUrl, requestId }: ErrorTelling): GraphqlErrorAnswer {
  const { wwwAuthenticate: _header, ...extras } = error.extras;
  const type = `${docsBaseUrl}/errors.md#${error.code}`;
  // As in REST, nothing of `not-found` depends on the request.
  const instance = error.code === 'not-found' ? {} : { instance: `urn:uuid:${requestId}` };
  return { message: error.message, extensions: { code: error.code, type, ...instance, ...extras } };
}

/**
 * An error of a field that was being answered: the resolver's, or the engine's about what the field was given, such as a variable that
 * is null where the argument must not be. What is not in the catalogue is told as an id.
 */
export function fieldErrorAnswer(error: EngineError, telling: ErrorTelling): GraphqlErrorAnswer {
  const { originalError = error } = error;
  if (isAboutInput(originalError)) {
    return { ...documentErrorAnswer(originalError, 'invalid-input', telling), ...placeOf(error) };
  }
  const known = knownError(originalError);
  if (known === undefined) telling.logUnexpected(originalError);
  return { ...errorAnswer(known ?? unexpected(telling.requestId), telling), ...placeOf(error) };
}

/**
 * Whether the engine's error is about the document: then it points to the argument, the directive or the variable that is wrong. An
 * error about a value of ours that fits no type points to the field or to nothing.
 */
function isAboutInput(error: unknown): error is EngineError {
  if (!(error instanceof Error) || error.name !== 'GraphQLError') return false;
  const [node] = (error as EngineError).nodes ?? [];
  return node !== undefined && node.kind !== 'Field';
}

/** An error in the document or its variables, found before anything was answered. */
export function documentErrorAnswer(
  error: EngineError,
  code: 'malformed-request' | 'invalid-input',
  telling: ErrorTelling,
): GraphqlErrorAnswer {
  // graphql-js guesses at what was meant; the schema is to be read by introspection instead.
  const message = error.message.replace(/ Did you mean [^?]*\?/g, '');
  return { ...errorAnswer(new ServiceError(code, message), telling), ...placeOf(error) };
}

function placeOf({ locations, path }: EngineError) {
  return {
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
  };
}

function unexpected(requestId: string): ServiceError {
  return new ServiceError(
    'internal',
    `Something unexpected happened. Its id is ${requestId}; quote it when you ask for help.`,
  );
}
