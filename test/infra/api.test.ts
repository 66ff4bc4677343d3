import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { type Block, configuration, namesOf, resource } from "./configuration.ts";
import { ACCOUNT } from "./provider-server.ts";
import { hasTerraform, type Plan, startTerraform, type Terraform } from "./terraform.ts";

/** The data API in front of its function: who may ask, how often, and what is written down of it. */

const { name, startedBy } = topology.functions.api;
const JWT = JSON.stringify({ issuer: "https://login.example.com/", audience: ["vantageflow"], scopes: ["lake/read"] });
const ROUTES = ["GET /api/v1/{proxy+}", "HEAD /api/v1/{proxy+}"];

describe("the data API, by its text", () => {
  it("has no public route, whatever is asked for, and none that changes anything", () => {
    expect(namesOf("aws_apigatewayv2_route")).toEqual(["data"]);
    expect(resource("aws_apigatewayv2_route", "data").authorization_type).toBe(
      '${local.api_signed ? "AWS_IAM" : "JWT"}',
    );
    expect(configuration.resource.aws_lambda_function_url).toBeUndefined();
    const { route_settings, ...stage } = resource("aws_apigatewayv2_stage", "data");
    expect(route_settings).toBeUndefined();
    expect(stage).toMatchObject({ name: "$default", auto_deploy: true });
  });

  it("is in front of the one function that requests start", () => {
    expect(startedBy).toEqual({ kind: "request", path: "/api/v1" });
    const requested = Object.values(topology.functions).filter((one) => one.startedBy.kind === "request");
    expect(requested.map((one) => one.name)).toEqual([name]);
    expect(resource("aws_apigatewayv2_integration", "data")).toMatchObject({
      integration_type: "AWS_PROXY",
      payload_format_version: "2.0",
      integration_uri: '${aws_lambda_function.pipeline["api"].invoke_arn}',
      // Lambda gives up when API Gateway does.
      timeout_milliseconds: 1000 * topology.functions.api.timeoutSeconds,
    });
  });

  it("may be asked by API Gateway for this API alone", () => {
    const permission = resource("aws_lambda_permission", "api");
    expect(permission).toMatchObject({ principal: "apigateway.amazonaws.com", source_account: "${local.account}" });
    expect(permission.source_arn).toBe("${aws_apigatewayv2_api.data[0].execution_arn}/*/*${local.api_path}/*");
  });

  it("lets pages of no other site ask", () => {
    const [api] = configuration.resource.aws_apigatewayv2_api.data as readonly Block[];
    expect(api.cors_configuration).toBeUndefined();
  });
});

