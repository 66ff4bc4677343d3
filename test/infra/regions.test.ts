import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT } from "./provider-server.ts";
import { hasTerraform, type Plan, startTerraform, type Terraform } from "./terraform.ts";

/** What Terraform plans for two regions: a deployment that works, and one that waits. */

const WAYS_IN = { stream: "true", stream_api: "true", stream_iot_topic: "plant/+/readings" };
const FIRST = { region: "us-east-1", peer_region: "us-west-2", ...WAYS_IN };
const SECOND = { region: "us-west-2", peer_region: "us-east-1", ...WAYS_IN };
const lakeOf = (region: string) => `vantageflow-dev-data-lake-${ACCOUNT}-${region}`;

let terraform: Terraform;
let alone: Plan;
let active: Plan;
let standby: Plan;

beforeEach((context) => context.skip(!hasTerraform, "there is no terraform on the PATH"));
beforeAll(async () => {
  if (!hasTerraform) return;
  terraform = await startTerraform();
  alone = await terraform.plan();
  active = await terraform.plan(FIRST);
  standby = await terraform.plan({ ...SECOND, role: "standby" });
});
afterAll(() => terraform?.close());

const ofType = ({ resources }: Plan, type: string) => resources.filter((one) => one.type === type);
const valuesOf = (plan: Plan, type: string) => ofType(plan, type).map(({ values }) => values);
const lakePolicy = (plan: Plan) =>
  JSON.parse(ofType(plan, "aws_s3_bucket_policy").find(({ index }) => index === "lake")?.values.policy).Statement;
const alarmsOf = (plan: Plan) => valuesOf(plan, "aws_cloudwatch_metric_alarm").map(({ alarm_name: name }) => name);

describe("two regions", () => {
  it("replicate the lake into that of the other deployment, with time control and metrics, and each has its alarm", () => {
    const [{ bucket, rule }] = valuesOf(active, "aws_s3_bucket_replication_configuration");
    expect([bucket, rule[0].status]).toEqual([lakeOf("us-east-1"), "Enabled"]);
    expect(rule[0].delete_marker_replication).toEqual([{ status: "Disabled" }]);
    expect(rule[0].destination).toMatchObject([
      {
        bucket: `arn:aws:s3:::${lakeOf("us-west-2")}`,
        replication_time: [{ status: "Enabled", time: [{ minutes: 15 }] }],
        metrics: [{ status: "Enabled", event_threshold: [{ minutes: 15 }] }],
      },
    ]);
    expect(valuesOf(standby, "aws_s3_bucket").map((one) => one.bucket)).toContain(lakeOf("us-west-2"));
    const told = ["vantageflow-dev-OperationsFailedReplication", "vantageflow-dev-ReplicationLatency"];
    expect(alarmsOf(active)).toEqual(expect.arrayContaining(told));
    for (const name of told) expect(alarmsOf(standby)).not.toContain(name);
  });

  it("have the same functions, and nothing starts those of the standby: no object, no clock, no stream, no topic", () => {
    const names = (plan: Plan) => valuesOf(plan, "aws_lambda_function").map((one) => one.function_name);
    expect(names(standby)).toEqual(names(active));
    const states = (plan: Plan) => [
      valuesOf(plan, "aws_s3_bucket_notification")[0].lambda_function.length > 0,
      new Set(valuesOf(plan, "aws_scheduler_schedule").map(({ state }) => state)),
      valuesOf(plan, "aws_lambda_event_source_mapping").map(({ enabled }) => enabled),
      valuesOf(plan, "aws_iot_topic_rule").map(({ enabled }) => enabled),
      valuesOf(plan, "aws_s3_bucket_replication_configuration")[0].rule[0].status,
    ];
    expect(states(active)).toEqual([true, new Set(["ENABLED"]), [true], [true], "Enabled"]);
    expect(states(standby)).toEqual([false, new Set(["DISABLED"]), [false], [false], "Disabled"]);
    const overdue = (plan: Plan) =>
      valuesOf(plan, "aws_cloudwatch_metric_alarm").find((one) => one.alarm_name.endsWith("-WorkOverdue"));
    expect([overdue(active)?.treat_missing_data, overdue(standby)?.treat_missing_data]).toEqual([
      "breaching",
      "notBreaching",
    ]);
  });

  it("the active one takes no replicas, the standby does: what a lost region still sends would come over the work of the other", () => {
    const denied = { Effect: "Deny", Principal: "*", Resource: `arn:aws:s3:::${lakeOf("us-east-1")}/*` };
    expect(lakePolicy(active)).toContainEqual(
      expect.objectContaining({ ...denied, Action: expect.arrayContaining(["s3:ReplicateObject"]) }),
    );
    expect(JSON.stringify([lakePolicy(standby), lakePolicy(alone)])).not.toContain("s3:Replicate");
  });

  it("have streams of other names, since their shards are remembered by name in the lake", () => {
    const names = (plan: Plan) => valuesOf(plan, "aws_kinesis_stream").map(({ name }) => name);
    expect([names(active), names(standby)]).toEqual([
      ["vantageflow-readings-us-east-1"],
      ["vantageflow-readings-us-west-2"],
    ]);
    const bodies = JSON.stringify(ofType(standby, "aws_api_gateway_integration"));
    expect(bodies).toContain("vantageflow-readings-us-west-2");
  });

  it("change their roles without a change of any identity, which may be out with the first region", async () => {
    const after = await terraform.plan(SECOND);
    for (const type of ["aws_iam_role", "aws_iam_role_policy", "aws_iam_policy"]) {
      expect(ofType(after, type), type).toEqual(ofType(standby, type));
    }
  });

  it("are off by default, and a lake is no peer of itself, or replicated twice", async () => {
    expect(valuesOf(alone, "aws_s3_bucket_replication_configuration")).toEqual([]);
    expect(alone.outputs).not.toHaveProperty("peer", expect.any(String));
    expect(active.outputs).toMatchObject({ peer: `s3://${lakeOf("us-west-2")}` });
    await expect(terraform.plan({ peer_region: "us-east-1" })).rejects.toThrow("Cannot pair a lake with its own");
    await expect(terraform.plan({ peer_region: "us-west-2", replica_region: "us-west-2" })).rejects.toThrow("twice");
    await expect(terraform.plan({ role: "spare" })).rejects.toThrow("active or standby");
  });
});
