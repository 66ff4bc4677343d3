import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkFunctions, FUNCTION_IDS, suffixesUnder, type Topology, topology } from "../../src/topology.ts";
import { rulesOf } from "../../src/triggers.ts";
import { packageOf } from "../lambda/function.ts";
import { THIRD, withThird } from "../third-function.ts";
import { ACCOUNT } from "./provider-server.ts";
import { type RoleStatement, statementsOf } from "./statements.ts";
import { hasTerraform, type Plan, startTerraform, type Terraform } from "./terraform.ts";

/**
 * What real Terraform makes of the configuration, where there is one on the PATH: it checks every expression and plans
 * all resources with all their values, against the real provider's schema. No AWS is asked, so this does not show that
 * AWS accepts it.
 */

const EXTRAS = {
  api: "true",
  stream: "true",
  stream_api: "true",
  stream_iot_topic: "plant/+/readings",
  cloudtrail: "true",
  config_rules: "true",
  vpc: "true",
  replica_region: "us-west-2",
  daily_backup: "true",
  noncurrent_glacier_days: "7",
  alarm_email: "ops@example.com",
  athena: "true",
};
const PLACE = `${ACCOUNT}-us-east-1`;
const LAKE = `arn:aws:s3:::vantageflow-dev-data-lake-${PLACE}`;

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

let terraform: Terraform;
let plan: Plan;
let withAll: Plan;
let everything: Plan;

beforeEach((context) => context.skip(!hasTerraform, "there is no terraform on the PATH"));
beforeAll(async () => {
  if (!hasTerraform) return;
  terraform = await startTerraform();
  plan = await terraform.plan();
  withAll = await terraform.plan({ api: "true", stream: "true" });
  everything = await terraform.plan(EXTRAS);
});
afterAll(() => terraform?.close());

const ofType = ({ resources }: Plan, type: string) => resources.filter((one) => one.type === type);
const statements = (policy: string): Statement[] => JSON.parse(policy).Statement;
const list = (value: string | readonly string[]) => (typeof value === "string" ? [value] : value);

