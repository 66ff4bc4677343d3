variable "region" {
  description = "The AWS region of the lake and its functions."
  type        = string
  default     = "us-east-1"
}

variable "lambda_directory" {
  description = "The folder with <function name>.zip for each function, as `npm run build:lambda` makes it. Null: dist/lambda of this repository."
  type        = string
  default     = null
}

variable "alarm_email" {
  description = "An address that gets every alarm, once it has confirmed the two subscriptions. Null: alarms show in CloudWatch only. Costs nothing for the first 1,000 mails a month."
  type        = string
  default     = null
}

variable "s3_request_metrics" {
  description = "Whether CloudWatch gets the lake's request metrics by the minute. They are billed as custom metrics: up to 16 of them, at most about 5 USD a month after the 10 free ones."
  type        = bool
  default     = true
}

variable "noncurrent_glacier_days" {
  description = "Days after which overwritten and removed versions move to GLACIER, where the layer keeps them longer. Null: never. A version there is billed for 90 days, and restoring it takes hours: longer than the one hour that recovery from corruption may take."
  type        = number
  default     = null

  validation {
    condition     = var.noncurrent_glacier_days == null ? true : var.noncurrent_glacier_days >= 1
    error_message = "Cannot move versions to GLACIER before they are a day old. Give 1 or more, or leave it out."
  }
}

variable "cloudtrail" {
  description = "Whether CloudTrail records every read and write of the lake. Costs 0.10 USD per 100,000 recorded events and the storage of their logs."
  type        = bool
  default     = false
}

variable "config_rules" {
  description = "Whether AWS Config checks the buckets for public access, TLS, encryption and versioning. Fails where the account's region has a recorder already. Costs 0.003 USD per recorded change and 0.001 USD per evaluation."
  type        = bool
  default     = false
}

variable "vpc" {
  description = "Whether the functions run in a VPC that reaches S3 through a gateway endpoint and nothing else. The endpoint and the VPC cost nothing; the sweep stays outside, for the Lambda API would need an interface endpoint at about 7 USD a month and zone."
  type        = bool
  default     = false
}

variable "vpc_cidr" {
  description = "The address range of that VPC; each of its two subnets gets a quarter."
  type        = string
  default     = "10.42.0.0/24"
}

variable "replica_region" {
  description = "Another region, into which every object of the lake is replicated. Null: no replication. Costs the storage there, 0.02 USD per GB sent to another region, and a PUT per object."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null ? true : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.replica_region))
    error_message = "Cannot replicate there: it is not a region's name. Give one such as us-west-2, and not the lake's own."
  }
}

variable "peer_region" {
  description = "The region of another deployment of this configuration in this account, whose lake gets every object of this one within 15 minutes, as S3 Replication Time Control promises, and the other way when it is the active one. Null: none. Costs what replica_region does, 0.015 USD per GB for the time control, 0.30 USD a month for each of 3 replication metrics, and the other deployment."
  type        = string
  default     = null

  validation {
    condition     = var.peer_region == null ? true : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.peer_region))
    error_message = "Cannot pair with that: it is not a region's name. Give one such as us-west-2, and not the lake's own."
  }
}

variable "role" {
  description = "Whether this deployment works (active) or waits for the other one's region to fail (standby): then all is there, and no object, clock or stream starts a function. Costs nothing."
  type        = string
  default     = "active"

  validation {
    condition     = contains(["active", "standby"], var.role)
    error_message = "Cannot take that role: it is active or standby."
  }
}

variable "daily_backup" {
  description = "Whether AWS Backup takes a backup of the lake every night and keeps it for 35 days. Costs about 0.05 USD per GB and month, where an object below 128 KB counts as 128 KB, and the requests and events it makes."
  type        = bool
  default     = false
}

variable "athena" {
  description = "Whether the table of readings can be asked in Athena: a database, a workgroup, a bucket for results and the queries of docs/sql.md. Costs about 5 USD per TB that queries scan, at least 10 MB each, and nothing while nobody asks."
  type        = bool
  default     = false
}

variable "athena_scan_limit_gb" {
  description = "A query that would scan more is stopped: at 100 GB it costs about 0.50 USD."
  type        = number
  default     = 100

  validation {
    condition     = var.athena_scan_limit_gb >= 1
    error_message = "Cannot stop queries below a GB. Give 1 or more."
  }
}

