# Each validation of a variable, with a value that it refuses.

mock_provider "aws" {}

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

run "name_with_capitals" {
  command = plan

  variables {
    name = "ECR"
  }

  expect_failures = [var.name]
}

run "name_too_long" {
  command = plan

  variables {
    name = "a-name-that-is-too-long-for-a-bucket-or-a-role"
  }

  expect_failures = [var.name]
}

run "audience_of_sts" {
  command = plan

  variables {
    audience = "sts.amazonaws.com"
  }

  expect_failures = [var.audience]
}

run "audience_empty" {
  command = plan

  variables {
    audience = " "
  }

  expect_failures = [var.audience]
}

run "platform_caller_by_name" {
  command = plan

  variables {
    platform_callers = [{ repository_id = "org/repo", ref = "refs/heads/main" }]
  }

  expect_failures = [var.platform_callers]
}

run "platform_caller_without_either" {
  command = plan

  variables {
    platform_callers = [{ repository_id = "42" }]
  }

  expect_failures = [var.platform_callers]
}

run "platform_caller_with_both" {
  command = plan

  variables {
    platform_callers = [{ repository_id = "42", ref = "refs/heads/main", environment = "prod" }]
  }

  expect_failures = [var.platform_callers]
}

run "platform_caller_with_wildcard" {
  command = plan

  variables {
    platform_callers = [{ repository_id = "42", ref = "refs/heads/*" }]
  }

  expect_failures = [var.platform_callers]
}

run "issuer_over_http" {
  command = plan

  variables {
    issuer = "http://token.actions.githubusercontent.com"
  }

  expect_failures = [var.issuer]
}

run "issuer_with_trailing_slash" {
  command = plan

  variables {
    issuer = "https://token.actions.githubusercontent.com/"
  }

  expect_failures = [var.issuer]
}

run "mutations_from_pull_requests" {
  command = plan

  variables {
    mutation_events = ["push", "pull_request_target"]
  }

  expect_failures = [var.mutation_events]
}

run "organisation_wide_by_anybody" {
  command = plan

  variables {
    organisation_wide_by = "anybody"
  }

  expect_failures = [var.organisation_wide_by]
}

run "role_path_of_the_root" {
  command = plan

  variables {
    role_path = "/"
  }

  expect_failures = [var.role_path]
}

run "service_under_its_own_rights" {
  command = plan

  variables {
    service_role_path = "/ecr-access/service/"
  }

  expect_failures = [var.service_role_path]
}

run "adopted_roles_by_wildcard" {
  command = plan

  variables {
    adopted_role_arns = ["arn:aws:iam::354918371398:role/*"]
  }

  expect_failures = [var.adopted_role_arns]
}

run "break_glass_by_wildcard" {
  command = plan

  variables {
    break_glass_role_arns = ["arn:aws:iam::354918371398:role/*"]
  }

  expect_failures = [var.break_glass_role_arns]
}

run "repository_prefix_with_wildcard" {
  command = plan

  variables {
    repository_prefixes = ["koa*"]
  }

  expect_failures = [var.repository_prefixes]
}

run "key_by_wildcard" {
  command = plan

  variables {
    repository_key_arns = ["arn:aws:kms:eu-west-1:354918371398:key/*"]
  }

  expect_failures = [var.repository_key_arns]
}

run "sts_key_that_is_none" {
  command = plan

  variables {
    sts_keys = ["repository_owner_id"]
  }

  expect_failures = [var.sts_keys]
}

run "trust_policy_beyond_iam" {
  command = plan

  variables {
    trust_policy_size = 9000
  }

  expect_failures = [var.trust_policy_size]
}

run "organisation_that_is_none" {
  command = plan

  variables {
    aws_organisation_id = "jppol"
  }

  expect_failures = [var.aws_organisation_id]
}

run "runtime_past_its_end" {
  command = plan

  variables {
    runtime = "nodejs20.x"
  }

  expect_failures = [var.runtime]
}

run "memory_too_small" {
  command = plan

  variables {
    memory = { api = 128 }
  }

  expect_failures = [var.memory]
}

run "concurrency_off" {
  command = plan

  variables {
    concurrency = { executor = 0 }
  }

  expect_failures = [var.concurrency]
}

run "throttled_to_nothing" {
  command = plan

  variables {
    throttling = { rate = 0 }
  }

  expect_failures = [var.throttling]
}

run "waiting_too_long" {
  command = plan

  variables {
    wait_milliseconds = 29000
  }

  expect_failures = [var.wait_milliseconds]
}

run "schedule_in_words" {
  command = plan

  variables {
    sweep_schedule = "every 5 minutes"
  }

  expect_failures = [var.sweep_schedule]
}

run "drift_in_words" {
  command = plan

  variables {
    drift_schedule = "daily"
  }

  expect_failures = [var.drift_schedule]
}

run "export_in_words" {
  command = plan

  variables {
    export_schedule = "nightly"
  }

  expect_failures = [var.export_schedule]
}

run "retention_of_no_kind" {
  command = plan

  variables {
    audit_retention = { mode = "NONE" }
  }

  expect_failures = [var.audit_retention]
}

run "logs_kept_a_week" {
  command = plan

  variables {
    log_retention_days = 7
  }

  expect_failures = [var.log_retention_days]
}

run "provider_without_the_audience" {
  command = plan

  variables {
    sts_audience = "https://sts.example.com"
  }

  expect_failures = [data.aws_iam_openid_connect_provider.github]
}
