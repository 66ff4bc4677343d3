locals {
  lake     = aws_s3_bucket.lake.arn
  failures = aws_s3_bucket.failures.arn

  # An upload in parts gets its metadata before its digest is known: the digest stands in an object of its own.
  lineages = "${aws_s3_bucket.lake.arn}/.vantageflow/lineage"

  # Both triggered functions look at all that a batch became. Without ListBucket a missing key would answer 403 instead
  # of 404; HEAD and If-Match need GetObject.
  stage_statements = [
    {
      Sid      = "ListLake"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.lake]
    },
    {
      Sid    = "Read"
      Effect = "Allow"
      Action = ["s3:GetObject"]
      Resource = [
        "${local.lake}/bronze/*",
        "${local.lake}/silver/*",
        "${local.lake}/anomalies/*",
        "${local.lake}/gold/*",
        "${local.lake}/receipts/*",
        "${local.lineages}/*",
      ]
    },
  ]

  own_statements = {
    bronzeToSilver = [
      {
        Sid    = "Write"
        Effect = "Allow"
        Action = ["s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = [
          "${local.lake}/silver/*",
          "${local.lake}/anomalies/*",
          "${local.lake}/receipts/*",
          "${local.lake}/dead-letter/*",
          "${local.lineages}/*",
        ]
      },
      # Rejects that a newer version no longer has, older receipts, and all outputs of a version that was refused.
      {
        Sid    = "RemoveStale"
        Effect = "Allow"
        Action = ["s3:DeleteObject"]
        Resource = [
          "${local.lake}/silver/*",
          "${local.lake}/anomalies/*",
          "${local.lake}/gold/*",
          "${local.lake}/receipts/*",
          "${local.lineages}/*",
        ]
      },
    ]

    silverToGold = [
      {
        Sid    = "Write"
        Effect = "Allow"
        Action = ["s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = [
          "${local.lake}/gold/*",
          "${local.lake}/receipts/*",
          "${local.lake}/dead-letter/*",
          "${local.lineages}/*",
        ]
      },
      {
        Sid    = "RemoveStale"
        Effect = "Allow"
        Action = ["s3:DeleteObject"]
        Resource = [
          "${local.lake}/gold/*",
          "${local.lake}/receipts/*",
          "${local.lineages}/*",
        ]
      },
    ]

    # Changes nothing in the lake: it finds what has no receipt and starts the function whose work that is. What Lambda
    # gave up on has no receipt either, nor has a refused key that none can be named for; their records say so.
    sweep = [
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [local.lake, local.failures]
      },
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = ["s3:GetObject"]
        Resource = [
          "${local.lake}/receipts/*",
          "${local.lake}/dead-letter/*",
          "${local.failures}/*",
        ]
      },
      {
        Sid    = "Redrive"
        Effect = "Allow"
        Action = ["lambda:InvokeFunction"]
        Resource = [
          local.function_arns.bronzeToSilver,
          local.function_arns.silverToGold,
        ]
      },
    ]
  }

  # The on-failure destination is written with the function's own role.
  failure_statements = [
    {
      Sid      = "RecordFailures"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${local.failures}/*"]
    },
    {
      Sid      = "ListFailures"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.failures]
    },
  ]

  # EC2 knows no narrower resource for a function's network interfaces.
  network_statements = [
    {
      Sid    = "NetworkInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = ["*"]
    },
  ]
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name = "${each.value.name}-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      },
    ]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "pipeline"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      each.key == "sweep" ? [] : local.stage_statements,
      local.own_statements[each.key],
      local.failure_statements,
      [
        {
          Sid      = "WriteLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.pipeline[each.key].arn}:*"]
        },
      ],
      var.vpc && each.key != "sweep" ? local.network_statements : [],
    )
  })
}
