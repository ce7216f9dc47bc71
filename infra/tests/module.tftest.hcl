# The module as a whole, planned and applied against a provider that knows the schema and makes values up.

mock_provider "aws" {
  mock_resource "aws_apigatewayv2_domain_name" {
    defaults = {
      domain_name_configuration = {
        target_domain_name = "d-abc.execute-api.eu-west-1.amazonaws.com"
        hosted_zone_id     = "ZLY8HYME6SFDD"
      }
    }
  }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "354918371398" }
}

override_data {
  target = data.aws_partition.current
  values = { partition = "aws" }
}

override_data {
  target = data.aws_region.current
  values = { region = "eu-west-1" }
}

override_data {
  target = data.aws_iam_openid_connect_provider.github
  values = {
    arn            = "arn:aws:iam::354918371398:oidc-provider/token.actions.githubusercontent.com"
    client_id_list = ["sts.amazonaws.com"]
  }
}

variables {
  package_directory = "tests/packages"
  audience          = "https://ecr.example.com"
  platform_callers  = [{ repository_id = "42", ref = "refs/heads/main" }, { repository_id = "43", environment = "prod" }]
}

# The IAM documents as this binary renders them: the project's tests compare them with their own rendering.
run "documents" {
  command = plan

  variables {
    break_glass_role_arns = ["arn:aws:iam::354918371398:role/platform-restore"]
    adopted_role_arns     = ["arn:aws:iam::354918371398:role/koa-github-ecr-access"]
    repository_prefixes   = ["koa/", "pol/"]
    repository_key_arns   = ["arn:aws:kms:eu-west-1:354918371398:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }

  assert {
    condition     = alltrue([for document in values(output.policies) : jsondecode(document).Version == "2012-10-17"])
    error_message = "Each document must be JSON of the current policy language."
  }

  assert {
    condition     = length(aws_iam_role_policy.executor_keys) == 1
    error_message = "Keys of repositories need the executor's right to use them."
  }
}

run "applied" {
  plan_options {
    refresh = false
  }

  assert {
    condition     = output.boundary_arn == aws_iam_policy.push_role_boundary.arn && aws_iam_policy.push_role_boundary.path == "/ecr-access/" && aws_iam_policy.push_role_boundary.name == "push-role-boundary"
    error_message = "The boundary must be where the service looks for it."
  }

  assert {
    condition     = !startswith(aws_iam_role.api.path, var.role_path) && !startswith(aws_iam_role.executor.path, var.role_path)
    error_message = "The service's own roles must not lie where the executor may change roles."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.state, aws_dynamodb_table.audit] : table.deletion_protection_enabled && table.stream_enabled && table.point_in_time_recovery[0].enabled && table.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Tables are on demand, protected, restorable, and have a stream."
  }

  assert {
    condition     = alltrue([for function in [aws_lambda_function.api, aws_lambda_function.executor] : function.architectures == tolist(["arm64"]) && function.runtime == "nodejs24.x" && function.tracing_config[0].mode == "Active" && function.logging_config[0].log_format == "JSON" && function.publish])
    error_message = "Functions run on arm64 and Node.js 24, with traces, JSON logs and published versions."
  }

  assert {
    condition     = aws_lambda_function.executor.timeout > 20 && aws_lambda_function.executor.timeout < 60
    error_message = "The executor's time limit must lie between the time it works and the lease it holds."
  }

  assert {
    condition     = aws_lambda_function.api.timeout < aws_apigatewayv2_integration.api.timeout_milliseconds / 1000 && var.wait_milliseconds / 1000 < aws_lambda_function.api.timeout
    error_message = "Waiting must end before the function does, and the function before the API gives up."
  }

  assert {
    condition     = jsondecode(one(one(aws_lambda_event_source_mapping.doorbell.filter_criteria).filter).pattern) == { dynamodb = { NewImage = { sk = { S = ["DEPARTMENT"] }, hasPending = { S = ["yes"] } } } }
    error_message = "Only a department's own item with something pending rings."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.doorbell.bisect_batch_on_function_error && aws_lambda_event_source_mapping.doorbell.function_response_types == toset(["ReportBatchItemFailures"]) && aws_lambda_event_source_mapping.doorbell.maximum_retry_attempts > 0 && aws_lambda_event_source_mapping.doorbell.maximum_record_age_in_seconds > 0
    error_message = "A record that fails must not hold up the others for ever."
  }

  assert {
    condition     = aws_s3_bucket.audit.object_lock_enabled && aws_s3_bucket_versioning.audit.versioning_configuration[0].status == "Enabled" && one(aws_s3_bucket_object_lock_configuration.audit.rule).default_retention[0].mode == "COMPLIANCE"
    error_message = "The exported audit log is locked."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.audit.block_public_acls && aws_s3_bucket_public_access_block.audit.block_public_policy && aws_s3_bucket_public_access_block.audit.ignore_public_acls && aws_s3_bucket_public_access_block.audit.restrict_public_buckets
    error_message = "The exported audit log is nobody's else."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "Each alarm tells somebody."
  }

  assert {
    condition     = alltrue([for name in ["api-errors", "executor-errors", "api-throttles", "executor-throttles", "doorbell-age", "dead-letters", "audit-changed", "drift", "pending", "stuck", "dead-operations", "export-errors"] : contains(keys(aws_cloudwatch_metric_alarm.this), name)])
    error_message = "An alarm is missing."
  }

  assert {
    condition     = jsondecode(output.environment["ECP_PLATFORM_CALLERS"]) == [{ repositoryId = "42", ref = "refs/heads/main" }, { repositoryId = "43", environment = "prod" }]
    error_message = "Platform callers arrive as the service reads them."
  }

  assert {
    condition     = length(aws_apigatewayv2_domain_name.this) == 0 && !aws_apigatewayv2_api.this.disable_execute_api_endpoint && length(aws_iam_openid_connect_provider.github) == 0 && length(aws_iam_role_policy.executor_keys) == 0
    error_message = "Nothing is made that was not asked for."
  }

  assert {
    condition     = aws_lambda_function.exporter[0].reserved_concurrent_executions == 1 && aws_kms_key.signing[0].key_usage == "SIGN_VERIFY"
    error_message = "One export runs at a time, and signs."
  }

  assert {
    condition     = !strcontains(aws_apigatewayv2_stage.default.access_log_settings[0].format, "authorization")
    error_message = "A token must not reach the access log."
  }
}

run "custom_domain_and_own_provider" {
  plan_options {
    refresh = false
  }

  variables {
    create_oidc_provider = true
    aws_organisation_id  = "o-a1b2c3d4e5"
    docs_base_url        = "https://docs.example.com"
    contact              = "#edp"
    trust_policy_size    = 4096
    alarm_emails         = ["edp@example.com"]
    custom_domain = {
      name            = "ecr.example.com"
      certificate_arn = "arn:aws:acm:eu-west-1:354918371398:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition     = output.api_url == "https://ecr.example.com" && aws_apigatewayv2_api.this.disable_execute_api_endpoint && aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].security_policy == "TLS_1_2"
    error_message = "With a domain of its own the API answers there alone."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].client_id_list == toset(["sts.amazonaws.com"]) && length(data.aws_iam_openid_connect_provider.github) == 0
    error_message = "The provider is made where it is asked for."
  }

  assert {
    condition     = output.environment["ECP_AWS_ORGANISATION_ID"] == "o-a1b2c3d4e5" && output.environment["ECP_DOCS_BASE_URL"] == "https://docs.example.com" && output.environment["ECP_CONTACT"] == "#edp" && output.environment["ECP_TRUST_POLICY_SIZE"] == "4096"
    error_message = "What is set arrives."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 1
    error_message = "Alarms are sent to those who asked."
  }
}

run "no_exports" {
  plan_options {
    refresh = false
  }

  variables {
    export_schedule = null
  }

  assert {
    condition     = length(aws_lambda_function.exporter) == 0 && output.signing_key_arn == null
    error_message = "Without a schedule there is no exporter."
  }
}

run "dashboard" {
  plan_options {
    refresh = false
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 10
    error_message = "The dashboard's body must be JSON that CloudWatch reads."
  }
}
