resource "aws_cloudwatch_log_group" "pipeline" {
  for_each = local.functions

  name              = "/aws/lambda/${each.value.name}"
  retention_in_days = local.topology.layers.logs.retentionDays
}

resource "aws_lambda_function" "pipeline" {
  for_each = local.functions

  function_name    = each.value.name
  role             = aws_iam_role.function[each.key].arn
  filename         = "${local.lambda_directory}/${each.value.name}.zip"
  source_code_hash = try(filebase64sha256("${local.lambda_directory}/${each.value.name}.zip"), null)
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = each.value.memoryMb
  timeout          = each.value.timeoutSeconds

  code_signing_config_arn = one(aws_lambda_code_signing_config.functions[*].arn)

  environment {
    variables = merge(each.value.environment, local.function_environment[each.key])
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.pipeline[each.key].name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  dynamic "vpc_config" {
    for_each = var.vpc && each.key != "sweep" ? ["vpc"] : []

    content {
      subnet_ids         = aws_subnet.private[*].id
      security_group_ids = aws_security_group.functions[*].id
    }
  }

  lifecycle {
    precondition {
      condition     = fileexists("${local.lambda_directory}/${each.value.name}.zip")
      error_message = "Cannot deploy ${each.value.name}: ${local.lambda_directory}/${each.value.name}.zip is missing. Run: npm run build:lambda"
    }
  }

  depends_on = [aws_iam_role_policy.function]
}

locals {
  common_environment = {
    for id, function in local.functions : id => {
      NODE_OPTIONS                 = "--enable-source-maps"
      POWERTOOLS_SERVICE_NAME      = function.name
      POWERTOOLS_METRICS_NAMESPACE = function.metricsNamespace
    }
  }

  # An event of the bucket names it; nothing else does.
  lake_environment = {
    for id, function in merge(local.scheduled, local.requested, local.streamed) : id => { VANTAGEFLOW_LAKE = "s3://${aws_s3_bucket.lake.id}" }
  }

  own_environment = {
    sweep = { VANTAGEFLOW_FAILURES = "s3://${aws_s3_bucket.failures.id}" }
    api   = { VANTAGEFLOW_FAILURES = "s3://${aws_s3_bucket.failures.id}" }
  }

  function_environment = {
    for id, common in local.common_environment :
    id => merge(common, try(local.lake_environment[id], {}), try(local.own_environment[id], {}))
  }
}

# Whoever sent a request is told what became of it.
resource "aws_lambda_function_event_invoke_config" "pipeline" {
  for_each = local.queued

  function_name                = aws_lambda_function.pipeline[each.key].function_name
  maximum_retry_attempts       = each.value.retries
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_s3_bucket.failures.arn
    }
  }
}
