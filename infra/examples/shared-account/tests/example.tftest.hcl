# The consumer's ten lines, as they are.

mock_provider "aws" {}

override_data {
  target = module.ecr_control_plane.data.aws_caller_identity.current
  values = { account_id = "354918371398" }
}

override_data {
  target = module.ecr_control_plane.data.aws_partition.current
  values = { partition = "aws" }
}

override_data {
  target = module.ecr_control_plane.data.aws_region.current
  values = { region = "eu-west-1" }
}

override_data {
  target = module.ecr_control_plane.data.aws_iam_openid_connect_provider.github
  values = { client_id_list = ["sts.amazonaws.com"] }
}

variables {
  package_directory = "tests/packages"
}

run "applied" {
  plan_options {
    refresh = false
  }

  assert {
    condition     = module.ecr_control_plane.tables == { state = "ecr-control-plane-state", audit = "ecr-control-plane-audit" }
    error_message = "The tables are called as the service expects by default."
  }

  assert {
    condition     = module.ecr_control_plane.audit_bucket == "ecr-control-plane-audit-354918371398-eu-west-1"
    error_message = "The bucket's name is unique in the world."
  }

  assert {
    condition     = module.ecr_control_plane.environment["ECP_ACCOUNT_ID"] == "354918371398"
    error_message = "The account is the provider's."
  }
}
