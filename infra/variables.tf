# ---- What the service is called and whom it trusts -----------------------------------------------------------------

variable "name" {
  description = "Name of the deployment; every resource of it is called <name> or <name>-<part>."
  type        = string
  default     = "ecr-control-plane"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 lower-case letters, digits and hyphens, beginning with a letter: it becomes part of bucket, role and table names."
  }
}

variable "audience" {
  description = "Audience that callers ask GitHub for and that their tokens must carry alone, such as the API's URL."
  type        = string
  nullable    = false

  validation {
    condition     = length(trimspace(var.audience)) > 0 && !can(regex("^([a-z]+://)?sts(-fips)?[.]", lower(trimspace(var.audience))))
    error_message = "audience must be the service's own, never sts.amazonaws.com: a token that was minted for AWS must not open this API."
  }
}

variable "platform_callers" {
  description = "Workflows that act for the platform team: the numeric id of a GitHub repository and an exact ref or an exact environment."
  type = list(object({
    repository_id = string
    ref           = optional(string)
    environment   = optional(string)
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for caller in var.platform_callers : can(regex("^[1-9][0-9]{0,19}$", caller.repository_id))])
    error_message = "repository_id must be the numeric id of a GitHub repository, in quotes: gh api repos/ORG/REPO --jq .id"
  }

  validation {
    condition     = alltrue([for caller in var.platform_callers : (caller.ref == null) != (caller.environment == null)])
    error_message = "Each platform caller needs an exact ref or an exact environment, not both: without one any branch could act for the platform."
  }

  validation {
    condition     = alltrue([for caller in var.platform_callers : !strcontains("${try(coalesce(caller.ref, caller.environment), "")}", "*")])
    error_message = "A platform caller's ref or environment is exact: no wildcard."
  }
}

variable "issuer" {
  description = "Issuer of the callers' tokens, exactly as in the claim iss; GitHub's own unless the enterprise has one."
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  nullable    = false

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+(/[A-Za-z0-9_.-]+)*$", var.issuer))
    error_message = "issuer must be an https URL without a trailing slash, such as https://token.actions.githubusercontent.com."
  }
}

variable "mutation_events" {
  description = "GitHub events whose workflows may change things, and be managers or the platform; all others have a member's rights at most."
  type        = list(string)
  default     = ["push", "workflow_dispatch", "schedule", "release"]
  nullable    = false

  validation {
    condition     = alltrue([for event in var.mutation_events : !contains(["pull_request", "pull_request_target", "issue_comment", "issues", "fork"], event)])
    error_message = "Events that an outsider can cause, such as pull_request_target or issue_comment, must not change things."
  }
}

variable "organisation_wide_by" {
  description = "Who may make organisation-wide grants: a department's manager by acknowledgement, or only the platform."
  type        = string
  default     = "acknowledgement"
  nullable    = false

  validation {
    condition     = contains(["acknowledgement", "platform"], var.organisation_wide_by)
    error_message = "organisation_wide_by must be acknowledgement or platform."
  }
}

# ---- What it may reach in AWS ---------------------------------------------------------------------------------------

variable "role_path" {
  description = "IAM path of the push roles. The service may change roles under it and nowhere else, so nothing else may live there."
  type        = string
  default     = "/ecr-access/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)+$", var.role_path))
    error_message = "role_path must begin and end with a slash and not be the root, such as /ecr-access/."
  }
}

variable "service_role_path" {
  description = "IAM path of the service's own roles; another than role_path, so that the service can't change itself."
  type        = string
  default     = "/ecr-control-plane/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.service_role_path)) && !startswith(var.service_role_path, var.role_path)
    error_message = "service_role_path must begin and end with a slash and not lie under role_path: the service must not be able to change its own roles."
  }
}

variable "adopted_role_arns" {
  description = "Exact ARNs of push roles made elsewhere that the service took over; each must carry the boundary and our tags."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.adopted_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "adopted_role_arns must be exact ARNs of roles, without a wildcard."
  }
}

variable "break_glass_role_arns" {
  description = "Roles that may append to the audit log beside the service's own, for as long as somebody restores; else none."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.break_glass_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "break_glass_role_arns must be exact ARNs of roles, without a wildcard."
  }
}

variable "repository_prefixes" {
  description = "Prefixes of the names that repositories may be created under, such as koa/; all names if empty."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for prefix in var.repository_prefixes : can(regex("^[a-z0-9][a-z0-9._/-]*$", prefix))])
    error_message = "repository_prefixes must be beginnings of repository names, such as koa/, without a wildcard."
  }
}

variable "repository_key_arns" {
  description = "KMS keys that repositories may be encrypted with, besides ECR's own."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.repository_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))])
    error_message = "repository_key_arns must be exact ARNs of KMS keys."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create the account's OIDC provider for the issuer; false where the account has it already."
  type        = bool
  default     = false
  nullable    = false
}

variable "sts_audience" {
  description = "Audience that workflows ask STS with when they assume a push role."
  type        = string
  default     = "sts.amazonaws.com"
  nullable    = false
}

