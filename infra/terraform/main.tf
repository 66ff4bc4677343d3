# src/topology.json states the system once: the emulator on a laptop runs from the same file.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  topology  = jsondecode(file("${path.module}/../../src/topology.json"))
  name      = "vantageflow-${local.topology.stage}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # Names of buckets hold in the whole world, those of roles and dashboards in all regions of an account.
  place = "${local.account}-${var.region}"

  # Those that requests start are there on request only.
  functions = { for id, function in local.topology.functions : id => function if var.api || function.startedBy.kind != "request" }

  # Those that S3 starts, those that the clock starts, those that requests start; and those that Lambda starts by itself, from its queue.
  triggered = { for id, function in local.functions : id => function if function.startedBy.kind == "object" }
  scheduled = { for id, function in local.functions : id => function if function.startedBy.kind == "schedule" }
  requested = { for id, function in local.functions : id => function if function.startedBy.kind == "request" }
  queued    = { for id, function in local.functions : id => function if function.startedBy.kind != "request" }

  # Spelled out instead of read from the functions: their roles name them, and a function waits for its role.
  function_arns = {
    for id, function in local.functions :
    id => "arn:${local.partition}:lambda:${var.region}:${local.account}:function:${function.name}"
  }

  lambda_directory = coalesce(var.lambda_directory, "${path.module}/../../dist/lambda")
}
