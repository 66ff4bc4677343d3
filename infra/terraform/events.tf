resource "aws_lambda_permission" "bucket" {
  for_each = local.triggered

  statement_id   = each.value.startedBy.id
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.pipeline[each.key].function_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.lake.arn
  source_account = local.account
}

locals {
  # S3's filters tell case and take one suffix each, and no two rules may have one id (rulesOf in src/triggers.ts).
  notifications = flatten([
    for id, one in local.triggered : [
      for i, suffix in startswith(one.startedBy.prefix, local.topology.layers.bronze.prefix) ? local.topology.suffixes : local.topology.csvSuffixes : {
        id       = i == 0 ? one.startedBy.id : "${one.startedBy.id}-${i + 1}"
        function = id
        events   = one.startedBy.events
        prefix   = one.startedBy.prefix
        suffix   = suffix
      }
    ]
  ])
}

# The one notification configuration of the bucket: S3 replaces it as a whole, so a second resource would erase this one.
# bronze/ starts the first function, which writes silver/; silver/ starts the second, which writes gold/. No cycle.
# A standby has none: replicas are objects that were created, too, and would start both.
resource "aws_s3_bucket_notification" "lake" {
  bucket = aws_s3_bucket.lake.id

  # AWS Backup switches it on in the bucket to see what changed; without this the next apply would switch it off.
  eventbridge = var.daily_backup

  dynamic "lambda_function" {
    for_each = local.is_active ? local.notifications : []

    content {
      id                  = lambda_function.value.id
      lambda_function_arn = aws_lambda_function.pipeline[lambda_function.value.function].arn
      events              = lambda_function.value.events
      filter_prefix       = lambda_function.value.prefix
      filter_suffix       = lambda_function.value.suffix
    }
  }

  depends_on = [aws_lambda_permission.bucket]
}