variable "sts_keys" {
  description = "GitHub claims that STS offers as condition keys in this account; leave one out where it does not."
  type        = list(string)
  default     = ["repository_id", "ref"]
  nullable    = false

  validation {
    condition     = alltrue([for key in var.sts_keys : contains(["repository_id", "ref"], key)])
    error_message = "sts_keys knows repository_id and ref."
  }
}

variable "trust_policy_size" {
  description = "Quota of a role's trust policy, in characters; null for what the account says itself."
  type        = number
  default     = null

  validation {
    condition     = var.trust_policy_size == null ? true : var.trust_policy_size >= 512 && var.trust_policy_size <= 8192 && floor(var.trust_policy_size) == var.trust_policy_size
    error_message = "trust_policy_size must be a whole number from 512 to 8192."
  }
}

variable "aws_organisation_id" {
  description = "The AWS organisation whose accounts may pull what is open to all; null where nothing may be."
  type        = string
  default     = null

  validation {
    condition     = var.aws_organisation_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.aws_organisation_id))
    error_message = "aws_organisation_id must look like o-a1b2c3d4e5."
  }
}

# ---- How it runs ----------------------------------------------------------------------------------------------------

variable "package_directory" {
  description = "Directory that holds api.zip, executor.zip and exporter.zip, as the build makes them."
  type        = string
  nullable    = false
}

variable "code_signing_config_arn" {
  description = "Lambda code signing configuration that packages must satisfy; null where they are not signed."
  type        = string
  default     = null
}

variable "runtime" {
  description = "Lambda runtime of the functions."
  type        = string
  default     = "nodejs24.x"
  nullable    = false

  validation {
    condition     = contains(["nodejs22.x", "nodejs24.x"], var.runtime)
    error_message = "runtime must be nodejs22.x or nodejs24.x."
  }
}

variable "memory" {
  description = "Memory of the functions in MB; CPU comes with it."
  type = object({
    api      = optional(number, 1024)
    executor = optional(number, 512)
    exporter = optional(number, 1024)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for size in values(var.memory) : size >= 256 && size <= 10240])
    error_message = "memory must be 256 to 10240 MB."
  }
}

variable "concurrency" {
  description = "Reserved concurrency: the most requests, departments and exports that are worked on at once. -1 reserves nothing."
  type = object({
    api      = optional(number, 50)
    executor = optional(number, 20)
    exporter = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for count in values(var.concurrency) : count == -1 || count >= 1])
    error_message = "concurrency must be at least 1, or -1 for no reservation; 0 would switch the function off."
  }
}

variable "throttling" {
  description = "Requests a second that the API takes, and how many at once beyond that."
  type = object({
    rate  = optional(number, 50)
    burst = optional(number, 100)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttling.rate >= 1 && var.throttling.burst >= 1
    error_message = "throttling must let at least one request a second through."
  }
}

variable "wait_milliseconds" {
  description = "How long a mutation waits for AWS before it answers 202."
  type        = number
  default     = 10000
  nullable    = false

  validation {
    condition     = var.wait_milliseconds >= 0 && var.wait_milliseconds <= 25000
    error_message = "wait_milliseconds must be 0 to 25000: an HTTP API gives up after 30 seconds."
  }
}

variable "sweep_schedule" {
  description = "How often the executor looks for what is left over, as an EventBridge schedule expression."
  type        = string
  default     = "rate(5 minutes)"
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.sweep_schedule))
    error_message = "sweep_schedule must be rate(…) or cron(…)."
  }
}

variable "drift_schedule" {
  description = "How often the executor compares AWS with the state, as an EventBridge schedule expression."
  type        = string
  default     = "cron(0 5 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.drift_schedule))
    error_message = "drift_schedule must be rate(…) or cron(…)."
  }
}

variable "export_schedule" {
  description = "How often the audit log is exported into the bucket, as an EventBridge schedule expression; null for never."
  type        = string
  default     = "cron(30 2 * * ? *)"

  validation {
    condition     = var.export_schedule == null ? true : can(regex("^(rate|cron)\\(.+\\)$", var.export_schedule))
    error_message = "export_schedule must be rate(…) or cron(…)."
  }
}

variable "custom_domain" {
  description = "Name of the API and the ARN of its certificate in this region; null for the address that AWS gives."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null
}

variable "docs_base_url" {
  description = "Where the documentation's pages are, for the links in errors; null for those that the API serves itself."
  type        = string
  default     = null
}

variable "contact" {
  description = "Where people ask for help; printed into generated workflows."
  type        = string
  default     = null
}

# ---- What is kept, and who is told ----------------------------------------------------------------------------------

variable "deletion_protection" {
  description = "Whether the tables are protected from deletion. Switch off, apply, and only then destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "audit_retention" {
  description = "How long exported audit logs can't be deleted: COMPLIANCE by nobody, GOVERNANCE by those with a special right."
  type = object({
    mode = optional(string, "COMPLIANCE")
    days = optional(number, 400)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.audit_retention.mode) && var.audit_retention.days >= 1
    error_message = "audit_retention needs mode COMPLIANCE or GOVERNANCE and at least one day."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept, in days, one of the numbers that CloudWatch knows."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number that CloudWatch knows, at least 30: 30, 60, 90, …, 365, 400, …"
  }
}

variable "alarm_emails" {
  description = "Addresses that alarms are sent to; each has to confirm once."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
