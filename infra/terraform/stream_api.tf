# Optional: POST /v1/readings of a REST API, straight into the stream. An HTTP API would have to be sent the readings in Base64.
# A request is one record, byte for byte: what is in it is judged when it is read, and nobody is told then.

locals {
  stream_api = contains(keys(local.stream_senders), "api") ? ["api"] : []

  # No function of the template language touches a number: some of them round it.
  put_record = "{\"StreamName\":\"${local.stream}\",\"PartitionKey\":\"$context.requestId\",\"Data\":\"$util.base64Encode($input.body)\"}"

  # What Kinesis answers, by the status that it has; a stream that is full says so with 400, too.
  put_answers = {
    "202" = {
      pattern  = null
      template = "{\"shard\":\"$input.path('$.ShardId')\",\"sequence\":\"$input.path('$.SequenceNumber')\"}"
    }
    "400" = {
      pattern  = "4\\d{2}"
      template = "#if($input.path('$.__type').contains('Throughput'))#set($context.responseOverride.status = 429)#set($context.responseOverride.header.Retry-After = '1')#end{\"version\":1,\"error\":{\"code\":\"refused\",\"message\":\"Cannot take the readings: the stream is full, or they are more than 1 MB. Send less at once, or again later.\"}}"
    }
    "503" = {
      pattern  = "5\\d{2}"
      template = "#set($context.responseOverride.header.Retry-After = '5'){\"version\":1,\"error\":{\"code\":\"busy\",\"message\":\"Cannot take the readings now. Send them again.\"}}"
    }
  }
}

resource "aws_api_gateway_rest_api" "readings" {
  count = length(local.stream_api)

  name        = "${local.name}-readings"
  description = "Readings into the stream ${local.stream}"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "version" {
  count = length(local.stream_api)

  rest_api_id = aws_api_gateway_rest_api.readings[0].id
  parent_id   = aws_api_gateway_rest_api.readings[0].root_resource_id
  path_part   = "v1"
}

resource "aws_api_gateway_resource" "readings" {
  count = length(local.stream_api)

  rest_api_id = aws_api_gateway_rest_api.readings[0].id
  parent_id   = aws_api_gateway_resource.version[0].id
  path_part   = "readings"
}

# Signed, always: there is no public way in.
resource "aws_api_gateway_method" "post" {
  count = length(local.stream_api)

  rest_api_id   = aws_api_gateway_rest_api.readings[0].id
  resource_id   = aws_api_gateway_resource.readings[0].id
  http_method   = "POST"
  authorization = "AWS_IAM"
}

resource "aws_api_gateway_integration" "put" {
  count = length(local.stream_api)

  rest_api_id             = aws_api_gateway_rest_api.readings[0].id
  resource_id             = aws_api_gateway_resource.readings[0].id
  http_method             = aws_api_gateway_method.post[0].http_method
  type                    = "AWS"
  integration_http_method = "POST"
  uri                     = "arn:${local.partition}:apigateway:${var.region}:kinesis:action/PutRecord"
  credentials             = aws_iam_role.sender["api"].arn

  # Of another Content-Type: 415.
  passthrough_behavior = "NEVER"
  request_parameters   = { "integration.request.header.Content-Type" = "'application/x-amz-json-1.1'" }
  request_templates    = { for type in ["application/json", "application/x-ndjson", "application/ndjson", "application/jsonl"] : type => local.put_record }
}

resource "aws_api_gateway_method_response" "answer" {
  for_each = length(local.stream_api) > 0 ? local.put_answers : {}

  rest_api_id = aws_api_gateway_rest_api.readings[0].id
  resource_id = aws_api_gateway_resource.readings[0].id
  http_method = aws_api_gateway_method.post[0].http_method
  status_code = each.key
}

resource "aws_api_gateway_integration_response" "answer" {
  for_each = length(local.stream_api) > 0 ? local.put_answers : {}

  rest_api_id        = aws_api_gateway_rest_api.readings[0].id
  resource_id        = aws_api_gateway_resource.readings[0].id
  http_method        = aws_api_gateway_method.post[0].http_method
  status_code        = each.key
  selection_pattern  = local.put_answers[each.key].pattern
  response_templates = { "application/json" = local.put_answers[each.key].template }

  depends_on = [aws_api_gateway_integration.put, aws_api_gateway_method_response.answer]
}

resource "aws_api_gateway_deployment" "readings" {
  count = length(local.stream_api)

  rest_api_id = aws_api_gateway_rest_api.readings[0].id
  triggers    = { made_of = filesha256("${path.module}/stream_api.tf") }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_api_gateway_integration.put, aws_api_gateway_integration_response.answer]
}

# The stage is part of the path: https://<id>.execute-api.<region>.amazonaws.com/lake/v1/readings
resource "aws_api_gateway_stage" "readings" {
  count = length(local.stream_api)

  rest_api_id   = aws_api_gateway_rest_api.readings[0].id
  deployment_id = aws_api_gateway_deployment.readings[0].id
  stage_name    = "lake"
}

resource "aws_api_gateway_method_settings" "readings" {
  count = length(local.stream_api)

  rest_api_id = aws_api_gateway_rest_api.readings[0].id
  stage_name  = aws_api_gateway_stage.readings[0].stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.stream_requests_per_second
    throttling_burst_limit = 2 * var.stream_requests_per_second
  }
}

# An identity of the account sends nothing until this is attached to it.
resource "aws_iam_policy" "sender" {
  count = length(local.stream_api)

  name        = "${local.stream_name}-sender-${var.region}"
  description = "Sends readings to ${local.stream}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "SendReadings"
        Effect   = "Allow"
        Action   = ["execute-api:Invoke"]
        Resource = ["${aws_api_gateway_rest_api.readings[0].execution_arn}/*/POST/v1/readings"]
      },
    ]
  })
}

resource "aws_cloudwatch_metric_alarm" "stream_api_errors" {
  count = length(local.stream_api)

  alarm_name          = "${local.stream_name}-ServerErrors"
  alarm_description   = "More than ${local.topology.alarms.HighErrorRate.threshold} % of the requests that bring readings were answered 500 or more. Is the stream there, and may the role ${local.stream_name}-api-${var.region} put into it?"
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  statistic           = "Average"
  period              = local.topology.alarms.HighErrorRate.periodSeconds
  comparison_operator = local.topology.alarms.HighErrorRate.comparison
  threshold           = local.topology.alarms.HighErrorRate.threshold / 100
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  dimensions          = { ApiName = aws_api_gateway_rest_api.readings[0].name }
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
