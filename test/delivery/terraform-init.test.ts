import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { command, folder } from "../cli/run-cli.ts";

const SCRIPT = resolve("scripts/terraform-init.mjs");
const LOCK = "infra/terraform/.terraform.lock.hcl";

/** A terraform that says what it was asked. */
function init(files: Record<string, string>, env: Record<string, string>) {
  const said = { "bin/terraform": '#!/bin/sh\nprintf "%s\\n" "$@"\n', "src/topology.json": '{"stage":"dev"}' };
  const cwd = folder({ ...said, "infra/terraform/main.tf": "", ...files });
  chmodSync(join(cwd, "bin/terraform"), 0o755);
  const PATH = `${join(cwd, "bin")}:${process.env.PATH}`;
  return { cwd, ran: command(process.execPath, [SCRIPT], { cwd, env: { PATH, ...env } }) };
}

it("state is kept in the bucket, locked and encrypted, and the provider is the one that is pinned", async () => {
  const { cwd, ran } = init({ [LOCK]: "" }, { STATE_BUCKET: "state", AWS_REGION: "eu-west-1" });
  const { code, stdout } = await ran;
  expect([code, stdout.trim().split("\n").slice(1)]).toEqual([
    0,
    [
      ...["init", "-input=false", "-no-color", "-lockfile=readonly", "-backend-config=bucket=state"],
      ...["-backend-config=region=eu-west-1", "-backend-config=key=vantageflow-dev/terraform.tfstate"],
      ...["-backend-config=encrypt=true", "-backend-config=use_lockfile=true"],
    ],
  ]);
  expect(readFileSync(join(cwd, "infra/terraform/backend_override.tf"), "utf8")).toContain('backend "s3" {}');
});

it.each([
  ["without a pinned provider", {}, { STATE_BUCKET: "state", AWS_REGION: "eu-west-1" }, "providers lock"],
  ["without a bucket for its state", { [LOCK]: "" }, { STATE_BUCKET: "", AWS_REGION: "eu-west-1" }, "STATE_BUCKET"],
])("nothing is deployed %s: it says what to type", async (_, files, env, what) => {
  const { cwd, ran } = init(files as Record<string, string>, env);
  expect(await ran).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(what) });
  expect(existsSync(join(cwd, "infra/terraform/backend_override.tf"))).toBe(false);
});
