resource "aws_iam_role" "executor" {
  name               = "${var.name}-executor"
  path               = var.service_role_path
  description        = "The executor of ${var.name}: the only one that writes to ECR and IAM."
  assume_role_policy = templatefile("${path.module}/policies/assume-lambda.json.tftpl", local.policy_variables)
  tags               = var.tags
}

resource "aws_iam_role_policy" "executor" {
  name   = "executor"
  role   = aws_iam_role.executor.name
  policy = templatefile("${path.module}/policies/executor.json.tftpl", local.policy_variables)
}

# Only where repositories may have keys of their own: IAM knows no empty list of resources.
resource "aws_iam_role_policy" "executor_keys" {
  count = length(var.repository_key_arns) == 0 ? 0 : 1

  name   = "executor-keys"
  role   = aws_iam_role.executor.name
  policy = templatefile("${path.module}/policies/executor-keys.json.tftpl", local.policy_variables)
}

resource "aws_cloudwatch_log_group" "executor" {
  name              = "/aws/lambda/${var.name}-executor"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
  tags              = var.tags
}

# The time limit lies between the time that the executor works (20 s) and the lease that it holds (60 s): when a
# department's lease lapses, whoever held it is dead.
resource "aws_lambda_function" "executor" {
  function_name                  = "${var.name}-executor"
  description                    = "The executor of ${var.name}"
  role                           = aws_iam_role.executor.arn
  filename                       = "${var.package_directory}/executor.zip"
  source_code_hash               = filebase64sha256("${var.package_directory}/executor.zip")
  handler                        = "index.handler"
  runtime                        = var.runtime
  architectures                  = ["arm64"]
  memory_size                    = var.memory.executor
  timeout                        = 45
  reserved_concurrent_executions = var.concurrency.executor
  code_signing_config_arn        = var.code_signing_config_arn
  publish                        = true
  tags                           = var.tags

  environment {
    variables = local.environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.executor.name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.executor]
}

resource "aws_lambda_alias" "executor" {
  name             = "live"
  description      = "The version that works"
  function_name    = aws_lambda_function.executor.function_name
  function_version = aws_lambda_function.executor.version
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.this.arn
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = templatefile("${path.module}/policies/dead-letters.json.tftpl", local.policy_variables)
}

# The doorbell: the department's own item changed and says that something is pending. One department's records stay in
# order, ten batches are worked on at once, and a record whose department is left unfinished is delivered again alone and
# given up after a few attempts: the sweep goes on with it, and nobody else waits.
resource "aws_lambda_event_source_mapping" "doorbell" {
  event_source_arn                   = aws_dynamodb_table.state.stream_arn
  function_name                      = aws_lambda_alias.executor.arn
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = 10
  maximum_batching_window_in_seconds = 0
  parallelization_factor             = 10
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_retry_attempts             = 3
  maximum_record_age_in_seconds      = 3600
  tags                               = var.tags

  filter_criteria {
    filter {
      pattern = jsonencode({
        dynamodb = {
          NewImage = {
            sk         = { S = ["DEPARTMENT"] }
            hasPending = { S = ["yes"] }
          }
        }
      })
    }
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead_letters.arn
    }
  }
}

# The sweep finds what a lost ring, a dead letter or a crash left over.
resource "aws_cloudwatch_event_rule" "sweep" {
  name                = "${var.name}-sweep"
  description         = "Lets the executor look at every department"
  schedule_expression = var.sweep_schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule = aws_cloudwatch_event_rule.sweep.name
  arn  = aws_lambda_alias.executor.arn
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "sweep"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.executor.function_name
  qualifier     = aws_lambda_alias.executor.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn
}

# Once a day it compares AWS with the state, and counts what differs.
resource "aws_cloudwatch_event_rule" "drift" {
  name                = "${var.name}-drift"
  description         = "Lets the executor compare AWS with the state"
  schedule_expression = var.drift_schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "drift" {
  rule  = aws_cloudwatch_event_rule.drift.name
  arn   = aws_lambda_alias.executor.arn
  input = jsonencode({ look = "drift" })
}

resource "aws_lambda_permission" "drift" {
  statement_id  = "drift"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.executor.function_name
  qualifier     = aws_lambda_alias.executor.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.drift.arn
}

# A sweep that failed is no loss: the next one comes, and the alarm on errors has seen it.
resource "aws_lambda_function_event_invoke_config" "executor" {
  function_name                = aws_lambda_function.executor.function_name
  qualifier                    = aws_lambda_alias.executor.name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}
