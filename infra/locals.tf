data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id   = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
  region       = data.aws_region.current.region
  boundary_arn = "arn:${local.partition}:iam::${local.account_id}:policy${var.role_path}push-role-boundary"

  # What the documents in policies/ are made of. They name everything by ARNs made of names, so that a plan shows each
  # document in full and tests can render the very same files.
  policy_variables = {
    partition           = local.partition
    region              = local.region
    account_id          = local.account_id
    name                = var.name
    boundary_arn        = local.boundary_arn
    role_path           = var.role_path
    service_role_path   = var.service_role_path
    push_role_arns      = concat(["arn:${local.partition}:iam::${local.account_id}:role${var.role_path}*"], var.adopted_role_arns)
    new_repository_arns = [for prefix in coalescelist(var.repository_prefixes, [""]) : "arn:${local.partition}:ecr:${local.region}:${local.account_id}:repository/${prefix}*"]
    repository_key_arns = var.repository_key_arns
    appender_arns       = concat([for part in ["api", "executor", "exporter"] : "arn:${local.partition}:iam::${local.account_id}:role${var.service_role_path}${var.name}-${part}"], var.break_glass_role_arns)
  }

  environment = merge(
    {
      ECP_ACCOUNT_ID           = local.account_id
      ECP_REGION               = local.region
      ECP_PARTITION            = local.partition
      ECP_STATE_TABLE          = aws_dynamodb_table.state.name
      ECP_AUDIT_TABLE          = aws_dynamodb_table.audit.name
      ECP_ROLE_PATH            = var.role_path
      ECP_BOUNDARY_ARN         = aws_iam_policy.push_role_boundary.arn
      ECP_ISSUER               = var.issuer
      ECP_AUDIENCE             = var.audience
      ECP_STS_AUDIENCE         = var.sts_audience
      ECP_STS_KEYS             = join(",", var.sts_keys)
      ECP_MUTATION_EVENTS      = join(",", var.mutation_events)
      ECP_ORGANISATION_WIDE_BY = var.organisation_wide_by
      ECP_WAIT_MILLISECONDS    = tostring(var.wait_milliseconds)
      ECP_PLATFORM_CALLERS = jsonencode([
        for caller in var.platform_callers : merge(
          { repositoryId = caller.repository_id },
          caller.ref == null ? {} : { ref = caller.ref },
          caller.environment == null ? {} : { environment = caller.environment },
        )
      ])
    },
    var.aws_organisation_id == null ? {} : { ECP_AWS_ORGANISATION_ID = var.aws_organisation_id },
    var.trust_policy_size == null ? {} : { ECP_TRUST_POLICY_SIZE = tostring(var.trust_policy_size) },
    var.docs_base_url == null ? {} : { ECP_DOCS_BASE_URL = var.docs_base_url },
    var.contact == null ? {} : { ECP_CONTACT = var.contact },
  )
}