describe("real Terraform", () => {
  it("finds every file formatted as it would format it", async () => {
    expect(await terraform.run("fmt", "-check", "-recursive", "-diff")).toBe("");
  });

  it("finds the configuration valid", async () => {
    expect(JSON.parse(await terraform.run("validate", "-json"))).toMatchObject({ valid: true, diagnostics: [] });
  });

  it("plans the functions with the topology's limits and environment", () => {
    const functions = ofType(plan, "aws_lambda_function").map(({ values }) => values);
    const onRequest = ["request", "stream"];
    const expected = Object.values(topology.functions).filter(({ startedBy }) => !onRequest.includes(startedBy.kind));
    expect(functions.map((one) => [one.function_name, one.memory_size, one.timeout])).toEqual(
      expected.map((one) => [one.name, one.memoryMb, one.timeoutSeconds]),
    );
    for (const [index, one] of functions.entries()) {
      expect(one).toMatchObject({ runtime: "nodejs24.x", architectures: ["arm64"], vpc_config: [] });
      expect(one.environment[0].variables).toMatchObject(expected[index].environment);
    }
    const sweep = functions.find(({ function_name: name }) => name === topology.functions.sweep.name);
    expect(sweep?.environment[0].variables).toMatchObject({
      VANTAGEFLOW_LAKE: `s3://vantageflow-dev-data-lake-${PLACE}`,
      VANTAGEFLOW_FAILURES: `s3://vantageflow-dev-failures-${PLACE}`,
    });
  });

  it("plans one notification configuration with a rule for each trigger and suffix of the topology", () => {
    const [notification, ...more] = ofType(plan, "aws_s3_bucket_notification");
    expect(more).toEqual([]);
    expect(notification.values.eventbridge).toBe(false);
    const rules = FUNCTION_IDS.flatMap((id) =>
      rulesOf(topology.functions[id].startedBy, suffixesUnder(topology.functions[id].startedBy.prefix)),
    );
    expect(notification.values.lambda_function).toMatchObject(
      rules.map(({ id, events, prefix, suffix }) => ({ id, events, filter_prefix: prefix, filter_suffix: suffix })),
    );
  });

  it("plans a lifecycle rule for each layer, with the topology's days", () => {
    const rules = lifecycle(plan, "lake")
      .filter(({ filter }) => !/^receipts\/./.test(filter[0].prefix))
      .toSorted((a, b) => (a.filter[0].prefix < b.filter[0].prefix ? -1 : 1));
    const layers = Object.values(topology.layers).toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
    expect(rules.shift().filter[0].prefix).toBe(".vantageflow/");
    expect(rules.map((rule) => [rule.filter[0].prefix, daysOf(rule)])).toEqual(
      layers.map((layer) => [
        layer.prefix,
        // Folder by folder, below.
        layer.expires === "age" && layer !== topology.layers.receipts ? layer.retentionDays : null,
      ]),
    );
    expect(rules.map((rule) => rule.noncurrent_version_expiration[0].noncurrent_days)).toEqual(
      layers.map(({ noncurrentDays }) => noncurrentDays),
    );
    const moved = rules.filter((rule) => rule.transition.length + rule.noncurrent_version_transition.length > 0);
    expect(moved.map(({ id, transition }) => [id, transition])).toMatchObject([
      ["silver", [{ days: 30, storage_class: "INTELLIGENT_TIERING" }]],
    ]);
  });

  it("removes receipts by age, but never those that say which batches are in a table", () => {
    const rules = lifecycle(plan, "lake").filter(({ filter }) => filter[0].prefix.startsWith("receipts/"));
    const days = (key: string) =>
      rules.flatMap((rule) => (key.startsWith(rule.filter[0].prefix) ? (daysOf(rule) ?? []) : []));
    const aging = ["failed", "verify", ...FUNCTION_IDS.map((id) => topology.functions[id].name)];
    for (const name of aging) expect([name, days(`receipts/${name}/a.csv/t.json`)]).toEqual([name, [90]]);
    expect(days(`receipts/${topology.functions.tables.name}/a.csv/t.json`)).toEqual([]);
  });

  it("removes delete markers with nothing behind them in every bucket: by the days, or by saying so, which S3 takes without days only", () => {
    for (const bucket of ["lake", "access_logs", "failures", "audit", "replica", "query_results"]) {
      for (const rule of lifecycle(everything, bucket)) {
        expect(rule.expiration, rule.id).toHaveLength(1);
        const [{ days, expired_object_delete_marker }] = rule.expiration;
        expect([days > 0, expired_object_delete_marker === true], rule.id).toEqual([days > 0, !(days > 0)]);
      }
    }
  });

  it("never removes what a contract, a table, a stream or a large output needs, by no rule of the lake or its replica", () => {
    for (const rules of [lifecycle(plan, "lake"), lifecycle(everything, "replica")]) {
      for (const key of [
        ...["contracts/station.json", "tables/readings/_delta_log/0.json", "state/stream/shard-1.json"],
        ".vantageflow/lineage/0b5c8b0e-5b1c-4b0e-9b1c-0b5c8b0e5b1c",
      ]) {
        const matching = rules.filter(({ filter }) => key.startsWith(filter[0].prefix));
        expect(matching).toHaveLength(1);
        expect(daysOf(matching[0])).toBeNull();
        expect(matching[0].noncurrent_version_expiration).toHaveLength(1);
        expect(matching[0].transition).toEqual([]);
      }
    }
  });

  it("needs nothing but the topology for a layer or a suffix more", async () => {
    const layer = { noncurrentDays: 3, retained: true, mirrored: "first", storageClass: "STANDARD" } as const;
    const layers = {
      ...topology.layers,
      extra: { ...layer, prefix: "extra/", expires: "age", retentionDays: 400 },
      kept: { ...layer, prefix: "kept/", expires: "log" },
    } as const;
    const suffixes = [...topology.suffixes, ".sensor"];
    const other = await startTerraform({ ...topology, layers, suffixes } satisfies Topology);
    const planned = await other.plan();
    other.close();
    const rules = lifecycle(planned, "lake");
    const daysUnder = (prefix: string) => rules.filter(({ filter }) => filter[0].prefix === prefix).map(daysOf);
    expect([daysUnder("extra/"), daysUnder("kept/"), daysUnder(".vantageflow/")]).toEqual([[400], [null], [null]]);
    const [notification] = ofType(planned, "aws_s3_bucket_notification");
    const filters = notification.values.lambda_function as { filter_prefix: string; filter_suffix: string }[];
    expect(filters.map((one) => `${one.filter_prefix}*${one.filter_suffix}`)).toEqual([
      ...suffixes.map((suffix) => `bronze/*${suffix}`),
      ...["silver/*.csv", "silver/*.CSV"],
    ]);
  });

  it("plans every setting of a bucket for every bucket, the optional ones too", () => {
    const settings = [
      "versioning",
      "server_side_encryption_configuration",
      "public_access_block",
      "ownership_controls",
    ];
    const indexes = (all: Plan, type: string) => ofType(all, type).map(({ index }) => index);
    for (const setting of [...settings, "policy", "lifecycle_configuration"]) {
      expect(indexes(plan, `aws_s3_bucket_${setting}`), setting).toEqual(["access_logs", "failures", "lake"]);
      const all = ["access_logs", "audit", "failures", "lake", "query_results", "replica"];
      expect(indexes(everything, `aws_s3_bucket_${setting}`), setting).toEqual(all);
    }
    const replica = everything.resources.filter(
      ({ index, values }) => index === "replica" && values.region !== undefined,
    );
    expect(new Set(replica.map(({ values }) => values.region))).toEqual(new Set(["us-west-2"]));
  });

  it("denies connections without TLS to every bucket and its objects", () => {
    const policies = ofType(everything, "aws_s3_bucket_policy");
    expect(policies).toHaveLength(6);
    for (const { values } of policies) {
      const arn = `arn:aws:s3:::${values.bucket}`;
      expect(statements(values.policy)).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [arn, `${arn}/*`],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
    }
  });

  it("allows no action by wildcard, and nothing that would change bronze", () => {
    const policies = ofType(everything, "aws_iam_role_policy").flatMap(({ values }) => statements(values.policy));
    expect(policies.length).toBeGreaterThan(20);
    expect(policies.flatMap(({ Action }) => list(Action)).filter((action) => action.includes("*"))).toEqual([]);
    const changing = policies.filter(({ Action }) => list(Action).some((action) => /^s3:(Put|Delete)/.test(action)));
    const resources = new Set(changing.flatMap(({ Resource }) => list(Resource)));
    expect(resources).toContain(`${LAKE}/silver/*`);
    for (const broad of ["bronze/*", "*"]) expect(resources).not.toContain(`${LAKE}/${broad}`);
    const anywhere = policies.filter(({ Resource }) => list(Resource).includes("*"));
    expect(anywhere.flatMap(({ Action }) => list(Action)).every((action) => action.startsWith("ec2:"))).toBe(true);
  });

  it("plans for every function the role that the topology makes, beside what all have", () => {
    expect(rolesOf(withAll)).toEqual(
      Object.fromEntries(
        Object.keys(topology.functions).map((id) => {
          // Nobody waits for what Lambda keeps of an event that failed where somebody waits for the answer.
          const common = id === "api" ? ["WriteLog"] : ["RecordFailures", "ListFailures", "WriteLog"];
          const own = statementsOf(topology.functions, id).map((one) => ({ ...one, Effect: "Allow" }));
          return [id, { own, common }];
        }),
      ),
    );
  });

  it("plans a function that is added, and what it may do, from the topology alone", async () => {
    const added = withThird();
    const other = await startTerraform(added);
    const planned = await other.plan();
    other.close();
    expect(rolesOf(planned).third.own).toEqual(
      statementsOf(added.functions, "third").map((one) => ({ ...one, Effect: "Allow" })),
    );
    const allowed = rolesOf(planned).third.own.map(({ Action, Resource }) => [Action[0], Resource]);
    const lineages = "lake/.vantageflow/lineage/*";
    expect(Object.fromEntries(allowed)).toEqual({
      "s3:ListBucket": ["lake"],
      "s3:GetObject": ["lake/silver/*", "lake/tables/*", lineages],
      "s3:PutObject": ["lake/tables/*", lineages],
      "s3:DeleteObject": ["lake/tables/*", lineages],
    });
    const schedules = ofType(planned, "aws_scheduler_schedule").map(({ values }) => values);
    expect(schedules.map((one) => [one.name, one.schedule_expression])).toEqual([
      ["vantageflow-detect", "rate(5 minutes)"],
      ["vantageflow-sweep", "rate(15 minutes)"],
      ["vantageflow-tables", "rate(5 minutes)"],
      [THIRD.name, "rate(1 hour)"],
    ]);
    const [, , , , , third] = ofType(planned, "aws_lambda_function").map(({ values }) => values);
    expect(third.environment[0].variables).toMatchObject({
      VANTAGEFLOW_LAKE: `s3://vantageflow-dev-data-lake-${PLACE}`,
      POWERTOOLS_METRICS_NAMESPACE: THIRD.metricsNamespace,
    });
    // All that S3 starts, and may do, stays as it is.
    const same = (all: Plan) =>
      all.resources.filter(({ type }) => /notification|lambda_permission/.test(type)).map(({ values }) => values);
    expect(same(planned)).toEqual(same(plan));
    expect({ ...rolesOf(planned), third: null }).toEqual({ ...rolesOf(plan), third: null });
  });

  it("plans for triggers on a folder of a layer, and for what only reads, what the code does", async () => {
    const { bronzeToSilver, silverToGold } = topology.functions;
    const on = (one: typeof bronzeToSilver, prefix: string) => ({ ...one, startedBy: { ...one.startedBy, prefix } });
    const reader = { ...THIRD, writes: [] };
    const functions = {
      ...topology.functions,
      bronzeToSilver: on(bronzeToSilver, "bronze/station/"),
      silverToGold: on(silverToGold, "silver/station/"),
      reader: { ...reader, name: "vantageflow-read-silver" },
      counter: { ...reader, name: "vantageflow-count", reads: ["receipts/vantageflow-process-iot/", "dead-letter/"] },
    };
    const changed = checkFunctions({ ...topology, functions, suffixes: [...topology.suffixes, ".sensor"] });
    const other = await startTerraform(changed);
    const planned = await other.plan({ api: "true", stream: "true" });
    other.close();
    const [{ values }] = ofType(planned, "aws_s3_bucket_notification");
    expect(values.lambda_function).toMatchObject(
      FUNCTION_IDS.flatMap((id) => {
        const { startedBy } = changed.functions[id];
        return rulesOf(startedBy, suffixesUnder(startedBy.prefix, changed));
      }).map(({ id, prefix, suffix }) => ({ id, filter_prefix: prefix, filter_suffix: suffix })),
    );
    const roles = rolesOf(planned);
    for (const id of Object.keys(functions)) {
      const expected = statementsOf(functions, id).map((one) => ({ ...one, Effect: "Allow" }));
      expect(roles[id].own, id).toEqual(expected);
    }
    const allowed = (id: string) => Object.fromEntries(roles[id].own.map(({ Sid, Resource }) => [Sid, Resource]));
    expect(allowed("reader")).toEqual({
      ListLake: ["lake"],
      Read: ["lake/silver/*", "lake/.vantageflow/lineage/*"],
    });
    expect(allowed("counter").Read).toEqual(["lake/receipts/vantageflow-process-iot/*", "lake/dead-letter/*"]);
    expect(allowed("bronzeToSilver").RemoveStale).toContain("lake/gold/*");
  });

  it("lets a function remove all that is made of what it writes, however many functions are behind it", async () => {
    const object = (prefix: string) =>
      ({ kind: "object", id: `of-${prefix}`, events: ["s3:ObjectCreated:*"], prefix }) as const;
    const { silverToGold } = topology.functions;
    const layers = ["gold/", "contracts/", "state/", "logs/"];
    const chain = layers.slice(0, -1).map((prefix, i) => ({
      ...silverToGold,
      name: `vantageflow-step-${i}`,
      startedBy: object(prefix),
      reads: [prefix],
      writes: [`${layers[i + 1]}made/`, "tables/"],
    }));
    const steps = Object.fromEntries(chain.map((one, i) => [`step${i}`, one]));
    const added: Topology = { ...topology, functions: { ...topology.functions, ...steps } };
    const other = await startTerraform(added);
    const roles = rolesOf(await other.plan({ api: "true", stream: "true" }));
    other.close();
    for (const id of Object.keys(added.functions)) {
      const sorted = (all: readonly RoleStatement[]) =>
        all.map(({ Sid, Action, Resource }) => [Sid, Action, Resource.toSorted()]);
      expect(sorted(roles[id].own)).toEqual(sorted(statementsOf(added.functions, id)));
    }
    const removes = (id: string) => roles[id].own.find(({ Sid }) => Sid === "RemoveStale")?.Resource;
    const last = layers.slice(1).map((layer) => `lake/${layer}made/*`);
    expect(removes("bronzeToSilver")).toEqual(expect.arrayContaining(["lake/gold/*", ...last]));
    expect(removes("bronzeToSilver")).not.toContain("lake/tables/*");
    expect(removes("step0")).toEqual(expect.arrayContaining(["lake/tables/*", ...last]));
  });

  it("plans an alarm for every function and metric, each of its own name", () => {
    const names = ofType(plan, "aws_cloudwatch_metric_alarm").map(({ values }) => values.alarm_name);
    expect(new Set(names).size).toBe(names.length);
    const functions = ofType(plan, "aws_lambda_function").map(({ values }) => values.function_name);
    for (const metric of ["HighErrorRate", "Throttles", "DestinationDeliveryFailures"]) {
      expect(names).toEqual(expect.arrayContaining(functions.map((name) => `${name}-${metric}`)));
    }
    expect(names).toHaveLength(19);
  });

  it("puts the functions that ask S3 and nothing else into the VPC on request, with its endpoint, and leaves the sweep outside", () => {
    const inside = ofType(everything, "aws_lambda_function").filter(({ values }) => values.vpc_config.length > 0);
    expect(inside.map(({ index }) => index)).toEqual([
      "api",
      "bronzeToSilver",
      "detect",
      "silverToGold",
      "stream",
      "tables",
    ]);
    const asks = (name: string) => {
      const maps = Object.entries(packageOf(name)).filter(([file]) => file.endsWith(".map"));
      const sources: string[] = maps.flatMap(([, map]) => JSON.parse(Buffer.from(map).toString()).sources);
      return new Set(sources.flatMap((source) => /@aws-sdk\/client-(\w+)/.exec(source)?.[1] ?? []));
    };
    for (const { values } of inside) {
      expect([values.function_name, ...asks(values.function_name)]).toEqual([values.function_name, "s3"]);
    }
    expect([...asks(topology.functions.sweep.name)].toSorted()).toEqual(["lambda", "s3"]);
    expect(ofType(everything, "aws_vpc_endpoint").map(({ values }) => values.service_name)).toEqual([
      "com.amazonaws.us-east-1.s3",
    ]);
  });

  it("moves noncurrent versions to GLACIER on request, where they are kept for longer", () => {
    const moved = lifecycle(everything, "lake").filter((rule) => rule.noncurrent_version_transition.length > 0);
    expect(moved.map(({ id }) => id)).toEqual(["bronze", "contracts", "deadLetter", "gold", "seals", "silver"]);
  });

  it("leaves EventBridge on in the bucket when AWS Backup needs it", () => {
    expect(ofType(everything, "aws_s3_bucket_notification")[0].values.eventbridge).toBe(true);
  });

  it("gives what has one name in all regions another one in another region, so that a second deployment fits in", async () => {
    const elsewhere = await terraform.plan({ ...EXTRAS, region: "eu-central-1" });
    const named = ({ resources }: Plan) =>
      resources.flatMap(({ type, values }) =>
        ["aws_s3_bucket", "aws_iam_role", "aws_iam_policy", "aws_cloudwatch_dashboard"].includes(type) ||
        values.region === "us-east-1"
          ? [values.bucket ?? values.dashboard_name ?? values.alarm_name ?? values.name ?? values.topic_arn]
          : [],
      );
    const here = named(everything);
    expect(named(elsewhere).length).toBeGreaterThan(10);
    expect(named(elsewhere).filter((name) => here.includes(name))).toEqual([]);
  });

  it("plans none of the extras by default", () => {
    const types = new Set(plan.resources.map(({ type }) => type));
    const extras = [...new Set(everything.resources.map(({ type }) => type))].filter((type) => !types.has(type));
    expect(extras).toEqual(
      expect.arrayContaining(["aws_cloudtrail", "aws_config_config_rule", "aws_vpc", "aws_backup_plan"]),
    );
    expect(extras).toContain("aws_s3_bucket_replication_configuration");
    expect(plan.outputs).toMatchObject({ lake: `s3://vantageflow-dev-data-lake-${PLACE}` });
  });

  it("draws a dashboard whose metrics all have a name and pairs of dimensions", () => {
    const [{ values }] = ofType(plan, "aws_cloudwatch_dashboard");
    const metrics: unknown[][] = JSON.parse(values.dashboard_body).widgets.flatMap(
      ({ properties }: { properties: { metrics: unknown[][] } }) => properties.metrics,
    );
    expect(metrics.length).toBeGreaterThan(15);
    for (const metric of metrics) {
      expect(metric.length % 2, String(metric)).toBe(1); // namespace, name, pairs, options
      expect(metric.slice(0, -1).every((part) => typeof part === "string")).toBe(true);
    }
  });

  it("says what to type when there are no packages, and refuses a replica beside the lake", async () => {
    await expect(terraform.plan({ lambda_directory: "/nowhere" })).rejects.toThrow("npm run build:lambda");
    await expect(terraform.plan({ replica_region: "us-east-1" })).rejects.toThrow("Set replica_region to another");
    await expect(terraform.plan({ replica_region: "west" })).rejects.toThrow("is not a region's name");
    await expect(terraform.plan({ noncurrent_glacier_days: "0" })).rejects.toThrow("Give 1 or more");
  });
});

