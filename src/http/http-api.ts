import { awsLambdaFastify } from '@fastify/aws-lambda';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { Contract } from '../contract/route.ts';
import { ServiceError } from '../core/errors.ts';
import { GRAPHQL_PATH } from './graphql/http.ts';
import { readEvent } from './http-api-event.ts';
import { problemOf } from './rest/problem.ts';

/** What stands behind an HTTP API. */
export interface BehindHttpApi {
  readonly app: FastifyInstance;
  readonly contract: Pick<Contract, 'operations'>;
  readonly docsBaseUrl: string;
  readonly logger: Pick<FastifyBaseLogger, 'error'>;
}

/** A Lambda's handler that gives an HTTP API's events to the app. It throws for events that are no request. */
export function behindHttpApi({ app, contract, docsBaseUrl, logger }: BehindHttpApi) {
  // The query string is in the URL, where a comma is the client's own and not a list.
  const proxy = awsLambdaFastify<APIGatewayProxyEventV2>(app, { parseCommaSeparatedQueryParams: false });
  const paths = [GRAPHQL_PATH, ...[...contract.operations.values()].map(({ path }) => path)];
  const roots = new Set(paths.map((path) => path.split('/', 2)[1] ?? ''));
  return async (event: unknown, context: Context): Promise<unknown> => {
    const read = readEvent(event, roots);
    switch (read.kind) {
      case 'request':
        return proxy(read.event, context);
      case 'refused':
        logger.error({ detail: read.detail }, 'An event was refused');
        return refusal(new ServiceError(read.code, read.detail), docsBaseUrl, context);
      case 'foreign':
        throw new Error(read.detail);
    }
  };
}

/** In a form that all of Lambda's HTTP integrations understand. */
function refusal(error: ServiceError, docsBaseUrl: string, context: Context): APIGatewayProxyStructuredResultV2 {
  const problem = problemOf(error, docsBaseUrl, context.awsRequestId);
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: JSON.stringify(problem),
    isBase64Encoded: false,
  };
}

/** The address that API Gateway saw; what the client says of itself in `X-Forwarded-For` does not count. */
export function sourceAddress(request: FastifyRequest): string {
  const { awsLambda } = request as FastifyRequest & { readonly awsLambda?: { readonly event: APIGatewayProxyEventV2 } };
  return awsLambda?.event.requestContext.http.sourceIp ?? request.ip;
}
