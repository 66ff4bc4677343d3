# Optional: two regions with a deployment of this configuration each, of which one is active. docs/recovery.md has the runbook.

locals {
  paired = var.peer_region != null

  # By its name, as in storage.tf: the other deployment need not be there yet.
  peer_lake = "arn:${local.partition}:s3:::${local.name}-data-lake-${local.account}-${coalesce(var.peer_region, "none")}"

  # Whoever is active takes no replicas: what the other one wrote before it was lost would come over the work of this one when it is back,
  # commits of tables too, which S3 replicates without asking what is there. The runbook brings it over instead.
  fence_statements = local.paired && local.is_active ? [
    {
      Sid       = "ActiveTakesNoReplicas"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
      Resource  = "${aws_s3_bucket.lake.arn}/*"
    },
  ] : []

  # What tells that the other region is behind.
  replication_alarms = local.paired && local.is_active ? {
    OperationsFailedReplication = "Objects could not be replicated, and S3 tries no more. See the role, and that the other deployment is a standby; then S3 Batch Replication."
    ReplicationLatency          = "The other region is more than 15 minutes behind: so much would be lost with this one."
  } : {}
}

resource "aws_cloudwatch_metric_alarm" "replication" {
  for_each = local.replication_alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value
  namespace           = "AWS/S3"
  metric_name         = each.key
  statistic           = each.key == "ReplicationLatency" ? "Maximum" : "Sum"
  period              = 300
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.key == "ReplicationLatency" ? 900 : 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  dimensions = {
    SourceBucket      = aws_s3_bucket.lake.id
    DestinationBucket = "${local.name}-data-lake-${local.account}-${var.peer_region}"
    RuleId            = "everything"
  }
}
