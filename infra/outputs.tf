output "api_url" {
  description = "Where callers reach the API."
  value       = var.custom_domain == null ? aws_apigatewayv2_api.this.api_endpoint : "https://${var.custom_domain.name}"
}

output "custom_domain_target" {
  description = "What the custom domain's DNS record points to: an alias to this name in this hosted zone; null without a custom domain."
  value = var.custom_domain == null ? null : {
    name    = aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].target_domain_name
    zone_id = aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].hosted_zone_id
  }
}

output "audience" {
  description = "Audience that callers ask GitHub for."
  value       = var.audience
}

output "boundary_arn" {
  description = "Permissions boundary of the push roles; a role must carry it before it can be adopted."
  value       = aws_iam_policy.push_role_boundary.arn
}

output "oidc_provider_arn" {
  description = "The account's OIDC provider that push roles trust."
  value       = var.create_oidc_provider ? aws_iam_openid_connect_provider.github[0].arn : data.aws_iam_openid_connect_provider.github[0].arn
}

output "role_arns" {
  description = "Roles of the service itself, for policies of the organisation and of keys."
  value = {
    api      = aws_iam_role.api.arn
    executor = aws_iam_role.executor.arn
    exporter = one(aws_iam_role.exporter[*].arn)
  }
}

output "tables" {
  description = "Names of the tables."
  value = {
    state = aws_dynamodb_table.state.name
    audit = aws_dynamodb_table.audit.name
  }
}

output "audit_bucket" {
  description = "Bucket of the exported audit log."
  value       = aws_s3_bucket.audit.bucket
}

output "signing_key_arn" {
  description = "Key that the manifests of audit exports are signed with: aws kms get-public-key verifies them; null without exports."
  value       = one(aws_kms_key.signing[*].arn)
}

output "alarm_topic_arn" {
  description = "Topic that all alarms go to."
  value       = aws_sns_topic.alarms.arn
}

output "queue_urls" {
  description = "Queues that hold what went wrong: rings that were given up, and changed audit events."
  value = {
    dead_letters  = aws_sqs_queue.dead_letters.url
    audit_changes = aws_sqs_queue.audit_changes.url
  }
}

output "functions" {
  description = "Names of the functions and the version behind the alias live, which a roll back needs."
  value = {
    api      = { name = aws_lambda_function.api.function_name, version = aws_lambda_alias.api.function_version }
    executor = { name = aws_lambda_function.executor.function_name, version = aws_lambda_alias.executor.function_version }
  }
}

output "environment" {
  description = "Environment variables of the functions, for running a command of the project against this deployment."
  value       = local.environment
}

output "policies" {
  description = "The IAM documents as they were rendered, by the name of their file."
  value = {
    for file in fileset("${path.module}/policies", "*.json.tftpl") :
    trimsuffix(file, ".json.tftpl") => templatefile("${path.module}/policies/${file}", local.policy_variables)
  }
}
