# Events are hints; listings are the truth. On a schedule the sweep starts again whatever has no receipt.

resource "aws_scheduler_schedule" "function" {
  for_each = local.scheduled

  name                = each.value.name
  schedule_expression = each.value.startedBy.rate
  state               = local.is_active ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.pipeline[each.key].arn
    role_arn = aws_iam_role.scheduler.arn

    # The next run finds what a lost one would have found.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

moved {
  from = aws_scheduler_schedule.sweep
  to   = aws_scheduler_schedule.function["sweep"]
}

resource "aws_iam_role" "scheduler" {
  name = "${local.functions.sweep.name}-scheduler-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "scheduler.amazonaws.com" }
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "invoke-sweep"
  role = aws_iam_role.scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "InvokeSweep"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for id in keys(local.scheduled) : local.function_arns[id]]
      },
    ]
  })
}
