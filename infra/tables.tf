# The state table. Its stream is the executor's doorbell.
resource "aws_dynamodb_table" "state" {
  name                        = "${var.name}-state"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  stream_enabled              = true
  stream_view_type            = "NEW_IMAGE"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  # Idempotency records. Expiry is lazy, so the code compares the time itself.
  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.this.arn
  }
}

# The audit table's indexes by the attribute that each is partitioned by, as in src/ledger/audit-items.ts.
locals {
  audit_time_key = "at"
  audit_filters  = ["department", "action", "outcome", "actor", "subject"]
  audit_indexes = {
    "by-time"                   = "log"
    "by-department"             = "department"
    "by-action"                 = "action"
    "by-outcome"                = "outcome"
    "by-actor"                  = "actor"
    "by-subject"                = "subject"
    "by-department-and-action"  = "departmentAction"
    "by-department-and-outcome" = "departmentOutcome"
    "by-department-and-actor"   = "departmentActor"
    "by-department-and-subject" = "departmentSubject"
  }
}

# The audit table: only ever put into. Its stream shows whoever does something else.
resource "aws_dynamodb_table" "audit" {
  name                        = "${var.name}-audit"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = local.audit_time_key
    type = "S"
  }

  dynamic "attribute" {
    for_each = toset(values(local.audit_indexes))

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.audit_indexes

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value
      range_key          = local.audit_time_key
      projection_type    = "INCLUDE"
      non_key_attributes = setsubtract(local.audit_filters, [global_secondary_index.value])
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.this.arn
  }
}

# Nobody in the account changes or removes an audit event, whatever their own rights are.
resource "aws_dynamodb_resource_policy" "audit" {
  resource_arn = aws_dynamodb_table.audit.arn
  policy       = templatefile("${path.module}/policies/audit-table.json.tftpl", local.policy_variables)
}
