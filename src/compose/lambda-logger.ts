import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

/** A logger for Lambda: JSON lines, and never a token. */
export function lambdaLogger(): FastifyBaseLogger {
  return pino({
    level: process.env['LOG_LEVEL'] ?? 'info',
    base: null,
    redact: ['req.headers.authorization', 'headers.authorization'],
  }) as FastifyBaseLogger;
}
