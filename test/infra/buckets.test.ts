import { describe, expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { encoded, locals, namesOf, nested, resource, sources } from "./configuration.ts";

describe("the buckets", () => {
  const EVERY = [
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_lifecycle_configuration",
  ];

  it("are set up alike, whichever there are", () => {
    const known = String(locals.buckets);
    for (const name of namesOf("aws_s3_bucket")) expect(known, name).toContain(`aws_s3_bucket.${name}`);
    for (const type of EVERY) {
      expect(namesOf(type), type).toEqual(["every"]);
      expect(resource(type, "every"), type).toMatchObject({
        for_each: "${local.buckets}",
        bucket: "${each.value.id}",
        region: "${each.value.region}",
      });
    }
  });

  it("cannot be destroyed while they hold data", () => {
    expect(Object.values(sources).join("\n")).not.toContain("force_destroy");
  });

  it("are versioned, encrypted, private and owned by the account", () => {
    expect(resource("aws_s3_bucket_versioning", "every")).toMatchObject({
      versioning_configuration: [{ status: "Enabled" }],
    });
    expect(resource("aws_s3_bucket_server_side_encryption_configuration", "every")).toMatchObject({
      rule: [
        {
          apply_server_side_encryption_by_default: [
            { sse_algorithm: '${each.key == "lake" && var.kms_key ? "aws:kms" : "AES256"}' },
          ],
        },
      ],
    });
    expect(resource("aws_s3_bucket_public_access_block", "every")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(resource("aws_s3_bucket_ownership_controls", "every")).toMatchObject({
      rule: [{ object_ownership: "BucketOwnerEnforced" }],
    });
  });

  it("refuse connections without TLS, for the bucket and what is in it", async () => {
    const { Statement } = await encoded(resource("aws_s3_bucket_policy", "every").policy);
    const compact = String(Statement).replace(/\s+/g, " ");
    expect(compact).toContain('Effect = "Deny" Principal = "*" Action = "s3:*"');
    expect(compact).toContain('Resource = [each.value.arn, "${each.value.arn}/*"]');
    expect(compact).toContain('Condition = { Bool = { "aws:SecureTransport" = "false" } }');
  });

  it("keep each layer as long as the topology says, by rules that filter", () => {
    const lifecycle = resource("aws_s3_bucket_lifecycle_configuration", "every");
    expect(lifecycle.depends_on).toEqual(["${aws_s3_bucket_versioning.every}"]);
    const [rule] = nested(lifecycle, "rule");
    expect(rule).not.toHaveProperty("prefix");
    expect(rule).toMatchObject({
      filter: [{ prefix: "${rule.value.prefix}" }],
      noncurrent_version_expiration: [{ noncurrent_days: "${rule.value.noncurrent_days}" }],
      abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }],
    });
    expect(nested(rule, "expiration")).toEqual([
      { days: "${rule.value.days}", expired_object_delete_marker: "${rule.value.days == null ? true : null}" },
    ]);
    expect(locals.lifecycle_rules).toMatchObject({ lake: "${local.lake_rules}", replica: "${local.lake_rules}" });
    expect(locals.layer_rules).toMatch(/prefix\s+= layer\.prefix/);
    expect(locals.layer_rules).toMatch(/\bdays\s+= layer\.expires == "age" \? layer\.retentionDays : null/);
    expect(locals.private_rule).toMatchObject({ private: expect.stringMatching(/\bdays\s+= null/) });
    expect(locals.layer_rules).toMatch(/noncurrent_days = layer\.noncurrentDays/);
  });

  it("move only what was overwritten to GLACIER, which a report could not read", () => {
    const [rule] = nested(resource("aws_s3_bucket_lifecycle_configuration", "every"), "rule");
    expect(nested(rule, "noncurrent_version_transition")).toMatchObject([{ storage_class: "GLACIER" }]);
    expect(nested(rule, "transition")).toMatchObject([{ storage_class: "${transition.value.storageClass}" }]);
    expect(JSON.stringify(topology.layers)).not.toContain("GLACIER");
  });

  it("log access to the lake into a bucket that only S3's log delivery for this lake may write to", () => {
    expect(resource("aws_s3_bucket_logging", "lake").target_bucket).toBe("${aws_s3_bucket.access_logs.id}");
    expect(locals.access_log_statements).toMatchObject([
      {
        Principal: { Service: "logging.s3.amazonaws.com" },
        Condition: {
          ArnLike: { "aws:SourceArn": "${aws_s3_bucket.lake.arn}" },
          StringEquals: { "aws:SourceAccount": "${local.account}" },
        },
      },
    ]);
  });
});