variable "api" {
  description = "Whether the data API stands behind an API Gateway HTTP API: readings and all that the dashboard shows, for reading only. Costs 1.00 USD per million requests, the function's time (some 0.000004 USD for a quarter of a second of 1 GB) and the S3 requests of each look at the lake, one a minute at most for each environment that Lambda keeps."
  type        = bool
  default     = false
}

variable "api_jwt" {
  description = "Who issues the tokens that the API takes: `issuer` (an https URL under which /.well-known/openid-configuration stands), `audience`, and `scopes`, of which a token needs one. Null: requests are signed with SigV4 by an identity that may execute-api:Invoke. There is no way to let in everybody."
  type = object({
    issuer   = string
    audience = list(string)
    scopes   = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.api_jwt == null ? true : can(regex("^https://[^ ]+$", var.api_jwt.issuer)) && length(var.api_jwt.audience) > 0 && alltrue([for one in var.api_jwt.audience : one != ""])
    error_message = "Cannot take tokens of that issuer: it is not an https URL with an audience. Without an audience every token of the issuer would do, those for other services too."
  }
}

variable "api_requests_per_second" {
  description = "How many requests the API takes in a second, of all callers together; more are answered 429. Twice as many at once. What a flood of requests can cost is bounded by it."
  type        = number
  default     = 20

  validation {
    condition     = var.api_requests_per_second >= 1 && var.api_requests_per_second <= 10000
    error_message = "Cannot throttle the API at that: give 1 to 10000 requests a second."
  }
}

variable "stream" {
  description = "Whether there is a Kinesis stream whose records a function brings into bronze. Costs about 11 USD per shard and month, 0.014 USD per million records (more for those above 25 KB), the function's time and its S3 requests, and 0.10 USD for each of its alarms."
  type        = bool
  default     = false
}

variable "stream_shards" {
  description = "Shards of the stream: each takes 1 MB and 1,000 records a second."
  type        = number
  default     = 1

  validation {
    condition     = var.stream_shards >= 1 && var.stream_shards <= 500 && floor(var.stream_shards) == var.stream_shards
    error_message = "Cannot make a stream of that: give 1 to 500 shards."
  }
}

variable "stream_api" {
  description = "Whether readings can be sent into the stream by POST /v1/readings, by identities of the account that sign their requests. Needs stream. Costs 3.50 USD per million requests."
  type        = bool
  default     = false
}

variable "stream_requests_per_second" {
  description = "How many requests POST /v1/readings takes in a second, of all callers together; more are answered 429. Twice as many at once."
  type        = number
  default     = 500

  validation {
    condition     = var.stream_requests_per_second >= 1 && var.stream_requests_per_second <= 10000
    error_message = "Cannot throttle readings at that: give 1 to 10000 requests a second."
  }
}

variable "stream_iot_topic" {
  description = "The MQTT topics of IoT Core, as in plant/+/readings, whose messages go into the stream, a reading in JSON each. Null: none. Needs stream. Costs 1.00 USD per million messages and 0.30 USD per million times that the rule runs."
  type        = string
  default     = null

  validation {
    condition     = var.stream_iot_topic == null ? true : can(regex("^[^'\\s]+$", var.stream_iot_topic))
    error_message = "Cannot select those topics: there is a blank or a quotation mark in it, or nothing. Give one such as plant/+/readings."
  }
}

variable "kms_key" {
  description = "Whether the lake's objects are encrypted with a KMS key of this deployment instead of S3's own. Costs 1 USD a month, up to 3 after two yearly rotations, and 0.03 USD per 10,000 requests to KMS, which a bucket key makes few. ETags are no MD5 then."
  type        = bool
  default     = false
}

variable "object_lock_days" {
  description = "Days for which no version of any object of the lake can be removed, bronze, receipts and seals included (Object Lock, governance mode). Null: no lock, and once there is one it cannot be taken off the bucket. Costs the storage of all versions for as long."
  type        = number
  default     = null

  validation {
    condition     = var.object_lock_days == null ? true : var.object_lock_days >= 1 && floor(var.object_lock_days) == var.object_lock_days
    error_message = "Cannot lock objects for that: give whole days, 1 or more, or leave it out."
  }
}

variable "code_signing" {
  description = "Whether Lambda refuses packages that the deployment's signing profile has not signed. Costs nothing. The first apply makes the profile: sign with it, then give the folder of signed zips as lambda_directory."
  type        = bool
  default     = false
}
