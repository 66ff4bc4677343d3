// Writes test/infra/provider-schema.json: the arguments of the Terraform resources that infra/terraform uses, and the
// values that some of them may have. For developers, when a resource is added or the provider changes:
//   node scripts/extract-provider-schema.mjs
// It fetches the packages below into a temporary folder; none of them is a dependency.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINDINGS = "@cdktn/provider-aws@25.7.0";
const CLIENTS = {
  lambda: "@aws-sdk/client-lambda@3.1164.0",
  s3: "@aws-sdk/client-s3@3.1169.0",
  cloudwatch: "@aws-sdk/client-cloudwatch@3.1164.0",
  scheduler: "@aws-sdk/client-scheduler@3.1169.0",
  athena: "@aws-sdk/client-athena@3.1164.0",
  apigatewayv2: "@aws-sdk/client-apigatewayv2@3.1164.0",
  apigateway: "@aws-sdk/client-api-gateway@3.1142.0",
  kinesis: "@aws-sdk/client-kinesis@3.1143.0",
};
const CONFIGURATION = "infra/terraform";
const OUTPUT = "test/infra/provider-schema.json";

/** Argument → the SDK client and the enumeration that says what it may be. */
const ENUMS = {
  "aws_lambda_function.runtime": ["lambda", "Runtime"],
  "aws_lambda_function.architectures": ["lambda", "Architecture"],
  "aws_lambda_function.logging_config.log_format": ["lambda", "LogFormat"],
  "aws_lambda_function.logging_config.application_log_level": ["lambda", "ApplicationLogLevel"],
  "aws_lambda_function.logging_config.system_log_level": ["lambda", "SystemLogLevel"],
  "aws_s3_bucket_versioning.versioning_configuration.status": ["s3", "BucketVersioningStatus"],
  "aws_s3_bucket_server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm": [
    "s3",
    "ServerSideEncryption",
  ],
  "aws_s3_bucket_ownership_controls.rule.object_ownership": ["s3", "ObjectOwnership"],
  "aws_s3_bucket_lifecycle_configuration.rule.status": ["s3", "ExpirationStatus"],
  "aws_s3_bucket_lifecycle_configuration.rule.transition.storage_class": ["s3", "TransitionStorageClass"],
  "aws_s3_bucket_lifecycle_configuration.rule.noncurrent_version_transition.storage_class": [
    "s3",
    "TransitionStorageClass",
  ],
  "aws_s3_bucket_notification.lambda_function.events": ["s3", "Event"],
  "aws_s3_bucket_replication_configuration.rule.status": ["s3", "ReplicationRuleStatus"],
  "aws_s3_bucket_replication_configuration.rule.delete_marker_replication.status": [
    "s3",
    "DeleteMarkerReplicationStatus",
  ],
  "aws_s3_bucket_replication_configuration.rule.destination.storage_class": ["s3", "StorageClass"],
  "aws_s3_bucket_replication_configuration.rule.destination.replication_time.status": ["s3", "ReplicationTimeStatus"],
  "aws_s3_bucket_replication_configuration.rule.destination.metrics.status": ["s3", "MetricsStatus"],
  "aws_scheduler_schedule.state": ["scheduler", "ScheduleState"],
  "aws_cloudwatch_metric_alarm.comparison_operator": ["cloudwatch", "ComparisonOperator"],
  "aws_cloudwatch_metric_alarm.statistic": ["cloudwatch", "Statistic"],
  "aws_apigatewayv2_api.protocol_type": ["apigatewayv2", "ProtocolType"],
  "aws_apigatewayv2_authorizer.authorizer_type": ["apigatewayv2", "AuthorizerType"],
  "aws_apigatewayv2_integration.integration_type": ["apigatewayv2", "IntegrationType"],
  "aws_apigatewayv2_route.authorization_type": ["apigatewayv2", "AuthorizationType"],
  "aws_api_gateway_integration.type": ["apigateway", "IntegrationType"],
  "aws_api_gateway_rest_api.endpoint_configuration.types": ["apigateway", "EndpointType"],
  "aws_kinesis_stream.encryption_type": ["kinesis", "EncryptionType"],
  "aws_kinesis_stream.stream_mode_details.stream_mode": ["kinesis", "StreamMode"],
  "aws_lambda_event_source_mapping.starting_position": ["lambda", "EventSourcePosition"],
  "aws_lambda_event_source_mapping.function_response_types": ["lambda", "FunctionResponseType"],
  "aws_lambda_event_source_mapping.metrics_config.metrics": ["lambda", "EventSourceMappingMetric"],
  "aws_scheduler_schedule.flexible_time_window.mode": ["scheduler", "FlexibleTimeWindowMode"],
  "aws_athena_workgroup.configuration.result_configuration.encryption_configuration.encryption_option": [
    "athena",
    "EncryptionOption",
  ],
};

