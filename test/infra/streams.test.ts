import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { resource } from "./configuration.ts";
import { ACCOUNT } from "./provider-server.ts";
import { hasTerraform, type Plan, startTerraform, type Terraform } from "./terraform.ts";

/** Readings as they come: the stream, its function, and the two ways into it that are switched on by themselves. */

const { name, startedBy, retries } = topology.functions.stream;
const STREAM = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${startedBy.stream}`;

describe("the stream, by its text", () => {
  it("takes readings of nobody who does not sign", () => {
    expect(resource("aws_api_gateway_method", "post").authorization).toBe("AWS_IAM");
  });

  it("keeps records for as long as the function may take them", () => {
    const { retention_period: hours } = resource("aws_kinesis_stream", "readings");
    expect(3600 * Number(hours)).toBeGreaterThanOrEqual(startedBy.maxRecordAgeSeconds);
  });

  it("gives what it starts more time than its batches are gathered for", () => {
    expect(topology.functions.stream.timeoutSeconds).toBeGreaterThan(startedBy.windowSeconds);
  });
});

describe("the stream, by real Terraform", () => {
  let terraform: Terraform;
  let plan: Plan;
  beforeEach((context) => context.skip(!hasTerraform, "there is no terraform on the PATH"));
  beforeAll(async () => {
    if (!hasTerraform) return;
    terraform = await startTerraform();
    plan = await terraform.plan({
      stream: "true",
      stream_api: "true",
      stream_iot_topic: "plant/+/readings",
      vpc: "true",
    });
  });
  afterAll(() => terraform?.close());

  const valuesOf = ({ resources }: Plan, type: string) =>
    resources.filter((one) => one.type === type).map(({ values }) => values);

  it("is not there by default, with nothing that belongs to it; nor is a way into a stream that is not there", async () => {
    for (const none of [
      await terraform.plan(),
      await terraform.plan({ stream_api: "true", stream_iot_topic: "a/b" }),
    ]) {
      expect(none.resources.filter(({ type }) => /kinesis|api_gateway|iot|event_source/.test(type))).toEqual([]);
      expect(JSON.stringify(none.resources)).not.toContain(name);
    }
  });

  it("is there without ways into it", async () => {
    const bare = await terraform.plan({ stream: "true", stream_shards: "3" });
    expect(valuesOf(bare, "aws_kinesis_stream")).toMatchObject([
      { name: startedBy.stream, shard_count: 3, encryption_type: "KMS" },
    ]);
    expect(bare.resources.filter(({ type }) => /api_gateway|iot/.test(type))).toEqual([]);
  });

  it("starts the function by the settings of the topology, and what is given up goes whole into the failures bucket", () => {
    expect(valuesOf(plan, "aws_lambda_event_source_mapping")).toMatchObject([
      {
        starting_position: "TRIM_HORIZON",
        batch_size: startedBy.batchSize,
        maximum_batching_window_in_seconds: startedBy.windowSeconds,
        maximum_retry_attempts: retries,
        maximum_record_age_in_seconds: startedBy.maxRecordAgeSeconds,
        bisect_batch_on_function_error: startedBy.bisect,
        function_response_types: ["ReportBatchItemFailures"],
        metrics_config: [{ metrics: ["EventCount"] }],
      },
    ]);
    const asynchronous = valuesOf(plan, "aws_lambda_function_event_invoke_config").map((one) => one.function_name);
    expect(asynchronous).not.toContain(name);
    const [fn] = valuesOf(plan, "aws_lambda_function").filter((one) => one.function_name === name);
    expect(fn.environment[0].variables).toMatchObject({
      VANTAGEFLOW_LAKE: `s3://vantageflow-dev-data-lake-${ACCOUNT}-us-east-1`,
    });
    expect(fn.vpc_config).toHaveLength(1);
  });

  it("is told of by alarms: readings that are late, given up, lost or refused, and errors of the ways into it", () => {
    const alarms = valuesOf(plan, "aws_cloudwatch_metric_alarm").map((one) => one.alarm_name as string);
    const ends = ["DestinationDeliveryFailures", "GivenUp", "HighErrorRate", "IteratorAge", "RuleFailures"];
    expect(alarms.filter((alarm) => alarm.startsWith(name)).toSorted()).toEqual(
      [...ends, "ServerErrors", "StreamFull", "Throttles"].map((end) => `${name}-${end}`),
    );
    const [age] = valuesOf(plan, "aws_cloudwatch_metric_alarm").filter((one) => one.metric_name === "IteratorAge");
    expect(age).toMatchObject({ statistic: "Maximum", threshold: 900_000, dimensions: { FunctionName: name } });
  });

  it("lets the API and the rule put records into this stream, and nothing else", () => {
    const roles = plan.resources.filter((one) => one.type === "aws_iam_role_policy" && one.name === "sender");
    expect(roles.map(({ index }) => index)).toEqual(["api", "iot"]);
    for (const { values } of roles) {
      expect(JSON.parse(values.policy).Statement).toEqual([
        { Sid: "Put", Effect: "Allow", Action: ["kinesis:PutRecord"], Resource: [STREAM] },
      ]);
    }
    const trusts = plan.resources.filter((one) => one.type === "aws_iam_role" && one.name === "sender");
    for (const { values } of trusts) {
      expect(JSON.parse(values.assume_role_policy).Statement[0].Condition).toEqual({
        StringEquals: { "aws:SourceAccount": ACCOUNT },
      });
    }
    const [sender] = valuesOf(plan, "aws_iam_policy");
    const [{ Action, Resource }] = JSON.parse(sender.policy).Statement;
    expect([Action, Resource]).toEqual([["execute-api:Invoke"], [expect.stringMatching(/\/\*\/POST\/v1\/readings$/)]]);
  });

  it("takes a request as one record, as it is, and says when the stream is full", () => {
    const [put] = valuesOf(plan, "aws_api_gateway_integration");
    expect(put).toMatchObject({
      uri: "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord",
      passthrough_behavior: "NEVER",
    });
    expect(Object.keys(put.request_templates)).toContain("application/x-ndjson");
    const template = put.request_templates["application/json"];
    const filled = template.replace("$context.requestId", "1-2").replace("$util.base64Encode($input.body)", "e30=");
    expect(JSON.parse(filled)).toEqual({ StreamName: startedBy.stream, PartitionKey: "1-2", Data: "e30=" });
    const answers = valuesOf(plan, "aws_api_gateway_integration_response");
    expect(answers.map((one) => [one.status_code, one.selection_pattern ?? null])).toEqual([
      ["202", null],
      ["400", "4\\d{2}"],
      ["503", "5\\d{2}"],
    ]);
    for (const { response_templates: templates } of answers) {
      const body = templates["application/json"].replaceAll(/^(#if\(.*\)#set|#set).*?(?=\{"version)/g, "");
      expect(() => JSON.parse(body.replaceAll(/\$input\.path\('[^']*'\)/g, "x"))).not.toThrow();
    }
  });

  it("selects the topics that it is told, each message by a key of its own", () => {
    expect(valuesOf(plan, "aws_iot_topic_rule")).toMatchObject([
      {
        name: "vantageflow_dev_readings",
        sql: "SELECT * FROM 'plant/+/readings'",
        kinesis: [{ stream_name: startedBy.stream, partition_key: "${newuuid()}" }],
      },
    ]);
  });

  it("refuses shards, topics and throttles that cannot be", async () => {
    await expect(terraform.plan({ stream: "true", stream_shards: "0" })).rejects.toThrow("give 1 to 500 shards");
    await expect(terraform.plan({ stream_iot_topic: "a' OR 'b" })).rejects.toThrow("a blank or a quotation mark");
    await expect(terraform.plan({ stream_requests_per_second: "0" })).rejects.toThrow("give 1 to 10000");
  });
});
