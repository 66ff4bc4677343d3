resource "aws_sns_topic" "alarms" {
  # Without KMS: the key that AWS manages for SNS does not let CloudWatch publish.
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  for_each = local.functions

  alarm_name          = "${each.value.name}-HighErrorRate"
  alarm_description   = "More than ${local.topology.alarms.HighErrorRate.threshold} % of the invocations failed. See the function's log, then: vantageflow dlq list"
  comparison_operator = local.topology.alarms.HighErrorRate.comparison
  threshold           = local.topology.alarms.HighErrorRate.threshold
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "rate"
    expression  = "IF(inv > 0, 100*err/inv, 0)"
    label       = "Errors, % of invocations"
    return_data = true
  }

  metric_query {
    id = "err"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      stat        = "Sum"
      period      = local.topology.alarms.HighErrorRate.periodSeconds
      dimensions  = { FunctionName = each.value.name }
    }
  }

  metric_query {
    id = "inv"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      stat        = "Sum"
      period      = local.topology.alarms.HighErrorRate.periodSeconds
      dimensions  = { FunctionName = each.value.name }
    }
  }
}

# Not of what the clock starts: listing a large lake may take longer.
resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each = merge(local.triggered, local.requested)

  alarm_name          = "${each.value.name}-HighDuration"
  alarm_description   = "An invocation takes more than ${local.topology.alarms.HighDuration.threshold} ms on average. Are the batches larger, or is S3 slower?"
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  statistic           = "Average"
  period              = local.topology.alarms.HighDuration.periodSeconds
  comparison_operator = local.topology.alarms.HighDuration.comparison
  threshold           = local.topology.alarms.HighDuration.threshold
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  dimensions          = { FunctionName = each.value.name }
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

locals {
  unwanted = {
    Throttles                   = "Invocations were throttled: the account's concurrency is used up. Lambda tries them again for six hours."
    DestinationDeliveryFailures = "Lambda could not write its record of a failure to ${aws_s3_bucket.failures.id}. The work is not lost: the sweep finds it."
  }

  queue_alarms = {
    for pair in setproduct(values(local.queued)[*].name, keys(local.unwanted)) : join("-", pair) => {
      description = local.unwanted[pair[1]]
      namespace   = "AWS/Lambda"
      metric      = pair[1]
      dimensions  = { FunctionName = pair[0] }
    }
  }

  # Of these, one is one too many.
  unwanted_alarms = merge(local.queue_alarms, local.stream_alarms, local.api_alarms)
}

resource "aws_cloudwatch_metric_alarm" "unwanted" {
  for_each = local.unwanted_alarms

  alarm_name          = each.key
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = "Sum"
  period              = 300
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  dimensions          = each.value.dimensions
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Lifecycle cannot ask whether bronze was processed before it removes it; this warns weeks before. Each sweep reports the
# age of the oldest work and starts it again, so an age above the interval means that starting it did not help, and
# silence means that there is no sweep: the only alarm for which missing data is bad. A standby has none.
resource "aws_cloudwatch_metric_alarm" "work_overdue" {
  alarm_name          = "${local.functions.sweep.name}-WorkOverdue"
  alarm_description   = "An object has waited for more than ${local.topology.alarms.WorkOverdue.threshold} s, or the sweep has stopped. Run: vantageflow status"
  namespace           = local.functions.sweep.metricsNamespace
  metric_name         = "OldestWorkSeconds"
  statistic           = "Maximum"
  period              = local.topology.alarms.WorkOverdue.periodSeconds
  comparison_operator = local.topology.alarms.WorkOverdue.comparison
  threshold           = local.topology.alarms.WorkOverdue.threshold
  evaluation_periods  = 2
  treat_missing_data  = local.is_active ? "breaching" : "notBreaching"
  dimensions          = { service = local.functions.sweep.name }
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# AWS counts the bill in us-east-1 only, and an alarm reaches topics of its own region only.
resource "aws_sns_topic" "cost" {
  region = "us-east-1"
  name   = "${local.name}-cost-${var.region}"
}

resource "aws_sns_topic_subscription" "cost" {
  count = var.alarm_email == null ? 0 : 1

  region    = "us-east-1"
  topic_arn = aws_sns_topic.cost.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "cost" {
  region              = "us-east-1"
  alarm_name          = "${local.name}-CostExceeded-${var.region}"
  alarm_description   = "This month's bill of the whole account is above ${local.topology.alarms.CostExceeded.threshold} USD."
  namespace           = "AWS/Billing"
  metric_name         = "EstimatedCharges"
  statistic           = "Maximum"
  period              = local.topology.alarms.CostExceeded.periodSeconds
  comparison_operator = local.topology.alarms.CostExceeded.comparison
  threshold           = local.topology.alarms.CostExceeded.threshold
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  dimensions          = { Currency = "USD" }
  alarm_actions       = [aws_sns_topic.cost.arn]
}

resource "aws_s3_bucket_metric" "lake" {
  count = var.s3_request_metrics ? 1 : 0

  bucket = aws_s3_bucket.lake.id
  name   = "EntireBucket"
}
