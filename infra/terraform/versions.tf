terraform {
  required_version = ">= 1.5.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.19, < 7"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = "vantageflow"
      Stage     = local.topology.stage
      ManagedBy = "terraform"
    }
  }
}
