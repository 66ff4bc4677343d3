# Optional: the functions but the sweep in a network from which only S3 can be reached. One endpoint is all they need: Lambda itself, outside of
# the network, reads the stream, records failures and takes logs and metrics, which are lines of output; S3 asks KMS; and credentials are in a
# function's environment.

data "aws_availability_zones" "available" {
  state = "available"
}

resource "aws_vpc" "private" {
  count = var.vpc ? 1 : 0

  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = local.name }
}

resource "aws_subnet" "private" {
  count = var.vpc ? 2 : 0

  vpc_id            = aws_vpc.private[0].id
  cidr_block        = cidrsubnet(var.vpc_cidr, 2, count.index)
  availability_zone = data.aws_availability_zones.available.names[count.index]

  tags = { Name = "${local.name}-${count.index}" }
}

resource "aws_route_table" "private" {
  count = var.vpc ? 1 : 0

  vpc_id = aws_vpc.private[0].id
}

resource "aws_route_table_association" "private" {
  count = var.vpc ? 2 : 0

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[0].id
}

resource "aws_vpc_endpoint" "s3" {
  count = var.vpc ? 1 : 0

  vpc_id            = aws_vpc.private[0].id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id

  # Whatever runs in this network reaches the lake and no other bucket.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "LakeOnly"
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
          Resource  = [local.lake, "${local.lake}/*"]
        },
      ],
      [
        for api in keys(local.requested) : {
          Sid       = "ReadFailures"
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:ListBucket", "s3:GetObject"]
          Resource  = [local.failures, "${local.failures}/*"]
        }
      ],
    )
  })
}

resource "aws_security_group" "functions" {
  count = var.vpc ? 1 : 0

  name        = "${local.name}-functions"
  description = "The triggered functions: nothing in, HTTPS to S3 out"
  vpc_id      = aws_vpc.private[0].id
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  count = var.vpc ? 1 : 0

  security_group_id = aws_security_group.functions[0].id
  description       = "HTTPS to S3 through the gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3[0].prefix_list_id
}
