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

  functions = local.topology.functions

  # Those that S3 starts, and those that the clock starts.
  triggered = { for id, function in local.functions : id => function if function.startedBy.kind == "object" }
  scheduled = { for id, function in local.functions : id => function if function.startedBy.kind == "schedule" }

  # Spelled out instead of read from the functions: their roles name them, and a function waits for its role.
  function_arns = {
    for id, function in local.functions :
    id => "arn:${local.partition}:lambda:${var.region}:${local.account}:function:${function.name}"
  }

  lambda_directory = coalesce(var.lambda_directory, "${path.module}/../../dist/lambda")
}