describe("the data API, by real Terraform", () => {
  let terraform: Terraform;
  beforeEach((context) => context.skip(!hasTerraform, "there is no terraform on the PATH"));
  beforeAll(async () => {
    if (hasTerraform) terraform = await startTerraform();
  });
  afterAll(() => terraform?.close());

  const ofType = ({ resources }: Plan, type: string) => resources.filter((one) => one.type === type);
  const valuesOf = (plan: Plan, type: string) => ofType(plan, type).map(({ values }) => values);

  it("is not there by default, with nothing that belongs to it", async () => {
    const plan = await terraform.plan();
    expect(plan.resources.filter(({ type }) => type.startsWith("aws_apigatewayv2"))).toEqual([]);
    expect(valuesOf(plan, "aws_lambda_function").map((one) => one.function_name)).not.toContain(name);
    expect(JSON.stringify(plan.resources)).not.toContain(name);
    expect([plan.outputs.api, plan.outputs.api_reader_policy].filter(Boolean)).toEqual([]);
  });

  it("takes signed requests of those who were given the policy, throttled and written down", async () => {
    const plan = await terraform.plan({ api: "true", api_requests_per_second: "7" });
    expect(valuesOf(plan, "aws_apigatewayv2_route").map((one) => [one.route_key, one.authorization_type])).toEqual(
      ROUTES.map((route) => [route, "AWS_IAM"]),
    );
    expect(ofType(plan, "aws_apigatewayv2_authorizer")).toEqual([]);
    const [stage] = valuesOf(plan, "aws_apigatewayv2_stage");
    expect(stage.default_route_settings).toMatchObject([{ throttling_rate_limit: 7, throttling_burst_limit: 14 }]);
    const format = JSON.parse(stage.access_log_settings[0].format);
    expect(Object.values(format).every((one) => String(one).startsWith("$context."))).toBe(true);
    expect(Object.keys(format)).toEqual(expect.arrayContaining(["caller", "sourceIp", "path", "status"]));
    const logs = valuesOf(plan, "aws_cloudwatch_log_group").map((one) => [one.name, one.retention_in_days]);
    expect(logs).toContainEqual(["/aws/vendedlogs/apigateway/vantageflow-dev-api", 7]);
    expect(logs).toContainEqual([`/aws/lambda/${name}`, 7]);
    const [reader] = valuesOf(plan, "aws_iam_policy");
    const [{ Action, Resource }] = JSON.parse(reader.policy).Statement;
    expect([reader.name, Action]).toEqual([`${name}-reader-us-east-1`, ["execute-api:Invoke"]]);
    expect(Resource).toHaveLength(2);
    for (const arn of Resource) expect(arn).toMatch(/\/\*\/(GET|HEAD)\/api\/v1\/\*$/);
  });

  it("takes tokens of the named issuer instead", async () => {
    const plan = await terraform.plan({ api: "true", api_jwt: JWT });
    for (const route of valuesOf(plan, "aws_apigatewayv2_route")) {
      expect(route).toMatchObject({ authorization_type: "JWT", authorization_scopes: ["lake/read"] });
      expect(route.authorizer_id).toBeTruthy();
    }
    expect(valuesOf(plan, "aws_apigatewayv2_authorizer")).toMatchObject([
      {
        authorizer_type: "JWT",
        identity_sources: ["$request.header.Authorization"],
        jwt_configuration: [{ issuer: "https://login.example.com/", audience: ["vantageflow"] }],
      },
    ]);
    expect(ofType(plan, "aws_iam_policy")).toEqual([]);
  });

  it("has an environment that names both buckets, and the alarms of a function that somebody waits for", async () => {
    const plan = await terraform.plan({ api: "true", vpc: "true" });
    const [fn] = valuesOf(plan, "aws_lambda_function").filter((one) => one.function_name === name);
    expect(fn.environment[0].variables).toMatchObject({
      ...topology.functions.api.environment,
      VANTAGEFLOW_LAKE: `s3://vantageflow-dev-data-lake-${ACCOUNT}-us-east-1`,
      VANTAGEFLOW_FAILURES: `s3://vantageflow-dev-failures-${ACCOUNT}-us-east-1`,
    });
    expect(fn.vpc_config).toHaveLength(1);
    const alarms = valuesOf(plan, "aws_cloudwatch_metric_alarm").map((one) => one.alarm_name as string);
    expect(alarms.filter((alarm) => alarm.startsWith(name)).toSorted()).toEqual(
      ["HighDuration", "HighErrorRate", "ServerErrors", "Throttles"].map((alarm) => `${name}-${alarm}`),
    );
    const asynchronous = valuesOf(plan, "aws_lambda_function_event_invoke_config").map((one) => one.function_name);
    expect(asynchronous).not.toContain(name);
    // From inside the network both buckets are to be reached, and the failures for reading only.
    const [endpoint] = valuesOf(plan, "aws_vpc_endpoint");
    const { Statement } = JSON.parse(endpoint.policy);
    expect(Statement.map(({ Sid, Action }: { Sid: string; Action: string[] }) => [Sid, Action.length])).toEqual([
      ["LakeOnly", 5],
      ["ReadFailures", 2],
    ]);
  });

  it("refuses an issuer that is none, one without an audience, and a throttle that holds nothing back", async () => {
    const jwt = (given: object) => terraform.plan({ api: "true", api_jwt: JSON.stringify(given) });
    await expect(jwt({ issuer: "http://login.example.com", audience: ["a"] })).rejects.toThrow("not an https URL");
    await expect(jwt({ issuer: "https://login.example.com", audience: [] })).rejects.toThrow("Without an audience");
    for (const api_requests_per_second of ["0", "100000"]) {
      await expect(terraform.plan({ api: "true", api_requests_per_second })).rejects.toThrow("give 1 to 10000");
    }
  });
});
