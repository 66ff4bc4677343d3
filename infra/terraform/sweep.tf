# Events are hints; listings are the truth. On a schedule the sweep starts again whatever has no receipt.

resource "aws_scheduler_schedule" "sweep" {
  name                = local.topology.sweep.name
  schedule_expression = local.topology.sweep.schedule

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.pipeline["sweep"].arn
    role_arn = aws_iam_role.scheduler.arn

    # The next sweep finds what a lost one would have found.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

resource "aws_iam_role" "scheduler" {
  name = "${local.topology.sweep.name}-scheduler-${var.region}"

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
        Resource = [local.function_arns.sweep]
      },
    ]
  })
}
