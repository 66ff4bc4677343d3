output "lake" {
  description = "The lake as vantageflow's --lake takes it."
  value       = "s3://${aws_s3_bucket.lake.id}"
}

output "lake_bucket" {
  description = "The name of the lake's bucket."
  value       = aws_s3_bucket.lake.id
}

output "failures" {
  description = "Where Lambda records crashes and time-outs, as vantageflow's setting `failures` takes it."
  value       = "s3://${aws_s3_bucket.failures.id}"
}

output "replica" {
  description = "The copy of the lake in another region; null without replica_region."
  value       = local.replicated ? "s3://${aws_s3_bucket.replica[0].id}" : null
}

output "peer" {
  description = "The lake of the other region's deployment; null without peer_region."
  value       = local.paired ? "s3://${local.name}-data-lake-${local.account}-${var.peer_region}" : null
}

output "functions" {
  description = "The functions' names by their id in the topology."
  value       = { for id, function in aws_lambda_function.pipeline : id => function.function_name }
}

output "alarm_topics" {
  description = "The SNS topics that alarms publish to: the pipeline's, and that of the bill in us-east-1."
  value       = [aws_sns_topic.alarms.arn, aws_sns_topic.cost.arn]
}

output "dashboard" {
  description = "The address of the CloudWatch dashboard."
  value       = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.pipeline.dashboard_name}"
}

output "athena" {
  description = "What asks the table of readings in Athena: its workgroup and database, and the policy for those who may; null without athena."
  value = var.athena ? {
    workgroup = aws_athena_workgroup.lake[0].name
    database  = aws_glue_catalog_database.lake[0].name
    policy    = aws_iam_policy.ask[0].arn
  } : null
}

output "stream" {
  description = "The stream that readings are put into; null without stream."
  value       = var.stream ? aws_kinesis_stream.readings[0].name : null
}

output "stream_api" {
  description = "Where readings are sent by POST, signed (service execute-api); null without stream_api."
  value       = length(local.stream_api) > 0 ? "${aws_api_gateway_stage.readings[0].invoke_url}/v1/readings" : null
}

output "stream_sender_policy" {
  description = "The policy to attach to whoever may send readings to it; null without stream_api."
  value       = length(local.stream_api) > 0 ? aws_iam_policy.sender[0].arn : null
}

output "api" {
  description = "Where the data API stands; null without api. Requests are signed (service execute-api), unless api_jwt is set."
  value       = var.api ? "${aws_apigatewayv2_api.data[0].api_endpoint}${local.api_path}" : null
}

output "api_reader_policy" {
  description = "The policy to attach to whoever may ask the data API; null without api or with api_jwt."
  value       = local.api_signed ? aws_iam_policy.api_reader[0].arn : null
}

output "signing_profile" {
  description = "The profile that packages have to be signed with; null without code_signing."
  value       = one(aws_signer_signing_profile.functions[*].name)
}
