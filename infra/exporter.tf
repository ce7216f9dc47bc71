# The exporter writes the audit log into the bucket every night, and the chains' heads into the platform's own chain. It may put new
# objects and nothing else there.
locals {
  exporter = var.export_schedule == null ? 0 : 1
}

resource "aws_iam_role" "exporter" {
  count = local.exporter

  name               = "${var.name}-exporter"
  path               = var.service_role_path
  description        = "The exporter of ${var.name}: reads the audit log, puts new objects into the audit bucket."
  assume_role_policy = templatefile("${path.module}/policies/assume-lambda.json.tftpl", local.policy_variables)
  tags               = var.tags
}

resource "aws_iam_role_policy" "exporter" {
  count = local.exporter

  name   = "exporter"
  role   = aws_iam_role.exporter[0].name
  policy = templatefile("${path.module}/policies/exporter.json.tftpl", local.policy_variables)
}

resource "aws_cloudwatch_log_group" "exporter" {
  count = local.exporter

  name              = "/aws/lambda/${var.name}-exporter"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
  tags              = var.tags
}

# The key that manifests are signed with. Its public half verifies them without this account.
resource "aws_kms_key" "signing" {
  count = local.exporter

  description              = "Signs the manifests of ${var.name}'s audit exports"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30
  policy                   = templatefile("${path.module}/policies/signing-key.json.tftpl", local.policy_variables)
  tags                     = var.tags
}

resource "aws_kms_alias" "signing" {
  count = local.exporter

  name          = "alias/${var.name}-audit-signing"
  target_key_id = aws_kms_key.signing[0].key_id
}

resource "aws_lambda_function" "exporter" {
  count = local.exporter

  function_name                  = "${var.name}-exporter"
  description                    = "The exporter of ${var.name}"
  role                           = aws_iam_role.exporter[0].arn
  filename                       = "${var.package_directory}/exporter.zip"
  source_code_hash               = filebase64sha256("${var.package_directory}/exporter.zip")
  handler                        = "index.handler"
  runtime                        = var.runtime
  architectures                  = ["arm64"]
  memory_size                    = var.memory.exporter
  timeout                        = 900
  reserved_concurrent_executions = var.concurrency.exporter
  code_signing_config_arn        = var.code_signing_config_arn
  publish                        = true
  tags                           = var.tags

  environment {
    variables = merge(local.environment, {
      ECP_EXPORT_BUCKET  = aws_s3_bucket.audit.bucket
      ECP_EXPORT_KMS_KEY = aws_kms_alias.signing[0].name
    })
  }

  ephemeral_storage {
    size = 2048
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.exporter[0].name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.exporter]
}

resource "aws_lambda_alias" "exporter" {
  count = local.exporter

  name             = "live"
  description      = "The version that exports"
  function_name    = aws_lambda_function.exporter[0].function_name
  function_version = aws_lambda_function.exporter[0].version
}

resource "aws_cloudwatch_event_rule" "export" {
  count = local.exporter

  name                = "${var.name}-export"
  description         = "Lets the exporter write what is new"
  schedule_expression = var.export_schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "export" {
  count = local.exporter

  rule = aws_cloudwatch_event_rule.export[0].name
  arn  = aws_lambda_alias.exporter[0].arn
}

resource "aws_lambda_permission" "export" {
  count = local.exporter

  statement_id  = "export"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.exporter[0].function_name
  qualifier     = aws_lambda_alias.exporter[0].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.export[0].arn
}

# A run that broke off is taken up by the next: what belongs to an export is fixed before it begins.
resource "aws_lambda_function_event_invoke_config" "exporter" {
  count = local.exporter

  function_name                = aws_lambda_function.exporter[0].function_name
  qualifier                    = aws_lambda_alias.exporter[0].name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600
}
