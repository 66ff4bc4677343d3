# Optional: readings as they come. A Kinesis stream, whose records start the function that brings them into bronze; and, each
# by itself, two ways into it: an API that takes readings by POST, and a rule of IoT Core.

locals {
  stream_start = local.topology.functions.stream.startedBy
  stream_name  = local.topology.functions.stream.name
  # Two streams of one name would share the lake's record of how far a shard has come, and their numbers have nothing in common.
  stream     = var.peer_region == null ? local.stream_start.stream : "${local.stream_start.stream}-${var.region}"
  stream_arn = "arn:${local.partition}:kinesis:${var.region}:${local.account}:stream/${local.stream}"

  # What may put records into the stream, beside whoever the account lets do that.
  stream_senders = merge(
    var.stream && var.stream_api ? { api = "apigateway.amazonaws.com" } : {},
    var.stream && var.stream_iot_topic != null ? { iot = "iot.amazonaws.com" } : {},
  )

  stream_unwanted = {
    Throttles = {
      description = "Invocations were throttled: the account's concurrency is used up. The stream waits."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = local.stream_name }
    }
    DestinationDeliveryFailures = {
      description = "Lambda has given records up and could not write them to ${aws_s3_bucket.failures.id}. They are in the stream for a day after they came: see docs/deploy.md."
      namespace   = "AWS/Lambda"
      metric      = "DestinationDeliveryFailures"
      dimensions  = { FunctionName = local.stream_name }
    }
    GivenUp = {
      description = "Lambda has given up records of the stream: they are in ${aws_s3_bucket.failures.id} and come no more. Run: vantageflow dlq list"
      namespace   = "AWS/Lambda"
      metric      = "OnFailureDestinationDeliveredEventCount"
      dimensions  = { EventSourceMappingUUID = one(values(aws_lambda_event_source_mapping.stream)[*].uuid) }
    }
    StreamFull = {
      description = "The stream has refused records: a shard takes 1 MB and 1,000 records a second. Raise stream_shards."
      namespace   = "AWS/Kinesis"
      metric      = "WriteProvisionedThroughputExceeded"
      dimensions  = { StreamName = local.stream }
    }
    RuleFailures = {
      description = "IoT Core could not put messages into the stream, and they are lost. See the alarm StreamFull; raise stream_shards."
      namespace   = "AWS/IoT"
      metric      = "Failure"
      dimensions  = { RuleName = one(aws_iot_topic_rule.readings[*].name), ActionType = "Kinesis" }
    }
  }

  stream_alarms = {
    for name, alarm in local.stream_unwanted : "${local.stream_name}-${name}" => alarm
    if var.stream && (name != "RuleFailures" || contains(keys(local.stream_senders), "iot"))
  }
}

resource "aws_kinesis_stream" "readings" {
  count = var.stream ? 1 : 0

  name             = local.stream
  shard_count      = var.stream_shards
  retention_period = 24
  encryption_type  = "KMS"
  kms_key_id       = "alias/aws/kinesis"

  stream_mode_details {
    stream_mode = "PROVISIONED"
  }
}

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = local.streamed

  event_source_arn                   = aws_kinesis_stream.readings[0].arn
  function_name                      = aws_lambda_function.pipeline[each.key].arn
  enabled                            = local.is_active
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = each.value.startedBy.batchSize
  maximum_batching_window_in_seconds = each.value.startedBy.windowSeconds
  maximum_retry_attempts             = each.value.retries
  maximum_record_age_in_seconds      = each.value.startedBy.maxRecordAgeSeconds
  bisect_batch_on_function_error     = each.value.startedBy.bisect
  function_response_types            = ["ReportBatchItemFailures"]

  # Whole records, in this bucket: elsewhere Lambda writes only where they stood.
  destination_config {
    on_failure {
      destination_arn = aws_s3_bucket.failures.arn
    }
  }

  metrics_config {
    metrics = ["EventCount"]
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_iam_role" "sender" {
  for_each = local.stream_senders

  name = "${local.stream_name}-${each.key}-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = each.value }
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "sender" {
  for_each = local.stream_senders

  name = "put"
  role = aws_iam_role.sender[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Put"
        Effect   = "Allow"
        Action   = ["kinesis:PutRecord"]
        Resource = [local.stream_arn]
      },
    ]
  })
}

# A reading is one JSON object a message. The topic decides nothing: the device is in the message.
resource "aws_iot_topic_rule" "readings" {
  count = contains(keys(local.stream_senders), "iot") ? 1 : 0

  name        = replace("${local.name}-readings", "-", "_")
  description = "Messages of ${var.stream_iot_topic} into the stream ${local.stream}"
  enabled     = local.is_active
  sql         = "SELECT * FROM '${var.stream_iot_topic}'"
  sql_version = "2016-03-23"

  kinesis {
    stream_name   = aws_kinesis_stream.readings[0].name
    partition_key = "$${newuuid()}"
    role_arn      = aws_iam_role.sender["iot"].arn
  }
}

resource "aws_cloudwatch_metric_alarm" "iterator_age" {
  for_each = local.streamed

  alarm_name          = "${each.value.name}-IteratorAge"
  alarm_description   = "Readings are more than ${local.topology.alarms.WorkOverdue.threshold} s old when they are read: they come faster than the shards are worked off, or the function fails. See its log; add shards. What is a day old is lost."
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  statistic           = "Maximum"
  period              = 300
  comparison_operator = local.topology.alarms.WorkOverdue.comparison
  threshold           = 1000 * local.topology.alarms.WorkOverdue.threshold
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  dimensions          = { FunctionName = each.value.name }
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