/** Of each function: the statements that it has for itself, and the names of the others. */
function rolesOf(all: Plan): Record<string, { own: (RoleStatement & { Effect: string })[]; common: string[] }> {
  const shortened = (arn: string) =>
    arn
      .replace(LAKE, "lake")
      .replace(`arn:aws:s3:::vantageflow-dev-failures-${PLACE}`, "failures")
      .replace(/^arn:aws:lambda:.*:function:/, "function:")
      .replace(/^arn:aws:kinesis:.*:stream\//, "stream/");
  const roles = ofType(all, "aws_iam_role_policy").filter(({ name }) => name === "function");
  return Object.fromEntries(
    roles.map(({ index, values }) => {
      const isCommon = ({ Sid = "" }: Statement) => ["RecordFailures", "ListFailures", "WriteLog"].includes(Sid);
      const [own, common] = [true, false].map((is) => statements(values.policy).filter((one) => isCommon(one) !== is));
      return [
        index,
        {
          own: own.map(({ Sid = "", Effect, Action, Resource }) => {
            return { Sid, Effect, Action: [...list(Action)], Resource: list(Resource).map(shortened) };
          }),
          common: common.map(({ Sid = "" }) => Sid),
        },
      ];
    }),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: rules as Terraform shows them
function lifecycle(all: Plan, bucket: string): any[] {
  const [{ values }] = ofType(all, "aws_s3_bucket_lifecycle_configuration").filter(({ index }) => index === bucket);
  return values.rule;
}

/** After how many days a rule removes what is current; null where it never does. */
function daysOf(rule: { expiration: readonly { days?: number | null }[] }): number | null {
  return rule.expiration[0]?.days ?? null;
}
