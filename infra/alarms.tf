resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = templatefile("${path.module}/policies/alarms.json.tftpl", local.policy_variables)
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.alarm_emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

locals {
  functions = {
    api      = aws_lambda_function.api.function_name
    executor = aws_lambda_function.executor.function_name
  }

  # Metrics that the service writes itself, see docs/runbook.md.
  metric_namespace  = "EcrControlPlane"
  metric_dimensions = { Deployment = aws_dynamodb_table.state.name }

  # Each alarm by its name: a metric, over how many periods of how many seconds, from which value on, and what it means.
  alarms = merge(
    {
      for part, function in local.functions : "${part}-errors" => {
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function }
        statistic   = "Sum"
        period      = 300
        periods     = part == "executor" ? 3 : 1
        threshold   = part == "executor" ? 3 : 1
        description = part == "executor" ? "The executor fails again and again: runbook, Dead letters." : "The API failed unexpectedly: runbook, Errors."
      }
    },
    {
      for part, function in local.functions : "${part}-throttles" => {
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = { FunctionName = function }
        statistic   = "Sum"
        period      = 300
        periods     = 1
        threshold   = 1
        description = "The reserved concurrency is used up: runbook, Throttling."
      }
    },
    {
      "api-5xx" = {
        namespace   = "AWS/ApiGateway"
        metric      = "5xx"
        dimensions  = { ApiId = aws_apigatewayv2_api.this.id }
        statistic   = "Sum"
        period      = 300
        periods     = 1
        threshold   = 5
        description = "Callers get server errors: runbook, Errors."
      }
      "doorbell-age" = {
        namespace   = "AWS/Lambda"
        metric      = "IteratorAge"
        dimensions  = { FunctionName = aws_lambda_function.executor.function_name, Resource = "${aws_lambda_function.executor.function_name}:${aws_lambda_alias.executor.name}" }
        statistic   = "Maximum"
        period      = 60
        periods     = 3
        threshold   = 60000
        description = "Changes wait more than a minute for the executor: runbook, Dead letters."
      }
      "dead-letters" = {
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = aws_sqs_queue.dead_letters.name }
        statistic   = "Maximum"
        period      = 60
        periods     = 1
        threshold   = 1
        description = "A ring was given up; the sweep goes on with it: runbook, Dead letters."
      }
      "audit-changed" = {
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = aws_sqs_queue.audit_changes.name }
        statistic   = "Maximum"
        period      = 60
        periods     = 1
        threshold   = 1
        description = "Somebody changed or removed an audit event; the queue holds what it was: runbook, A changed audit log."
      }
      "audit-unwatched" = {
        namespace   = "AWS/EventBridge/Pipes"
        metric      = "ExecutionFailed"
        dimensions  = { PipeName = aws_pipes_pipe.audit_changes.name }
        statistic   = "Sum"
        period      = 300
        periods     = 1
        threshold   = 1
        description = "Changes of the audit log can't be told: runbook, A changed audit log."
      }
      "export-errors" = {
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = "${var.name}-exporter" }
        statistic   = "Sum"
        period      = 3600
        periods     = 1
        threshold   = 1
        description = "The audit log was not exported: runbook, The audit export."
      }
      "stuck" = {
        namespace   = "${local.metric_namespace}/Log"
        metric      = aws_cloudwatch_log_metric_filter.this["stuck"].metric_transformation[0].name
        dimensions  = {}
        statistic   = "Sum"
        period      = 300
        periods     = 1
        threshold   = 1
        description = "An operation has been pending for a quarter of an hour: runbook, Dead letters."
      }
      "dead-operations" = {
        namespace   = "${local.metric_namespace}/Log"
        metric      = aws_cloudwatch_log_metric_filter.this["dead-operations"].metric_transformation[0].name
        dimensions  = {}
        statistic   = "Sum"
        period      = 300
        periods     = 1
        threshold   = 1
        description = "An operation was given up and waits to be replayed: runbook, Dead letters."
      }
      "pending" = {
        namespace   = local.metric_namespace
        metric      = "PendingOperations"
        dimensions  = local.metric_dimensions
        statistic   = "Minimum"
        period      = 600
        periods     = 3
        threshold   = 1
        description = "An operation has been pending for half an hour: runbook, Dead letters."
      }
      "drift" = {
        namespace   = local.metric_namespace
        metric      = "Drift"
        dimensions  = local.metric_dimensions
        statistic   = "Maximum"
        period      = 3600
        periods     = 1
        threshold   = 1
        description = "AWS is not what the API says: runbook, Drift storm."
      }
    },
  )
}

# What the sweep finds is a line in the executor's log.
resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = {
    "stuck"           = "An operation is stuck"
    "dead-operations" = "A dead letter waits to be replayed"
  }

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.executor.name
  pattern        = "{ $.msg = \"${each.value}\" }"

  metric_transformation {
    namespace = "${local.metric_namespace}/Log"
    name      = "${var.name}-${each.key}"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

# A put can still overwrite: no condition key of DynamoDB's forbids it. The table's stream shows it, and this pipe
# keeps each changed or removed event in a queue that nothing else writes to.
resource "aws_sqs_queue" "audit_changes" {
  name                      = "${var.name}-audit-changes"
  message_retention_seconds = 1209600
  kms_master_key_id         = aws_kms_key.this.arn
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "audit_changes" {
  queue_url = aws_sqs_queue.audit_changes.url
  policy    = templatefile("${path.module}/policies/audit-changes-queue.json.tftpl", local.policy_variables)
}

resource "aws_iam_role" "audit_changes" {
  name               = "${var.name}-audit-changes"
  path               = var.service_role_path
  description        = "Reads the audit table's stream and tells of changed events."
  assume_role_policy = templatefile("${path.module}/policies/assume-pipes.json.tftpl", local.policy_variables)
  tags               = var.tags
}

resource "aws_iam_role_policy" "audit_changes" {
  name   = "audit-changes"
  role   = aws_iam_role.audit_changes.name
  policy = templatefile("${path.module}/policies/audit-changes.json.tftpl", local.policy_variables)
}

resource "aws_pipes_pipe" "audit_changes" {
  name        = "${var.name}-audit-changes"
  description = "Audit events that were changed or removed"
  role_arn    = aws_iam_role.audit_changes.arn
  source      = aws_dynamodb_table.audit.stream_arn
  target      = aws_sqs_queue.audit_changes.arn
  tags        = var.tags

  source_parameters {
    dynamodb_stream_parameters {
      starting_position      = "TRIM_HORIZON"
      batch_size             = 10
      maximum_retry_attempts = 10
    }

    filter_criteria {
      filter {
        pattern = jsonencode({ eventName = ["MODIFY", "REMOVE"] })
      }
    }
  }

  depends_on = [aws_iam_role_policy.audit_changes]
}
