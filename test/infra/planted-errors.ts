import type { Rule } from './check-module.ts';
import type { ModuleText } from './module-source.ts';

/** A mistake that somebody could make in the module, and how it must be found. */
export interface PlantedError {
  readonly kind: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What our own check calls it. */
  readonly rule: Rule;
  readonly where: string;
  /** What the real binary says; absent where it leaves that to the provider or does not mind. */
  readonly diagnostic?: RegExp;
}

export const PLANTED_ERRORS: readonly PlantedError[] = [
  {
    kind: 'unknown argument',
    file: 'api.tf',
    from: 'handler      ',
    to: 'handlr       ',
    rule: 'unknown-argument',
    where: 'aws_lambda_function.api.handlr',
    diagnostic: /Unsupported argument/,
  },
  {
    kind: 'unknown argument in a nested block',
    file: 'api.tf',
    from: 'log_format            =',
    to: 'log_fromat            =',
    rule: 'unknown-argument',
    where: 'aws_lambda_function.api.logging_config.log_fromat',
    diagnostic: /Unsupported argument/,
  },
  {
    kind: 'unknown block',
    file: 'tables.tf',
    from: 'point_in_time_recovery {',
    to: 'point_in_time_restore {',
    rule: 'unknown-argument',
    where: 'aws_dynamodb_table.state.point_in_time_restore',
    diagnostic: /Unsupported block type/,
  },
  {
    kind: 'missing required argument',
    file: 'key.tf',
    from: '  target_key_id = aws_kms_key.this.key_id\n',
    to: '',
    rule: 'missing-argument',
    where: 'aws_kms_alias.this',
    diagnostic: /Missing required argument/,
  },
  {
    kind: 'missing required argument in a nested block',
    file: 'audit-bucket.tf',
    from: '      sse_algorithm     = "aws:kms"\n',
    to: '',
    rule: 'missing-argument',
    where: 'aws_s3_bucket_server_side_encryption_configuration.audit.rule.apply_server_side_encryption_by_default',
    diagnostic: /Missing required argument/,
  },
  {
    kind: 'missing required block',
    file: 'api.tf',
    from: '  domain_name_configuration {\n    certificate_arn = var.custom_domain.certificate_arn\n    endpoint_type   = "REGIONAL"\n    security_policy = "TLS_1_2"\n  }\n',
    to: '',
    rule: 'too-few-blocks',
    where: 'aws_apigatewayv2_domain_name.this',
    diagnostic: /Insufficient domain_name_configuration blocks|Missing required argument/,
  },
  {
    kind: 'wrong type: text for a number',
    file: 'api.tf',
    from: 'timeout                        = 29',
    to: 'timeout                        = "half a minute"',
    rule: 'wrong-type',
    where: 'aws_lambda_function.api.timeout',
    diagnostic: /a number is required/,
  },
  {
    kind: 'wrong type: text for a truth value',
    file: 'audit-bucket.tf',
    from: 'object_lock_enabled = true',
    to: 'object_lock_enabled = "enabled"',
    rule: 'wrong-type',
    where: 'aws_s3_bucket.audit.object_lock_enabled',
    diagnostic: /a bool is required/,
  },
  {
    kind: 'wrong type: text for a list',
    file: 'executor.tf',
    from: '["arm64"]',
    to: '"arm64"',
    rule: 'wrong-type',
    where: 'aws_lambda_function.executor.architectures',
    diagnostic: /list of string required/,
  },
  {
    kind: 'wrong type: a list for text',
    file: 'api.tf',
    from: 'runtime                        = var.runtime',
    to: 'runtime                        = [var.runtime]',
    rule: 'wrong-type',
    where: 'aws_lambda_function.api.runtime',
    diagnostic: /string required/,
  },
  {
    kind: 'wrong type: a variable of another type',
    file: 'api.tf',
    from: 'runtime                        = var.runtime',
    to: 'runtime                        = var.memory',
    rule: 'wrong-type',
    where: 'aws_lambda_function.api.runtime',
    diagnostic: /string required/,
  },
  {
    kind: 'an argument for a block',
    file: 'tables.tf',
    from: 'ttl {\n    attribute_name = "expiresAt"\n    enabled        = true\n  }',
    to: 'ttl = { attribute_name = "expiresAt", enabled = true }',
    rule: 'wrong-type',
    where: 'aws_dynamodb_table.state.ttl',
    diagnostic: /Unsupported argument/,
  },
  {
    kind: 'a block for an argument',
    file: 'key.tf',
    from: 'enable_key_rotation     = true',
    to: 'enable_key_rotation {}',
    rule: 'wrong-type',
    where: 'aws_kms_key.this.enable_key_rotation',
    diagnostic: /Unsupported block type/,
  },
  {
    kind: 'too many blocks',
    file: 'api.tf',
    from: 'tracing_config {\n    mode = "Active"\n  }',
    to: 'tracing_config {\n    mode = "Active"\n  }\n\n  tracing_config {\n    mode = "PassThrough"\n  }',
    rule: 'too-many-blocks',
    where: 'aws_lambda_function.api.tracing_config',
    diagnostic: /Too many tracing_config blocks/,
  },
  {
    kind: 'unknown resource',
    file: 'alarms.tf',
    from: 'resource "aws_sns_topic" "alarms"',
    to: 'resource "aws_sns_topik" "alarms"',
    rule: 'unknown-resource',
    where: 'aws_sns_topik.alarms',
    diagnostic: /Invalid resource type/,
  },
  {
    kind: 'unknown data source',
    file: 'locals.tf',
    from: 'data "aws_partition" "current"',
    to: 'data "aws_partitions" "current"',
    rule: 'unknown-resource',
    where: 'aws_partitions.current',
    diagnostic: /Invalid data source/,
  },
  {
    kind: 'bad reference: no such resource',
    file: 'api.tf',
    from: 'role                           = aws_iam_role.api.arn',
    to: 'role                           = aws_iam_role.apis.arn',
    rule: 'unknown-reference',
    where: 'resource.aws_lambda_function.api',
    diagnostic: /Reference to undeclared resource/,
  },
  {
    kind: 'bad reference: no such attribute',
    file: 'api.tf',
    from: 'aws_lambda_alias.api.invoke_arn',
    to: 'aws_lambda_alias.api.invocation_arn',
    rule: 'unknown-reference',
    where: 'resource.aws_apigatewayv2_integration.api',
    diagnostic: /Unsupported attribute/,
  },
  {
    kind: 'bad reference: no such variable',
    file: 'executor.tf',
    from: 'var.sweep_schedule',
    to: 'var.sweep',
    rule: 'unknown-reference',
    where: 'resource.aws_cloudwatch_event_rule.sweep',
    diagnostic: /Reference to undeclared input variable/,
  },
  {
    kind: 'bad reference: no such local value',
    file: 'api.tf',
    from: 'local.environment',
    to: 'local.environments',
    rule: 'unknown-reference',
    where: 'resource.aws_lambda_function.api',
    diagnostic: /Reference to undeclared local value/,
  },
  {
    kind: 'bad reference: no such data source',
    file: 'locals.tf',
    from: 'data.aws_region.current',
    to: 'data.aws_region.here',
    rule: 'unknown-reference',
    where: 'locals',
    diagnostic: /Reference to undeclared resource/,
  },
  {
    kind: 'an argument that can only be read',
    file: 'api.tf',
    from: 'protocol_type                = "HTTP"',
    to: 'protocol_type                = "HTTP"\n  api_endpoint                 = "https://example.com"',
    rule: 'read-only-argument',
    where: 'aws_apigatewayv2_api.this.api_endpoint',
  },
  {
    kind: 'a variable without a type',
    file: 'variables.tf',
    from: '  type        = bool\n',
    to: '',
    rule: 'undescribed',
    where: 'create_oidc_provider',
  },
  {
    kind: 'an output without a description',
    file: 'outputs.tf',
    from: '  description = "Where callers reach the API."\n',
    to: '',
    rule: 'undescribed',
    where: 'api_url',
  },
  {
    kind: 'a variable that nothing uses',
    file: 'variables.tf',
    from: 'variable "contact" {',
    to: 'variable "contacts" {',
    rule: 'unused',
    where: 'var.contacts',
  },
];

/** The module with the mistake in it. */
export function withPlanted(module: ModuleText, { file, from, to }: PlantedError): ModuleText {
  const text = module[file] ?? '';
  if (!text.includes(from)) throw new Error(`${file} has no longer: ${from}`);
  return { ...module, [file]: text.replace(from, () => to) };
}
