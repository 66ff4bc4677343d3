# Optional: the data API, the app that the dashboard serves, behind an HTTP API. It only reads, and no route is public.

locals {
  api_function = local.topology.functions.api.name
  api_path     = local.topology.functions.api.startedBy.path
  api_signed   = var.api && var.api_jwt == null

  # All of it is the function's to route.
  api_routes = var.api ? [for method in ["GET", "HEAD"] : "${method} ${local.api_path}/{proxy+}"] : []
}

resource "aws_apigatewayv2_api" "data" {
  count = var.api ? 1 : 0

  name          = "${local.name}-api"
  description   = "vantageflow data API: reads ${aws_s3_bucket.lake.id}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "data" {
  count = var.api ? 1 : 0

  api_id                 = aws_apigatewayv2_api.data[0].id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_function.pipeline["api"].invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  count = var.api && var.api_jwt != null ? 1 : 0

  api_id           = aws_apigatewayv2_api.data[0].id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.api_jwt.issuer
    audience = var.api_jwt.audience
  }
}

resource "aws_apigatewayv2_route" "data" {
  for_each = toset(local.api_routes)

  api_id               = aws_apigatewayv2_api.data[0].id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.data[0].id}"
  authorization_type   = local.api_signed ? "AWS_IAM" : "JWT"
  authorizer_id        = local.api_signed ? null : aws_apigatewayv2_authorizer.jwt[0].id
  authorization_scopes = local.api_signed ? null : var.api_jwt.scopes
}

resource "aws_apigatewayv2_stage" "data" {
  count = var.api ? 1 : 0

  api_id      = aws_apigatewayv2_api.data[0].id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit    = var.api_requests_per_second
    throttling_burst_limit   = 2 * var.api_requests_per_second
    detailed_metrics_enabled = false
  }

  # Who asked for what, and what became of it; no token, and no answer.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api_access[0].arn

    format = jsonencode({
      time         = "$context.requestTime"
      requestId    = "$context.requestId"
      caller       = "$context.identity.userArn"
      subject      = "$context.authorizer.claims.sub"
      sourceIp     = "$context.identity.sourceIp"
      method       = "$context.httpMethod"
      path         = "$context.path"
      status       = "$context.status"
      bytes        = "$context.responseLength"
      milliseconds = "$context.responseLatency"
      error        = "$context.error.message"
      integration  = "$context.integrationErrorMessage"
    })
  }
}

# Of this prefix, for what may write logs is a policy of limited size otherwise (API Gateway developer guide, "Configure logging for HTTP APIs").
resource "aws_cloudwatch_log_group" "api_access" {
  count = var.api ? 1 : 0

  name              = "/aws/vendedlogs/apigateway/${local.name}-api"
  retention_in_days = local.topology.layers.logs.retentionDays
}

resource "aws_lambda_permission" "api" {
  count = var.api ? 1 : 0

  statement_id   = "data-api"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.pipeline["api"].function_name
  principal      = "apigateway.amazonaws.com"
  source_arn     = "${aws_apigatewayv2_api.data[0].execution_arn}/*/*${local.api_path}/*"
  source_account = local.account
}

# An identity of the account asks nothing until this is attached to it.
resource "aws_iam_policy" "api_reader" {
  count = local.api_signed ? 1 : 0

  name        = "${local.api_function}-reader-${var.region}"
  description = "Reads the data API of ${aws_s3_bucket.lake.id}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "AskDataApi"
        Effect   = "Allow"
        Action   = ["execute-api:Invoke"]
        Resource = [for method in ["GET", "HEAD"] : "${aws_apigatewayv2_api.data[0].execution_arn}/*/${method}${local.api_path}/*"]
      },
    ]
  })
}

locals {
  api_alarms = {
    for function in values(local.requested) : "${function.name}-Throttles" => {
      description = "Requests of the data API were refused: the account's concurrency is used up, which the pipeline's functions need, too. Lower api_requests_per_second, or ask for more concurrency."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = function.name }
    }
  }
}

# An answer of 500 or more is no error to Lambda.
resource "aws_cloudwatch_metric_alarm" "api_errors" {
  count = var.api ? 1 : 0

  alarm_name          = "${local.api_function}-ServerErrors"
  alarm_description   = "More than ${local.topology.alarms.HighErrorRate.threshold} % of the answers of the data API were 500 or more. See the function's log: /aws/lambda/${local.api_function}"
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  statistic           = "Average"
  period              = local.topology.alarms.HighErrorRate.periodSeconds
  comparison_operator = local.topology.alarms.HighErrorRate.comparison
  threshold           = local.topology.alarms.HighErrorRate.threshold / 100
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  dimensions          = { ApiId = aws_apigatewayv2_api.data[0].id }
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
