import {
  CreateApiCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  type AuthorizationType,
  type IntegrationType,
  type ProtocolType,
} from '@aws-sdk/client-apigatewayv2';
import { must, where, type Row } from './row.ts';

const api: Row = async (given, { clients: { gateway }, region, accountId }) => {
  const { ApiId, ApiEndpoint } = await gateway.send(
    new CreateApiCommand({
      Name: given.text('name'),
      ProtocolType: given.text('protocol_type') as ProtocolType,
      DisableExecuteApiEndpoint: given.flag('disable_execute_api_endpoint'),
      ...where('Description', given.maybeText('description')),
      Tags: given.map('tags'),
    }),
  );
  const id = must(ApiId, 'ApiId');
  return {
    id,
    api_endpoint: must(ApiEndpoint, 'ApiEndpoint'),
    arn: `arn:aws:apigateway:${region}::/apis/${id}`,
    execution_arn: `arn:aws:execute-api:${region}:${accountId}:${id}`,
  };
};

const integration: Row = async (given, { clients: { gateway } }) => {
  const { IntegrationId } = await gateway.send(
    new CreateIntegrationCommand({
      ApiId: given.text('api_id'),
      IntegrationType: given.text('integration_type') as IntegrationType,
      IntegrationUri: given.text('integration_uri'),
      // The provider's default, which is not the service's choice.
      PayloadFormatVersion: given.maybeText('payload_format_version') ?? '1.0',
      ...where('TimeoutInMillis', given.maybeNumber('timeout_milliseconds')),
    }),
  );
  return { id: must(IntegrationId, 'IntegrationId') };
};

const route: Row = async (given, { clients: { gateway } }) => {
  const { RouteId } = await gateway.send(
    new CreateRouteCommand({
      ApiId: given.text('api_id'),
      RouteKey: given.text('route_key'),
      ...where('Target', given.maybeText('target')),
      ...where('AuthorizationType', given.maybeText('authorization_type') as AuthorizationType | undefined),
    }),
  );
  return { id: must(RouteId, 'RouteId') };
};

const stage: Row = async (given, { clients: { gateway }, region }) => {
  const log = given.block('access_log_settings');
  const throttling = given.block('default_route_settings');
  const id = given.text('api_id');
  const name = given.text('name');
  await gateway.send(
    new CreateStageCommand({
      ApiId: id,
      StageName: name,
      AutoDeploy: given.flag('auto_deploy'),
      ...(log === undefined
        ? {}
        : { AccessLogSettings: { DestinationArn: log.text('destination_arn'), Format: log.text('format') } }),
      ...(throttling === undefined
        ? {}
        : {
            DefaultRouteSettings: {
              DetailedMetricsEnabled: throttling.flag('detailed_metrics_enabled'),
              ...where('ThrottlingRateLimit', throttling.maybeNumber('throttling_rate_limit')),
              ...where('ThrottlingBurstLimit', throttling.maybeNumber('throttling_burst_limit')),
            },
          }),
      Tags: given.map('tags'),
    }),
  );
  return { id: name, arn: `arn:aws:apigateway:${region}::/apis/${id}/stages/${name}` };
};

/** API Gateway's resource types. */
export const GATEWAY: Readonly<Record<string, Row>> = {
  aws_apigatewayv2_api: api,
  aws_apigatewayv2_integration: integration,
  aws_apigatewayv2_route: route,
  aws_apigatewayv2_stage: stage,
};
