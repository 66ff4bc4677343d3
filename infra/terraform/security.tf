# Optional: a key of the customer's, versions that nobody can remove before their time, and functions that run signed code only.

locals {
  # The lake only: S3 delivers access logs to no bucket with such a key, and a replica has its region's own.
  lake_key = var.kms_key ? aws_kms_key.lake[0].arn : null

  # Whoever reads and writes objects under a key needs the key, too: by way of S3 in this region, and no other.
  key_statements = [
    for key in aws_kms_key.lake : {
      Sid       = "LakeKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
    }
  ]
}

resource "aws_kms_key" "lake" {
  count = var.kms_key ? 1 : 0

  description             = "The objects of ${local.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  lifecycle {
    precondition {
      condition     = !local.replicates && !var.daily_backup && !var.athena
      error_message = "Cannot use kms_key with replica_region, peer_region, daily_backup or athena: their roles are not allowed the key. Leave one of them out."
    }
  }
}

# A signer job of this profile signs each zip; Lambda refuses all others.
resource "aws_signer_signing_profile" "functions" {
  count = var.code_signing ? 1 : 0

  name_prefix = "vantageflow_"
  platform_id = "AWSLambda-SHA384-ECDSA"

  signature_validity_period {
    value = 135
    type  = "MONTHS"
  }
}

resource "aws_lambda_code_signing_config" "functions" {
  count = var.code_signing ? 1 : 0

  description = "Packages of ${local.name} that its profile has signed"

  allowed_publishers {
    signing_profile_version_arns = aws_signer_signing_profile.functions[*].version_arn
  }

  policies {
    untrusted_artifact_on_deployment = "Enforce"
  }
}

# S3's default retention holds for a whole bucket, so for every layer, seals included. What is replaced or removed stays as a version until
# then; who has s3:BypassGovernanceRetention can remove it all the same, and no function has.
resource "aws_s3_bucket_object_lock_configuration" "lake" {
  count = var.object_lock_days == null ? 0 : 1

  bucket = aws_s3_bucket.lake.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.object_lock_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.every]
}
