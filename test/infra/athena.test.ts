import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { QUESTIONS } from "../sql/questions.ts";
import { ACCOUNT } from "./provider-server.ts";
import { hasTerraform, type Plan, startTerraform } from "./terraform.ts";

/** What Terraform plans for Athena; that AWS takes it is not shown. */

const PLACE = `${ACCOUNT}-us-east-1`;
const LAKE = `vantageflow-dev-data-lake-${PLACE}`;
const RESULTS = `vantageflow-dev-query-results-${PLACE}`;

let plan: Plan;
let without: Plan;

beforeEach((context) => context.skip(!hasTerraform, "there is no terraform on the PATH"));
beforeAll(async () => {
  if (!hasTerraform) return;
  const terraform = await startTerraform();
  plan = await terraform.plan({ athena: "true", athena_scan_limit_gb: "3" });
  without = await terraform.plan();
  await expect(terraform.plan({ athena_scan_limit_gb: "0" })).rejects.toThrow("Give 1 or more");
  terraform.close();
});

const valuesOf = ({ resources }: Plan, type: string) =>
  resources.filter((one) => one.type === type).map((one) => one.values);

describe("Athena", () => {
  it("is planned on request only", () => {
    expect(without.resources.filter(({ type }) => /athena|glue/.test(type))).toEqual([]);
    expect([without.outputs.athena ?? null, valuesOf(without, "aws_iam_policy")]).toEqual([null, []]);
    expect(plan.resources.length).toBeGreaterThan(without.resources.length + QUESTIONS.length);
  });

  it("has the queries of docs/sql.md as named queries, to the letter", () => {
    const named = valuesOf(plan, "aws_athena_named_query").map(({ name, query }) => ({ title: name, sql: query }));
    const inOrder = (all: readonly { title: string }[]) => all.toSorted((a, b) => (a.title < b.title ? -1 : 1));
    expect(inOrder(named)).toEqual(inOrder(QUESTIONS));
  });

  it("finds the tables where the lake has them, as Delta tables without columns of their own", () => {
    const tables = valuesOf(plan, "aws_glue_catalog_table");
    expect(tables.map(({ name }) => name).toSorted()).toEqual(["detections", "readings"]);
    for (const { name, parameters, storage_descriptor, table_type } of tables) {
      expect(parameters).toMatchObject({ table_type: "DELTA", "spark.sql.sources.provider": "delta" });
      expect(table_type).toBe("EXTERNAL_TABLE");
      const location = `s3://${LAKE}/tables/${name}/`;
      expect(storage_descriptor).toMatchObject([{ location, ser_de_info: [{ parameters: { path: location } }] }]);
      expect(storage_descriptor[0].columns ?? []).toEqual([]);
    }
    expect(valuesOf(plan, "aws_glue_catalog_database")).toMatchObject([{ name: "vantageflow_dev" }]);
  });

  it("stops queries at the limit, and keeps results encrypted, in a bucket of their own, for a week", () => {
    const [{ configuration }] = valuesOf(plan, "aws_athena_workgroup");
    expect(configuration).toMatchObject([
      {
        enforce_workgroup_configuration: true,
        bytes_scanned_cutoff_per_query: 3e9,
        engine_version: [{ selected_engine_version: "Athena engine version 3" }],
        result_configuration: [
          { expected_bucket_owner: ACCOUNT, encryption_configuration: [{ encryption_option: "SSE_S3" }] },
        ],
      },
    ]);
    const rules = plan.resources.filter(
      ({ type, index }) => type === "aws_s3_bucket_lifecycle_configuration" && index === "query_results",
    );
    expect(rules.map(({ values }) => values.rule[0])).toMatchObject([
      { expiration: [{ days: 7 }], noncurrent_version_expiration: [{ noncurrent_days: 1 }] },
    ]);
  });

  it("lets those who ask read the tables and write results, and nothing else", () => {
    const [{ policy }] = valuesOf(plan, "aws_iam_policy");
    const { Statement: statements } = JSON.parse(policy) as { Statement: { Action: string[]; Resource: string[] }[] };
    const all = statements.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((one) => `${action} ${one}`)),
    );
    expect(all.filter((one) => /\*/.test(one.split(" ")[0]) || one.endsWith(" *"))).toEqual([]);
    const writing = all.filter((one) => /s3:(Put|Delete|Abort)/.test(one));
    expect(writing).toEqual([
      `s3:AbortMultipartUpload arn:aws:s3:::${RESULTS}/*`,
      `s3:PutObject arn:aws:s3:::${RESULTS}/*`,
    ]);
    const reading = all.filter((one) => one.startsWith("s3:GetObject "));
    expect(reading).toEqual([
      `s3:GetObject arn:aws:s3:::${LAKE}/tables/detections/*`,
      `s3:GetObject arn:aws:s3:::${LAKE}/tables/readings/*`,
      `s3:GetObject arn:aws:s3:::${RESULTS}/*`,
    ]);
    expect(all.filter((one) => /^(athena|glue):(Create|Update|Delete|Put)/.test(one))).toEqual([]);
    const [listing] = statements.filter((one) => one.Action.includes("s3:ListBucket"));
    expect(listing).toMatchObject({
      Condition: { StringLike: { "s3:prefix": ["tables/detections/*", "tables/readings/*"] } },
    });
  });
});
