locals {
  lake     = aws_s3_bucket.lake.arn
  failures = aws_s3_bucket.failures.arn

  # An upload in parts gets its metadata before its digest is known: the digest stands in an object of its own.
  lineages = "${aws_s3_bucket.lake.arn}/.vantageflow/lineage"

  ledger = ["receipts/", "dead-letter/"]

  # What stands there is never uploaded in parts.
  small = concat(local.ledger, [local.topology.layers.contracts.prefix])

  # The functions that what a triggered one writes starts, and all behind those: one step, two, four, eight, which is far
  # more than there are. None goes round (topology.ts).
  behind_1 = {
    for id, function in local.triggered : id => [
      for next, one in local.triggered : next if anytrue([
        for written in function.writes :
        startswith(written, one.startedBy.prefix) || startswith(one.startedBy.prefix, written)
      ])
    ]
  }
  behind_2 = { for id, ids in local.behind_1 : id => distinct(concat(ids, flatten([for one in ids : local.behind_1[one]]))) }
  behind_4 = { for id, ids in local.behind_2 : id => distinct(concat(ids, flatten([for one in ids : local.behind_2[one]]))) }
  behind   = { for id, ids in local.behind_4 : id => distinct(concat(ids, flatten([for one in ids : local.behind_4[one]]))) }

  # What is made of what a function wrote, which goes with it (src/ledger/outputs.ts); not objects of tables.
  tables = [for layer in local.topology.layers : layer.prefix if layer.expires == "log"]
  made_behind = {
    for id in keys(local.functions) : id => flatten([
      for one in lookup(local.behind, id, []) : [
        for prefix in local.functions[one].writes : prefix if !anytrue([for table in local.tables : startswith(prefix, table)])
      ]
    ])
  }

  # What a function may do under which prefixes: what the topology says of it, and of one that S3 starts the ledger, too. It
  # removes what a newer version no longer has, and of one that is refused all that was made of what it wrote.
  prefixes = {
    for id, function in local.functions : id => {
      read = distinct(concat(
        function.reads,
        function.writes,
        local.made_behind[id],
        function.startedBy.kind == "object" ? ["receipts/"] : [],
      ))

      write = concat(function.writes, function.startedBy.kind == "object" ? local.ledger : [])

      remove = distinct(concat(
        function.writes,
        local.made_behind[id],
        function.startedBy.kind == "object" ? ["receipts/"] : [],
      ))
    }
  }

  # Whatever is written may be written in parts, and whatever is read may have been.
  objects = {
    for id, of in local.prefixes : id => {
      for verb, prefixes in of :
      verb => concat(
        [for prefix in prefixes : "${local.lake}/${prefix}*"],
        alltrue([for prefix in prefixes : anytrue([for own in local.small : startswith(prefix, own)])]) ? [] : ["${local.lineages}/*"],
      )
    }
  }

  # Without ListBucket a missing key would answer 403 instead of 404; HEAD and If-Match need GetObject.
  lake_statements = {
    for id, of in local.objects : id => [
      for statement in [
        { Sid = "ListLake", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.lake] },
        { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject"], Resource = of.read },
        { Sid = "Write", Effect = "Allow", Action = ["s3:PutObject", "s3:AbortMultipartUpload"], Resource = of.write },
        { Sid = "RemoveStale", Effect = "Allow", Action = ["s3:DeleteObject"], Resource = of.remove },
      ] : statement if length(statement.Resource) > 0
    ]
  }

  # Of what changes nothing in the lake, and sees what Lambda gave up on, too.
  looking_statements = {
    for id in ["sweep", "api"] : id => [
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [local.lake, local.failures]
      },
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = concat(try(local.objects[id].read, []), ["${local.failures}/*"])
      },
    ]
  }

  # Instead of those.
  own_statements = {
    # Changes nothing in the lake: it finds what has no receipt and starts the function whose work that is, where a contract
    # says that somebody reads it. What Lambda gave up on has no receipt either, nor has a refused key that none can be
    # named for; their records say so.
    sweep = concat(local.looking_statements.sweep, [
      {
        Sid      = "Redrive"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for id in keys(local.triggered) : local.function_arns[id]]
      },
    ])

    # Shows what there is in the lake and what Lambda gave up on, and changes nothing.
    api = local.looking_statements.api

    # Removes nothing. What Lambda reads the stream with is the function's role.
    stream = concat([for statement in try(local.lake_statements.stream, []) : statement if statement.Sid != "RemoveStale"], [
      {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
        Resource = [local.stream_arn]
      },
    ])
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
      try(local.own_statements[each.key], local.lake_statements[each.key]),
      [for statement in local.failure_statements : statement if contains(keys(merge(local.queued, local.streamed)), each.key)],
      [
        {
          Sid      = "WriteLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.pipeline[each.key].arn}:*"]
        },
      ],
      var.vpc && each.key != "sweep" ? local.network_statements : [],
      local.key_statements,
    )
  })
}
