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

  # Those that requests or a stream start are there on request only.
  wanted    = { object = true, schedule = true, request = var.api, stream = var.stream }
  functions = { for id, function in local.topology.functions : id => function if local.wanted[function.startedBy.kind] }

  # Those that S3 starts, those that the clock starts, those that requests start, those that a stream starts; and those that Lambda starts by
  # itself, from its queue.
  triggered = { for id, function in local.functions : id => function if function.startedBy.kind == "object" }
  scheduled = { for id, function in local.functions : id => function if function.startedBy.kind == "schedule" }
  requested = { for id, function in local.functions : id => function if function.startedBy.kind == "request" }
  streamed  = { for id, function in local.functions : id => function if function.startedBy.kind == "stream" }
  queued    = merge(local.triggered, local.scheduled)

  # Spelled out instead of read from the functions: their roles name them, and a function waits for its role.
  function_arns = {
    for id, function in local.functions :
    id => "arn:${local.partition}:lambda:${var.region}:${local.account}:function:${function.name}"
  }

  is_active = var.role == "active"

  lambda_directory = coalesce(var.lambda_directory, "${path.module}/../../dist/lambda")
}
