# Optional: the tables asked in SQL, by Athena. docs/sql.md has the queries, and is where the named ones come from.

locals {
  asked_name = replace(local.name, "-", "_")
  # Their names, and where they are.
  asked = { for name in ["readings", "detections"] : name => "${local.topology.layers.tables.prefix}${name}/" }

  # Title and text of each query under a heading of its own.
  questions = var.athena ? {
    for found in regexall("(?ms)^### ([^\n]+)\n.*?^```sql\n(.*?)\n^```$", file("${path.module}/../../docs/sql.md")) : found[0] => found[1]
  } : {}

  athena_resources = {
    workgroup = "arn:${local.partition}:athena:${var.region}:${local.account}:workgroup/${local.name}"
    catalog   = "arn:${local.partition}:glue:${var.region}:${local.account}"
    results   = "arn:${local.partition}:s3:::${local.name}-query-results-${local.place}"
  }
}

resource "aws_s3_bucket" "query_results" {
  count = var.athena ? 1 : 0

  bucket = "${local.name}-query-results-${local.place}"
}

resource "aws_glue_catalog_database" "lake" {
  count = var.athena ? 1 : 0

  name        = local.asked_name
  description = "The lake ${aws_s3_bucket.lake.id}."
}

# Columns, partitions and files are what the Delta log says: Athena reads it at each query, and nothing here has to follow.
resource "aws_glue_catalog_table" "asked" {
  for_each = var.athena ? local.asked : {}

  name          = each.key
  database_name = aws_glue_catalog_database.lake[0].name
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL                     = "TRUE"
    table_type                   = "DELTA"
    classification               = "delta"
    "spark.sql.sources.provider" = "delta"
  }

  storage_descriptor {
    location      = "s3://${aws_s3_bucket.lake.id}/${each.value}"
    input_format  = "org.apache.hadoop.mapred.SequenceFileInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      parameters = {
        path = "s3://${aws_s3_bucket.lake.id}/${each.value}"
      }
    }
  }
}

resource "aws_athena_workgroup" "lake" {
  count = var.athena ? 1 : 0

  name        = local.name
  description = "Queries over the lake: each is stopped that would scan more than ${var.athena_scan_limit_gb} GB."

  configuration {
    # Whoever asks cannot have results elsewhere, unencrypted, or without the limit.
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.athena_scan_limit_gb * 1000000000

    # Delta tables need it.
    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${aws_s3_bucket.query_results[0].id}/"
      expected_bucket_owner = local.account

      encryption_configuration {
        encryption_option = "SSE_S3"
      }
    }
  }
}

resource "aws_athena_named_query" "question" {
  for_each = local.questions

  name        = each.key
  description = "From docs/sql.md."
  workgroup   = aws_athena_workgroup.lake[0].id
  database    = aws_glue_catalog_database.lake[0].name
  query       = each.value
}

# For those who ask: to be attached to their users or roles. They can read the tables, and nothing else of the lake.
resource "aws_iam_policy" "ask" {
  count = var.athena ? 1 : 0

  name        = "${local.name}-ask-${var.region}"
  description = "Ask the tables of the lake in Athena."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Ask"
        Effect = "Allow"
        Action = [
          "athena:BatchGetNamedQuery",
          "athena:GetNamedQuery",
          "athena:GetQueryExecution",
          "athena:GetQueryResults",
          "athena:GetWorkGroup",
          "athena:ListNamedQueries",
          "athena:ListQueryExecutions",
          "athena:StartQueryExecution",
          "athena:StopQueryExecution",
        ]
        Resource = [local.athena_resources.workgroup]
      },
      {
        Sid    = "FindTables"
        Effect = "Allow"
        Action = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"]
        Resource = concat(
          ["${local.athena_resources.catalog}:catalog", "${local.athena_resources.catalog}:database/${local.asked_name}"],
          [for name in keys(local.asked) : "${local.athena_resources.catalog}:table/${local.asked_name}/${name}"],
        )
      },
      {
        Sid       = "ListTables"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.lake]
        Condition = { StringLike = { "s3:prefix" = [for prefix in values(local.asked) : "${prefix}*"] } }
      },
      {
        Sid      = "ReadTables"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for prefix in values(local.asked) : "${local.lake}/${prefix}*"]
      },
      {
        Sid      = "FindBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation"]
        Resource = [local.lake, local.athena_resources.results]
      },
      {
        Sid      = "ListResults"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = [local.athena_resources.results]
      },
      {
        Sid    = "KeepResults"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:GetObject",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
        ]
        Resource = ["${local.athena_resources.results}/*"]
      },
    ]
  })
}
