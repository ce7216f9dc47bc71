resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = templatefile("${path.module}/dashboard.json.tftpl", {
    region      = local.region
    namespace   = local.metric_namespace
    deployment  = aws_dynamodb_table.state.name
    audit_table = aws_dynamodb_table.audit.name
    api_id      = aws_apigatewayv2_api.this.id
    api         = aws_lambda_function.api.function_name
    executor    = aws_lambda_function.executor.function_name
    queue       = aws_sqs_queue.dead_letters.name
    alarm_arns  = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
  })
}
