resource "aws_lambda_permission" "bucket" {
  for_each = local.topology.functions

  statement_id   = each.value.trigger.id
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.pipeline[each.key].function_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.lake.arn
  source_account = local.account
}

# The one notification configuration of the bucket: S3 replaces it as a whole, so a second resource would erase this one.
# bronze/ starts the first function, which writes silver/; silver/ starts the second, which writes gold/. No cycle.
resource "aws_s3_bucket_notification" "lake" {
  bucket = aws_s3_bucket.lake.id

  # AWS Backup switches it on in the bucket to see what changed; without this the next apply would switch it off.
  eventbridge = var.daily_backup

  lambda_function {
    id                  = local.topology.functions.bronzeToSilver.trigger.id
    lambda_function_arn = aws_lambda_function.pipeline["bronzeToSilver"].arn
    events              = local.topology.functions.bronzeToSilver.trigger.events
    filter_prefix       = local.topology.functions.bronzeToSilver.trigger.prefix
    filter_suffix       = local.topology.functions.bronzeToSilver.trigger.suffix
  }

  lambda_function {
    id                  = local.topology.functions.silverToGold.trigger.id
    lambda_function_arn = aws_lambda_function.pipeline["silverToGold"].arn
    events              = local.topology.functions.silverToGold.trigger.events
    filter_prefix       = local.topology.functions.silverToGold.trigger.prefix
    filter_suffix       = local.topology.functions.silverToGold.trigger.suffix
  }

  depends_on = [aws_lambda_permission.bucket]
}
