# The wall between departments: every push role carries it, and the executor can make none without it.
resource "aws_iam_policy" "push_role_boundary" {
  name        = "push-role-boundary"
  path        = var.role_path
  description = "Permissions boundary of the push roles of ${var.name}: images of the role's own department, nothing else."
  policy      = templatefile("${path.module}/policies/push-role-boundary.json.tftpl", local.policy_variables)
  tags        = var.tags
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url            = var.issuer
  client_id_list = [var.sts_audience]
  tags           = var.tags
}

# Where the account has the provider already, the plan fails if it does not.
data "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 0 : 1

  url = var.issuer

  lifecycle {
    postcondition {
      condition     = contains(self.client_id_list, var.sts_audience)
      error_message = "The account's OIDC provider for ${var.issuer} does not know the audience ${var.sts_audience}. Add it there, or set sts_audience to one that it knows."
    }
  }
}
