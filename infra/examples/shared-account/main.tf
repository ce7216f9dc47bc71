terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["354918371398"]
}

variable "package_directory" {
  description = "Where the build put api.zip and executor.zip."
  type        = string
  default     = "../../../dist"
}

module "ecr_control_plane" {
  source = "../.."

  package_directory   = var.package_directory
  audience            = "https://ecr.idp.example.com"
  platform_callers    = [{ repository_id = "123456789", ref = "refs/heads/main" }]
  repository_prefixes = ["koa/", "pol/"]
  alarm_emails        = ["edp@example.com"]
}

output "api_url" {
  description = "Where callers reach the API."
  value       = module.ecr_control_plane.api_url
}