const folder = mkdtempSync(join(tmpdir(), "provider-schema-"));
try {
  const bindings = unpack(BINDINGS);
  const clients = Object.fromEntries(Object.entries(CLIENTS).map(([client, spec]) => [client, unpack(spec)]));
  const source = configuration();
  const sorted = (kind) =>
    [...new Set([...source.matchAll(new RegExp(`^${kind} "(\\w+)"`, "gm"))].map(([, t]) => t))].sort();
  const schemas = (kind) =>
    Object.fromEntries(sorted(kind).map((type) => [type, schemaOf(bindings, kind, type, source)]));
  const { cdktn, cdktf } = JSON.parse(readFileSync(join(bindings, "package.json"), "utf8"));
  const document = {
    notice: [
      "The arguments of the Terraform resources that this project uses, derived from the generated bindings named below",
      "(Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/) by scripts/extract-provider-schema.mjs.",
      "Enumerations are those of the AWS SDK for JavaScript (Apache License 2.0).",
    ],
    source: {
      package: BINDINGS,
      provider: `hashicorp/aws ${(cdktn ?? cdktf).provider.version}`,
      sdk: Object.values(CLIENTS),
    },
    resources: schemas("resource"),
    data: schemas("data"),
    enums: Object.fromEntries(
      Object.entries(ENUMS).map(([path, [client, name]]) => [path, enumOf(clients[client], name)]),
    ),
  };
  writeFileSync(OUTPUT, `${JSON.stringify(document, null, 2)}\n`);
  execFileSync("npx", ["biome", "format", "--write", OUTPUT], { stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true });
}

/** The folder that holds the package's files. */
function unpack(spec) {
  const name = execFileSync("npm", ["pack", "--silent", spec, "--pack-destination", folder], {
    encoding: "utf8",
  }).trim();
  const target = mkdtempSync(join(folder, "package-"));
  execFileSync("tar", ["xzf", join(folder, name), "-C", target, "--strip-components=1"]);
  return target;
}

function configuration() {
  const files = readdirSync(CONFIGURATION).filter((name) => name.endsWith(".tf"));
  return files.map((name) => readFileSync(join(CONFIGURATION, name), "utf8")).join("\n");
}

function schemaOf(bindings, kind, type, source) {
  const path = `${kind === "data" ? "data-aws-" : ""}${type.replace(/^aws_/, "").replaceAll("_", "-")}`;
  const text = readFileSync(join(bindings, "lib", path, "index.js"), "utf8");
  const [, name] = text.match(/^class (\w+) extends cdktn\.Terraform(?:Resource|DataSource) /m);
  return blockOf(text, name, source);
}

/**
 * The generated class of a resource or block: each argument has a comment with its flags, and one function lists the
 * types. Blocks that the configuration does not use are left out, required ones excepted.
 */
function blockOf(text, name, source) {
  const body = text.match(new RegExp(`^class ${name} extends[\\s\\S]*?^}$`, "m"))[0];
  const struct = name.replace(/OutputReference$/, "");
  const types = typesOf(body, text, struct);
  const attributes = {};
  const blocks = {};
  const flags = body.matchAll(
    /^ +\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n([\s\S]*?\n) {4}}$/gm,
  );
  for (const [, attribute, computed, optional, required, getter] of flags) {
    const { block, nesting, type } = types[attribute] ?? { type: typeOfGetter(getter) };
    const is = Object.entries({ required, optional, computed }).filter(([, value]) => value === "true");
    if (block === undefined) {
      if (type !== null) attributes[attribute] = [type, ...is.map(([flag]) => flag)].join(" ");
    } else if (required === "true" || new RegExp(`(\\b${attribute}|"${attribute}") \\{`).test(source)) {
      const many = new RegExp(`new ${block}List\\(`).test(body);
      const nested = blockOf(text, `${block}OutputReference`, source);
      blocks[attribute] = {
        nesting,
        ...(many ? {} : { max: 1 }),
        ...(required === "true" ? { min: 1 } : {}),
        ...nested,
      };
    }
  }
  return { attributes, blocks };
}

function typesOf(body, text, struct) {
  const toHcl = `${struct[0].toLowerCase()}${struct.slice(1)}ToHclTerraform`;
  const list =
    body.match(/synthesizeHclAttributes\(\) {[\s\S]*?^ {4}}$/m)?.[0] ??
    text.match(new RegExp(`^function ${toHcl}\\(struct\\) {[\\s\\S]*?^}$`, "m"))?.[0] ??
    "";
  const entries = list.matchAll(/(\w+): {\s+value: .*\s+isBlock: (\w+),\s+type: "(\w+)",\s+storageClassType: "(\w+)"/g);
  const types = {};
  for (const [, name, isBlock, type, storage] of entries) {
    if (isBlock === "true")
      types[name] = { block: storage.replace(/List$/, ""), nesting: type === "struct" ? "single" : type };
    else types[name] = { type: typeOfStorage(type, storage) };
  }
  return types;
}

function typeOfStorage(type, storage) {
  const simple = storage.replace(/List$|Map$/, "").replace("boolean", "bool");
  return type === "simple" ? simple : `${type}(${simple})`;
}

/** Null for computed objects, which nothing here reads. */
function typeOfGetter(getter) {
  const set = getter.includes("Fn.tolist(this.getListAttribute");
  const [, kind] = getter.match(/this\.get(\w+)Attribute\(/) ?? [];
  return (
    {
      String: "string",
      Number: "number",
      Boolean: "bool",
      List: set ? "set(string)" : "list(string)",
      StringMap: "map(string)",
    }[kind] ?? null
  );
}

function enumOf(client, name) {
  const types = join(client, "dist-types/models");
  for (const file of readdirSync(types)) {
    const found = readFileSync(join(types, file), "utf8").match(new RegExp(`declare const ${name}: {([^}]*)}`));
    if (found) return [...found[1].matchAll(/: "([^"]+)"/g)].map(([, value]) => value);
  }
  throw new Error(`${client} has no ${name}`);
}
