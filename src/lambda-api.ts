import { awsLambdaFastify } from '@fastify/aws-lambda';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { FastifyRequest } from 'fastify';
import { composeApi } from './compose.ts';
import { readConfig } from './config.ts';
import { loadContracts } from './contract-source.ts';
import { lambdaLogger } from './lambda-logger.ts';

const app = composeApi({
  config: readConfig(process.env),
  ...loadContracts(),
  logger: lambdaLogger(),
  addressOf: sourceAddress,
});

// A comma in a query string is the client's own, not a list.
const proxy = awsLambdaFastify<APIGatewayProxyEventV2>(app, { parseCommaSeparatedQueryParams: false });

await app.ready();

/** API Gateway's event → the app. */
export async function handler(event: APIGatewayProxyEventV2, context: Context): Promise<unknown> {
  return proxy(event, context);
}

/** The address that API Gateway saw; what the client says of itself in `X-Forwarded-For` does not count. */
function sourceAddress(request: FastifyRequest): string {
  const { awsLambda } = request as FastifyRequest & { readonly awsLambda?: { readonly event: APIGatewayProxyEventV2 } };
  return awsLambda?.event.requestContext.http.sourceIp ?? request.ip;
}
