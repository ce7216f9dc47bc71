import { readFileSync } from 'node:fs';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  type Architecture,
  type EventSourcePosition,
  type FunctionResponseType,
  type LogFormat,
  type Runtime,
  type TracingMode,
} from '@aws-sdk/client-lambda';
import type { Arguments } from '../arguments.ts';
import { must, where, type Row } from './row.ts';

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html */
function invokeArn(region: string, functionArn: string): string {
  return `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
}

const lambdaFunction: Row = async (given, { clients: { lambda }, region }) => {
  const name = given.text('function_name');
  // It tells the provider when to upload again; a first upload has nothing to compare with.
  given.leaveOut('source_code_hash');
  const made = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: given.text('role'),
      Handler: given.text('handler'),
      Runtime: given.text('runtime') as Runtime,
      Code: { ZipFile: readFileSync(given.text('filename')) },
      Publish: given.flag('publish'),
      Architectures: given.texts('architectures') as Architecture[],
      ...where('Description', given.maybeText('description')),
      ...where('MemorySize', given.maybeNumber('memory_size')),
      ...where('Timeout', given.maybeNumber('timeout')),
      ...where('CodeSigningConfigArn', given.maybeText('code_signing_config_arn')),
      ...where('Environment', variablesOf(given)),
      ...where('EphemeralStorage', storageOf(given)),
      ...where('LoggingConfig', loggingOf(given)),
      ...where('TracingConfig', tracingOf(given)),
      Tags: given.map('tags'),
    }),
  );
  const reserved = given.maybeNumber('reserved_concurrent_executions') ?? -1;
  if (reserved >= 0)
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: reserved }),
    );
  const version = must(made.Version, 'Version');
  const arn = must(made.FunctionArn, 'FunctionArn').replace(new RegExp(`:${version.replace('$', '\\$')}$`), '');
  return {
    id: name,
    arn,
    version,
    invoke_arn: invokeArn(region, arn),
    qualified_arn: `${arn}:${version}`,
    qualified_invoke_arn: invokeArn(region, `${arn}:${version}`),
  };
};

function variablesOf(given: Arguments): { Variables: Record<string, string> } | undefined {
  const block = given.block('environment');
  return block === undefined ? undefined : { Variables: block.map('variables') };
}

function storageOf(given: Arguments): { Size: number | undefined } | undefined {
  const block = given.block('ephemeral_storage');
  return block === undefined ? undefined : { Size: block.maybeNumber('size') };
}

function loggingOf(given: Arguments) {
  const block = given.block('logging_config');
  if (block === undefined) return undefined;
  return {
    LogFormat: block.text('log_format') as LogFormat,
    ...where('LogGroup', block.maybeText('log_group')),
    ...where('ApplicationLogLevel', block.maybeText('application_log_level') as 'INFO' | undefined),
    ...where('SystemLogLevel', block.maybeText('system_log_level') as 'WARN' | undefined),
  };
}

function tracingOf(given: Arguments) {
  const block = given.block('tracing_config');
  return block === undefined ? undefined : { Mode: block.text('mode') as TracingMode };
}

const alias: Row = async (given, { clients: { lambda }, region }) => {
  const { AliasArn } = await lambda.send(
    new CreateAliasCommand({
      FunctionName: given.text('function_name'),
      Name: given.text('name'),
      FunctionVersion: given.text('function_version'),
      ...where('Description', given.maybeText('description')),
    }),
  );
  const arn = must(AliasArn, 'AliasArn');
  return { id: arn, arn, invoke_arn: invokeArn(region, arn) };
};

const permission: Row = async (given, { clients: { lambda } }) => {
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: given.text('function_name'),
      StatementId: given.text('statement_id'),
      Action: given.text('action'),
      Principal: given.text('principal'),
      ...where('Qualifier', given.maybeText('qualifier')),
      ...where('SourceArn', given.maybeText('source_arn')),
      ...where('SourceAccount', given.maybeText('source_account')),
    }),
  );
  return { id: given.text('statement_id') };
};

const eventSourceMapping: Row = async (given, { clients: { lambda } }) => {
  const destination = given.block('destination_config')?.block('on_failure')?.text('destination_arn');
  const filters = given.block('filter_criteria')?.blocks('filter');
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: given.text('event_source_arn'),
      FunctionName: given.text('function_name'),
      Enabled: given.has('enabled') ? given.flag('enabled') : true,
      BisectBatchOnFunctionError: given.flag('bisect_batch_on_function_error'),
      FunctionResponseTypes: given.texts('function_response_types') as FunctionResponseType[],
      ...where('StartingPosition', given.maybeText('starting_position') as EventSourcePosition | undefined),
      ...where('BatchSize', given.maybeNumber('batch_size')),
      ...where('MaximumBatchingWindowInSeconds', given.maybeNumber('maximum_batching_window_in_seconds')),
      ...where('ParallelizationFactor', given.maybeNumber('parallelization_factor')),
      ...where('MaximumRetryAttempts', given.maybeNumber('maximum_retry_attempts')),
      ...where('MaximumRecordAgeInSeconds', given.maybeNumber('maximum_record_age_in_seconds')),
      ...(filters === undefined
        ? {}
        : { FilterCriteria: { Filters: filters.map((one) => ({ Pattern: one.text('pattern') })) } }),
      ...(destination === undefined ? {} : { DestinationConfig: { OnFailure: { Destination: destination } } }),
      Tags: given.map('tags'),
    }),
  );
  return { id: UUID, uuid: UUID };
};

const eventInvokeConfig: Row = async (given, { clients: { lambda } }) => {
  const name = given.text('function_name');
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: name,
      ...where('Qualifier', given.maybeText('qualifier')),
      ...where('MaximumRetryAttempts', given.maybeNumber('maximum_retry_attempts')),
      ...where('MaximumEventAgeInSeconds', given.maybeNumber('maximum_event_age_in_seconds')),
    }),
  );
  return { id: name };
};

/** Lambda's resource types. */
export const LAMBDA: Readonly<Record<string, Row>> = {
  aws_lambda_function: lambdaFunction,
  aws_lambda_alias: alias,
  aws_lambda_permission: permission,
  aws_lambda_event_source_mapping: eventSourceMapping,
  aws_lambda_function_event_invoke_config: eventInvokeConfig,
};
