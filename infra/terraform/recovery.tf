# Optional: a copy in a second region, and a nightly backup. A second region that goes on by itself is in regions.tf. Versioning, which is always on, is the first line: docs/deploy.md.

locals {
  replicated = var.replica_region != null

  # Either a bucket that only holds copies, or the lake of the other deployment: a bucket has one configuration of replication.
  replicates  = local.replicated || local.paired
  destination = local.replicated ? one(aws_s3_bucket.replica[*].arn) : local.peer_lake
}

resource "aws_s3_bucket" "replica" {
  count = local.replicated ? 1 : 0

  region = var.replica_region
  bucket = "${local.name}-replica-${local.place}"
}

resource "aws_iam_role" "replication" {
  count = local.replicates ? 1 : 0

  name = "${local.name}-replication-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "s3.amazonaws.com" }
      },
    ]
  })
}

resource "aws_iam_role_policy" "replication" {
  count = local.replicates ? 1 : 0

  name = "replicate-lake"
  role = aws_iam_role.replication[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadConfiguration"
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = [local.lake]
      },
      {
        Sid      = "ReadVersions"
        Effect   = "Allow"
        Action   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        Resource = ["${local.lake}/*"]
      },
      {
        Sid      = "WriteReplica"
        Effect   = "Allow"
        Action   = ["s3:ReplicateObject", "s3:ReplicateTags"]
        Resource = ["${local.destination}/*"]
      },
    ]
  })
}

resource "aws_s3_bucket_replication_configuration" "lake" {
  count = local.replicates ? 1 : 0

  bucket = aws_s3_bucket.lake.id
  role   = aws_iam_role.replication[0].arn

  rule {
    id     = "everything"
    status = local.is_active ? "Enabled" : "Disabled"

    filter {
      prefix = ""
    }

    # What somebody deletes here by mistake stays there.
    delete_marker_replication {
      status = "Disabled"
    }

    destination {
      bucket        = local.destination
      storage_class = "STANDARD"

      # 15 is the one number that S3 takes.
      dynamic "replication_time" {
        for_each = local.paired ? ["paired"] : []

        content {
          status = "Enabled"

          time {
            minutes = 15
          }
        }
      }

      dynamic "metrics" {
        for_each = local.paired ? ["paired"] : []

        content {
          status = "Enabled"

          event_threshold {
            minutes = 15
          }
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.every, aws_iam_role_policy.replication]

  lifecycle {
    precondition {
      condition     = var.replica_region != var.region
      error_message = "Cannot replicate into the lake's own region: its outage would take both. Set replica_region to another one."
    }

    precondition {
      condition     = var.peer_region != var.region
      error_message = "Cannot pair a lake with its own region: its outage would take both. Set peer_region to another one."
    }

    precondition {
      condition     = !(local.replicated && local.paired)
      error_message = "Cannot replicate twice: a bucket has one configuration of replication. Set replica_region or peer_region."
    }
  }
}

resource "aws_backup_vault" "lake" {
  count = var.daily_backup ? 1 : 0

  name = "${local.name}-lake"
}

resource "aws_backup_plan" "lake" {
  count = var.daily_backup ? 1 : 0

  name = "${local.name}-lake"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.lake[0].name
    schedule          = "cron(0 3 * * ? *)"

    lifecycle {
      delete_after = 35
    }
  }
}

resource "aws_backup_selection" "lake" {
  count = var.daily_backup ? 1 : 0

  name         = "lake"
  plan_id      = aws_backup_plan.lake[0].id
  iam_role_arn = aws_iam_role.backup[0].arn
  resources    = [local.lake]

  depends_on = [aws_iam_role_policy_attachment.backup]
}

resource "aws_iam_role" "backup" {
  count = var.daily_backup ? 1 : 0

  name = "${local.name}-backup-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "backup.amazonaws.com" }
      },
    ]
  })
}

# AWS keeps the list of what its backup service needs.
resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(var.daily_backup ? ["AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore"] : [])

  role       = aws_iam_role.backup[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.key}"
}
