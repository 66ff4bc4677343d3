# Optional: who did what (CloudTrail), and whether the buckets are still set up as they were (Config).

locals {
  audited   = var.cloudtrail || var.config_rules
  trail_arn = "arn:${local.partition}:cloudtrail:${var.region}:${local.account}:trail/${local.name}"
  audit     = "arn:${local.partition}:s3:::${local.name}-audit-${local.place}"

  audit_statements = [
    {
      Sid       = "TrailLooks"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "s3:GetBucketAcl"
      Resource  = local.audit
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
    },
    {
      Sid       = "TrailDelivery"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${local.audit}/AWSLogs/${local.account}/*"
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
    },
    {
      Sid       = "ConfigLooks"
      Effect    = "Allow"
      Principal = { Service = "config.amazonaws.com" }
      Action    = ["s3:GetBucketAcl", "s3:ListBucket"]
      Resource  = local.audit
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    },
    {
      Sid       = "ConfigDelivery"
      Effect    = "Allow"
      Principal = { Service = "config.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${local.audit}/AWSLogs/${local.account}/Config/*"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account, "s3:x-amz-acl" = "bucket-owner-full-control" } }
    },
  ]

  config_rules = var.config_rules ? {
    "public-read"  = "S3_BUCKET_PUBLIC_READ_PROHIBITED"
    "public-write" = "S3_BUCKET_PUBLIC_WRITE_PROHIBITED"
    "tls-only"     = "S3_BUCKET_SSL_REQUESTS_ONLY"
    "encryption"   = "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"
    "versioning"   = "S3_BUCKET_VERSIONING_ENABLED"
  } : {}
}

resource "aws_s3_bucket" "audit" {
  count = local.audited ? 1 : 0

  bucket = "${local.name}-audit-${local.place}"
}

resource "aws_cloudtrail" "lake" {
  count = var.cloudtrail ? 1 : 0

  name                       = local.name
  s3_bucket_name             = aws_s3_bucket.audit[0].id
  enable_log_file_validation = true

  # The first copy of management events is free.
  advanced_event_selector {
    name = "Management"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  advanced_event_selector {
    name = "Objects of the lake"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = ["${local.lake}/", "${local.failures}/"]
    }
  }

  depends_on = [aws_s3_bucket_policy.every]
}

resource "aws_iam_role" "config" {
  count = var.config_rules ? 1 : 0

  name = "${local.name}-config-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "config.amazonaws.com" }
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

# AWS keeps the list of what its recorder needs.
resource "aws_iam_role_policy_attachment" "config" {
  count = var.config_rules ? 1 : 0

  role       = aws_iam_role.config[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWS_ConfigRole"
}

resource "aws_config_configuration_recorder" "buckets" {
  count = var.config_rules ? 1 : 0

  name     = local.name
  role_arn = aws_iam_role.config[0].arn

  recording_group {
    all_supported  = false
    resource_types = ["AWS::S3::Bucket"]
  }
}

resource "aws_config_delivery_channel" "buckets" {
  count = var.config_rules ? 1 : 0

  name           = local.name
  s3_bucket_name = aws_s3_bucket.audit[0].id

  depends_on = [
    aws_config_configuration_recorder.buckets,
    aws_iam_role_policy_attachment.config,
    aws_s3_bucket_policy.every,
  ]
}

resource "aws_config_configuration_recorder_status" "buckets" {
  count = var.config_rules ? 1 : 0

  name       = aws_config_configuration_recorder.buckets[0].name
  is_enabled = true

  depends_on = [aws_config_delivery_channel.buckets]
}

resource "aws_config_config_rule" "buckets" {
  for_each = local.config_rules

  name = "${local.name}-${each.key}"

  source {
    owner             = "AWS"
    source_identifier = each.value
  }

  depends_on = [aws_config_configuration_recorder.buckets]
}
