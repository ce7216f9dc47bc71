import type { FastifyReply } from 'fastify';
import { ERRORS, type ServiceError } from '../../core/errors.ts';

/** RFC 9457 problem details, as openapi.yaml's `Problem` has them. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly code: string;
  readonly [extension: string]: unknown;
}

/**
 * The problem that an error is told as. Of `not-found` nothing depends on the request: what is not there and what the caller may
 * not know of must be the same, byte for byte.
 */
export function problemOf(error: ServiceError, docsBaseUrl: string, requestId: string): Problem {
  const { status, title } = ERRORS[error.code];
  const type = `${docsBaseUrl}/errors.md#${error.code}`;
  if (error.code === 'not-found' || error.code === 'unknown-path')
    return { type, title, status, detail: error.message, code: error.code };
  const { wwwAuthenticate: _header, ...extensions } = error.extras;
  return {
    type,
    title,
    status,
    detail: error.message,
    instance: `urn:uuid:${requestId}`,
    code: error.code,
    ...extensions,
  };
}

/** Answers with a problem and the headers that go with it. */
export function sendProblem(reply: FastifyReply, error: ServiceError, docsBaseUrl: string): FastifyReply {
  const { retryAfterSeconds, wwwAuthenticate, operation } = error.extras;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  if (error.code === 'unauthenticated') void reply.header('www-authenticate', wwwAuthenticate ?? 'Bearer');
  if (operation !== undefined) void reply.header('link', `</v1/operations/${operation}>; rel="related"`);
  const problem = problemOf(error, docsBaseUrl, reply.request.id);
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
