resource "aws_s3_bucket" "lake" {
  bucket = "${local.name}-data-lake-${local.place}"
}

resource "aws_s3_bucket" "access_logs" {
  bucket = "${local.name}-access-logs-${local.place}"
}

# Lambda's own records of crashes and time-outs. A whole bucket, for that is what Lambda asks permission for.
resource "aws_s3_bucket" "failures" {
  bucket = "${local.name}-failures-${local.place}"
}

locals {
  # Whatever is set on one bucket is set on every bucket, those of the optional extras included.
  buckets = merge(
    {
      lake        = aws_s3_bucket.lake
      access_logs = aws_s3_bucket.access_logs
      failures    = aws_s3_bucket.failures
    },
    local.audited ? { audit = one(aws_s3_bucket.audit) } : {},
    local.replicated ? { replica = one(aws_s3_bucket.replica) } : {},
    var.athena ? { query_results = one(aws_s3_bucket.query_results) } : {},
  )

  # Beside the denial of unencrypted connections, which all of them have.
  bucket_statements = {
    lake          = local.fence_statements
    access_logs   = local.access_log_statements
    failures      = []
    audit         = local.audit_statements
    replica       = []
    query_results = []
  }

  access_log_statements = [
    {
      Sid       = "AccessLogDelivery"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.access_logs.arn}/*"
      Condition = {
        ArnLike      = { "aws:SourceArn" = aws_s3_bucket.lake.arn }
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    },
  ]

  # A replica keeps what the lake keeps: deletions by lifecycle are not replicated.
  layer_rules = {
    for id, layer in local.topology.layers : id => {
      prefix          = layer.prefix
      days            = layer.expires == "age" ? layer.retentionDays : null
      noncurrent_days = layer.noncurrentDays
      transition      = try(layer.transition, null)
      glacier_days = (
        var.noncurrent_glacier_days == null ? null :
        var.noncurrent_glacier_days < layer.noncurrentDays ? var.noncurrent_glacier_days : null
      )
    }
  }

  # Lineage and digests of outputs that were uploaded in parts. Never by age: it cannot tell those of an output that is
  # still there, in a layer that never expires or as a version that may be restored. What outlives its output is small.
  private_rule = {
    private = merge(local.other_rule, { prefix = ".vantageflow/", days = null })
  }

  # Receipts of what the clock starts are not of objects, but of the rows of a batch in a table, which outlive its silver: with them gone,
  # a batch that is put there again would be in the table twice. Those of other functions go by age, folder by folder.
  aging_receipts = concat(
    ["failed", "verify"],
    [for function in values(local.topology.functions) : function.name if function.startedBy.kind == "object"],
  )

  receipt_rules = merge(
    { receipts = merge(local.layer_rules.receipts, { days = null }) },
    {
      for name in local.aging_receipts : "receipts-${name}" =>
      merge(local.layer_rules.receipts, { prefix = "${local.layer_rules.receipts.prefix}${name}/" })
    },
  )

  lake_rules = merge(local.layer_rules, local.receipt_rules, local.private_rule)

  other_rule = { prefix = "", noncurrent_days = 7, transition = null, glacier_days = null }

  lifecycle_rules = {
    lake          = local.lake_rules
    access_logs   = { access-logs = merge(local.other_rule, { days = 90 }) }
    failures      = { failures = merge(local.layer_rules.deadLetter, { prefix = "" }) }
    audit         = { audit = merge(local.other_rule, { days = 365 }) }
    replica       = local.lake_rules
    query_results = { query-results = merge(local.other_rule, { days = 7, noncurrent_days = 1 }) }
  }
}

resource "aws_s3_bucket_versioning" "every" {
  for_each = local.buckets

  region = each.value.region
  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "every" {
  for_each = local.buckets

  region = each.value.region
  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = each.key == "lake" && var.kms_key ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "lake" ? local.lake_key : null
    }

    # One request to KMS for many objects instead of one each.
    bucket_key_enabled = each.key == "lake" && var.kms_key ? true : null
  }
}

resource "aws_s3_bucket_public_access_block" "every" {
  for_each = local.buckets

  region                  = each.value.region
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "every" {
  for_each = local.buckets

  region = each.value.region
  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "every" {
  for_each = local.buckets

  region = each.value.region
  bucket = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [each.value.arn, "${each.value.arn}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ],
      local.bucket_statements[each.key],
    )
  })

  # A policy is refused while its bucket might still be made public by it.
  depends_on = [aws_s3_bucket_public_access_block.every]
}

resource "aws_s3_bucket_lifecycle_configuration" "every" {
  for_each = local.buckets

  region = each.value.region
  bucket = each.value.id

  dynamic "rule" {
    for_each = local.lifecycle_rules[each.key]

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.value.prefix
      }

      # What does not expire by age loses only what was overwritten or removed, and the delete markers that then have nothing
      # behind them. Days remove those as well, and S3 takes only one of the two.
      expiration {
        days                         = rule.value.days
        expired_object_delete_marker = rule.value.days == null ? true : null
      }

      noncurrent_version_expiration {
        noncurrent_days = rule.value.noncurrent_days
      }

      abort_incomplete_multipart_upload {
        days_after_initiation = 1
      }

      dynamic "transition" {
        for_each = rule.value.transition[*]

        content {
          days          = transition.value.afterDays
          storage_class = transition.value.storageClass
        }
      }

      # Only what was overwritten or removed: a report could not read a current object in GLACIER.
      dynamic "noncurrent_version_transition" {
        for_each = rule.value.glacier_days[*]

        content {
          noncurrent_days = noncurrent_version_transition.value
          storage_class   = "GLACIER"
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.every]
}

resource "aws_s3_bucket_logging" "lake" {
  bucket        = aws_s3_bucket.lake.id
  target_bucket = aws_s3_bucket.access_logs.id
  target_prefix = "lake/"

  depends_on = [aws_s3_bucket_policy.every]
}
