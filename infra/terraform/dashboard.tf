locals {
  function_names = [for function in local.functions : function.name]

  lambda_metrics = {
    for metric, stat in { Invocations = "Sum", Errors = "Sum", Throttles = "Sum", Duration = "Average" } :
    metric => [for name in local.function_names : ["AWS/Lambda", metric, "FunctionName", name, { stat = stat, label = name }]]
  }

  row_metrics = [
    for metric in ["RowsProcessed", "AnomalyRows"] :
    [local.functions.bronzeToSilver.metricsNamespace, metric, "service", local.functions.bronzeToSilver.name, { stat = "Sum" }]
  ]

  # S3 reports both of these once a day.
  size_metrics = [
    ["AWS/S3", "NumberOfObjects", "StorageType", "AllStorageTypes", "BucketName", aws_s3_bucket.lake.id, { stat = "Average", period = 86400 }],
    ["AWS/S3", "BucketSizeBytes", "StorageType", "StandardStorage", "BucketName", aws_s3_bucket.lake.id, { stat = "Average", period = 86400, yAxis = "right" }],
  ]

  request_metrics = [
    for metric in ["AllRequests", "4xxErrors", "5xxErrors"] :
    ["AWS/S3", metric, "BucketName", aws_s3_bucket.lake.id, "FilterId", "EntireBucket", { stat = "Sum" }]
  ]

  work_metrics = [
    [local.functions.sweep.metricsNamespace, "OldestWorkSeconds", "service", local.functions.sweep.name, { stat = "Maximum" }],
  ]

  widgets = concat(
    [
      { title = "Invocations", metrics = local.lambda_metrics.Invocations },
      { title = "Errors", metrics = concat(local.lambda_metrics.Errors, local.lambda_metrics.Throttles) },
      { title = "Duration, ms", metrics = local.lambda_metrics.Duration },
      { title = "Rows and anomalies", metrics = local.row_metrics },
      { title = "Oldest work, s", metrics = local.work_metrics },
      { title = "Objects and bytes", metrics = local.size_metrics },
    ],
    var.s3_request_metrics ? [{ title = "S3 requests", metrics = local.request_metrics }] : [],
  )
}

resource "aws_cloudwatch_dashboard" "pipeline" {
  dashboard_name = "${local.name}-${var.region}"

  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          metrics = widget.metrics
          region  = var.region
          view    = "timeSeries"
          period  = 300
        }
      }
    ]
  })
}
