import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasTerraform, type Plan, startTerraform, type Terraform } from "./terraform.ts";

/** The options of security.tf, planned by real Terraform without AWS. */

let terraform: Terraform;
let plain: Plan;
let secured: Plan;

beforeEach((context) => context.skip(!hasTerraform, "there is no terraform on the PATH"));
beforeAll(async () => {
  if (!hasTerraform) return;
  terraform = await startTerraform();
  plain = await terraform.plan();
  secured = await terraform.plan({ kms_key: "true", object_lock_days: "30", code_signing: "true", vpc: "true" });
});
afterAll(() => terraform?.close());

const ofType = ({ resources }: Plan, type: string) => resources.filter((one) => one.type === type);
const OPTIONS = [
  "aws_kms_key",
  "aws_s3_bucket_object_lock_configuration",
  "aws_signer_signing_profile",
  "aws_lambda_code_signing_config",
];

describe("the options of security", () => {
  it("are off by default: no key, no lock, no signature, and S3's own encryption on every bucket", () => {
    for (const type of OPTIONS) expect([type, ofType(plain, type)]).toEqual([type, []]);
    for (const { values } of ofType(plain, "aws_s3_bucket_server_side_encryption_configuration")) {
      expect(values.rule[0].apply_server_side_encryption_by_default[0].sse_algorithm).toBe("AES256");
    }
  });

  it("encrypt the lake, and it alone, with a key that is rotated and asked for once for many objects", () => {
    const rules = ofType(secured, "aws_s3_bucket_server_side_encryption_configuration").map(({ index, values }) => [
      index,
      values.rule[0].apply_server_side_encryption_by_default[0].sse_algorithm,
      values.rule[0].bucket_key_enabled === true,
    ]);
    expect(rules.toSorted()).toEqual([
      ["access_logs", "AES256", false],
      ["failures", "AES256", false],
      ["lake", "aws:kms", true],
    ]);
    expect(ofType(secured, "aws_kms_key")).toMatchObject([{ values: { enable_key_rotation: true } }]);
  });

  it("refuse extras whose roles may not use the key, by name", async () => {
    for (const extra of [{ replica_region: "us-west-2" }, { daily_backup: "true" }, { athena: "true" }]) {
      const refused = terraform.plan({ kms_key: "true", ...extra } as Record<string, string>);
      await expect(refused).rejects.toThrow(/Cannot\s+use\s+kms_key\s+with/);
    }
  });

  it("lock every version of the lake for the days that are given, and nobody takes 0 or half a day", async () => {
    expect(ofType(secured, "aws_s3_bucket_object_lock_configuration").map(({ values }) => values.rule)).toMatchObject([
      [{ default_retention: [{ mode: "GOVERNANCE", days: 30 }] }],
    ]);
    for (const object_lock_days of ["0", "0.5"]) {
      await expect(terraform.plan({ object_lock_days })).rejects.toThrow(/Cannot\s+lock\s+objects/);
    }
  });

  it("have Lambda refuse what the profile has not signed", () => {
    const [{ values: config }] = ofType(secured, "aws_lambda_code_signing_config");
    expect(config.policies).toEqual([{ untrusted_artifact_on_deployment: "Enforce" }]);
    expect(ofType(secured, "aws_signer_signing_profile")).toMatchObject([
      { values: { platform_id: "AWSLambda-SHA384-ECDSA" } },
    ]);
  });
});

describe("the roles of the functions", () => {
  it("may not write or remove seals or get round a lock, and use the key through S3 only", () => {
    const policies = ofType(secured, "aws_iam_role_policy").filter(({ name }) => name === "function");
    expect(policies.length).toBeGreaterThan(3);
    for (const { values } of policies) {
      const { Statement } = JSON.parse(values.policy) as {
        Statement: { Sid?: string; Action: string[]; Condition?: unknown }[];
      };
      const writing = Statement.filter(({ Action }) => Action.some((one) => /^s3:(Put|Delete)/.test(one)));
      expect(JSON.stringify(writing)).not.toMatch(/seals|data-lake-[\w-]+\/\*/);
      expect(values.policy).not.toContain("Bypass");
      expect(Statement.filter(({ Action }) => Action.some((one) => one.startsWith("kms:")))).toMatchObject([
        { Sid: "LakeKey", Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } } },
      ]);
    }
  });
});
