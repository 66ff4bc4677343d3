import { describe, expect, it } from "vitest";
import { type AnyFunctionId, retentionDaysOf, topology } from "../../src/topology.ts";
import { locals, namesOf, nested, resource, sources } from "./configuration.ts";
import { statementsOf } from "./statements.ts";

describe("the functions", () => {
  it("are those of the topology, those of requests and of a stream on request, with its limits, on arm64", () => {
    expect(locals.functions).toBe(
      "${{ for id, function in local.topology.functions : id => function if local.wanted[function.startedBy.kind] }}",
    );
    expect(locals.wanted).toEqual({ object: true, schedule: true, request: "${var.api}", stream: "${var.stream}" });
    expect(resource("aws_lambda_function", "pipeline")).toMatchObject({
      for_each: "${local.functions}",
      function_name: "${each.value.name}",
      handler: "index.handler",
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      memory_size: "${each.value.memoryMb}",
      timeout: "${each.value.timeoutSeconds}",
      environment: [{ variables: "${merge(each.value.environment, local.function_environment[each.key])}" }],
      // Lambda drops lines below its own level, and those that carry metrics are INFO.
      logging_config: [{ log_format: "JSON", application_log_level: "INFO" }],
    });
  });

  it("have the environment that src/lambda/ reads", () => {
    const given = JSON.stringify([
      locals.common_environment,
      locals.lake_environment,
      locals.own_environment,
      locals.function_environment,
    ])
      .replaceAll(/\\?"| /g, "")
      .replaceAll("VANTAGEFLOW_FAILURES:", "VANTAGEFLOW_FAILURES=");
    expect(given).toContain("--enable-source-maps");
    expect(given).toContain("VANTAGEFLOW_LAKE=s3://${aws_s3_bucket.lake.id}");
    expect(given).toContain("VANTAGEFLOW_FAILURES=s3://${aws_s3_bucket.failures.id}");
  });

  it("are started by one notification configuration of the bucket, after S3 was permitted to", () => {
    expect(namesOf("aws_s3_bucket_notification")).toEqual(["lake"]);
    const notification = resource("aws_s3_bucket_notification", "lake");
    expect(notification.depends_on).toEqual(["${aws_lambda_permission.bucket}"]);
    expect(nested(notification, "lambda_function")).toEqual([
      {
        id: "${lambda_function.value.id}",
        lambda_function_arn: "${aws_lambda_function.pipeline[lambda_function.value.function].arn}",
        events: "${lambda_function.value.events}",
        filter_prefix: "${lambda_function.value.prefix}",
        filter_suffix: "${lambda_function.value.suffix}",
      },
    ]);
    expect(locals.notifications).toContain(
      "startswith(one.startedBy.prefix, local.topology.layers.bronze.prefix) ? local.topology.suffixes",
    );
    expect(locals.triggered).toContain('function.startedBy.kind == "object"');
    expect(resource("aws_lambda_permission", "bucket")).toMatchObject({
      for_each: "${local.triggered}",
      principal: "s3.amazonaws.com",
      source_arn: "${aws_s3_bucket.lake.arn}",
      source_account: "${local.account}",
    });
  });

  it("are retried as the topology says, and what still fails is recorded in the failures bucket, where Lambda has a queue for them", () => {
    expect(locals.queued).toBe("${merge(local.triggered, local.scheduled)}");
    expect(resource("aws_lambda_function_event_invoke_config", "pipeline")).toMatchObject({
      for_each: "${local.queued}",
      maximum_retry_attempts: "${each.value.retries}",
      maximum_event_age_in_seconds: 21600,
      destination_config: [{ on_failure: [{ destination: "${aws_s3_bucket.failures.arn}" }] }],
    });
  });

  it("keep their logs for the seven days of the logs layer", () => {
    expect(resource("aws_cloudwatch_log_group", "pipeline")).toMatchObject({
      for_each: "${local.functions}",
      name: "/aws/lambda/${each.value.name}",
      retention_in_days: "${local.topology.layers.logs.retentionDays}",
    });
    expect(retentionDaysOf(topology.layers.logs)).toBe(7);
  });

  it("have those started by the clock that say so, the sweep for one", () => {
    expect(locals.scheduled).toContain('function.startedBy.kind == "schedule"');
    expect(topology.functions.sweep.startedBy).toEqual({ kind: "schedule", rate: "rate(15 minutes)" });
    expect(resource("aws_scheduler_schedule", "function")).toMatchObject({
      for_each: "${local.scheduled}",
      schedule_expression: "${each.value.startedBy.rate}",
      target: [{ arn: "${aws_lambda_function.pipeline[each.key].arn}" }],
    });
  });
});

describe("the permissions", () => {
  /** Action → what it is allowed on, of one function in the lake. */
  const allowed = (id: AnyFunctionId) =>
    Object.fromEntries(
      statementsOf(topology.functions, id).map(({ Action, Resource }) => [
        Action.join(" "),
        Resource.map((one) => one.replace("lake/", "").replace("/*", "/")),
      ]),
    );

  it("let a function read, write and delete what its stage needs and nothing else", () => {
    const lineages = ".vantageflow/lineage/";
    const read = ["bronze/", "silver/", "anomalies/", "gold/", "receipts/", lineages];
    // Only the first asks by which contract a batch is read: what it writes is CSV.
    expect(allowed("bronzeToSilver")).toEqual({
      "s3:ListBucket": ["lake"],
      "s3:GetObject": ["contracts/", ...read],
      "s3:PutObject s3:AbortMultipartUpload": ["silver/", "anomalies/", "receipts/", "dead-letter/", lineages],
      "s3:DeleteObject": ["silver/", "anomalies/", "gold/", "receipts/", lineages],
    });
    expect(allowed("silverToGold")).toEqual({
      "s3:ListBucket": ["lake"],
      "s3:GetObject": read,
      "s3:PutObject s3:AbortMultipartUpload": ["gold/", "receipts/", "dead-letter/", lineages],
      "s3:DeleteObject": ["gold/", "receipts/", lineages],
    });
  });

  it("let the sweep list and start functions, but change nothing in the lake", () => {
    const { bronzeToSilver, silverToGold } = topology.functions;
    expect(allowed("sweep")).toEqual({
      "s3:ListBucket": ["lake", "failures"],
      "s3:GetObject": ["contracts/", "receipts/", "dead-letter/", "failures/"],
      "lambda:InvokeFunction": [`function:${bronzeToSilver.name}`, `function:${silverToGold.name}`],
    });
  });

  it("let the data API list and read the lake and the failures, and change nothing", () => {
    const { "s3:ListBucket": lists, "s3:GetObject": reads, ...more } = allowed("api");
    expect([lists, more]).toEqual([["lake", "failures"], {}]);
    expect(reads).toEqual([...topology.functions.api.reads, ".vantageflow/lineage/", "failures/"]);
  });

  it("are a list of the statements of its role, made from the topology, or a list of its own", () => {
    const { policy } = resource("aws_iam_role_policy", "function");
    expect(policy).toContain("try(local.own_statements[each.key], local.lake_statements[each.key])");
    expect(Object.keys(locals.own_statements as object)).toEqual(["api", "stream", "sweep"]);
  });

  it("let nobody change bronze but what comes of streams, and allow no wildcard action", () => {
    const actions = [
      ...Object.values(sources)
        .join("\n")
        .matchAll(/\bAction\s*=\s*(?:"([^"]+)"|\[([^\]]*)\])/g),
    ].flatMap(([, one, list]) =>
      one === undefined ? [...list.matchAll(/"([^"]+)"/g)].map(([, action]) => action) : [one],
    );
    expect(actions.length).toBeGreaterThan(30);
    // The denial of connections without TLS.
    expect(actions.filter((action) => action.includes("*"))).toEqual(["s3:*"]);
    const bronze = Object.keys(topology.functions)
      .flatMap((id) => statementsOf(topology.functions, id))
      .filter(({ Resource }) => Resource.some((one) => one.includes("/bronze/")));
    expect(bronze.filter(({ Action }) => Action.join() !== "s3:GetObject")).toMatchObject([
      { Sid: "Write", Resource: ["lake/bronze/stream/*", "lake/state/streams/*", "lake/.vantageflow/lineage/*"] },
    ]);
  });
});
