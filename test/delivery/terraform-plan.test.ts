import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topology } from "../../src/topology.ts";
import { command, folder } from "../cli/run-cli.ts";
import { serveProvider } from "../infra/provider-server.ts";
import { hasTerraform } from "../infra/terraform.ts";

describe.skipIf(!hasTerraform)("the plan of a deployment", () => {
  let provider: Awaited<ReturnType<typeof serveProvider>>;
  const packages = folder();
  const [output, summary] = [join(packages, "output"), join(packages, "summary")];

  /** Real Terraform with a provider that has no AWS behind it. */
  function plan(args: readonly string[] = [], env: Record<string, string> = {}) {
    for (const file of [output, summary]) writeFileSync(file, "");
    return command(process.execPath, ["scripts/terraform-plan.mjs", join(packages, "plan"), ...args], {
      cwd: process.cwd(),
      env: {
        ...provider.environment,
        TF_DATA_DIR: join(packages, "data"),
        TF_VAR_lambda_directory: packages,
        CHECKPOINT_DISABLE: "1",
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...env,
      },
    });
  }

  beforeAll(async () => {
    provider = await serveProvider();
    for (const { name } of Object.values(topology.functions)) writeFileSync(join(packages, `${name}.zip`), name);
    const env = { ...provider.environment, TF_DATA_DIR: join(packages, "data") };
    const args = ["-chdir=infra/terraform", "init", "-backend=false", "-input=false"];
    expect((await command("terraform", args, { cwd: process.cwd(), env })).code).toBe(0);
  });
  afterAll(() => provider.close());

  it("is told, is the same as long as nothing changes, and is refused once it is another", async () => {
    const { code, stdout } = await plan();
    const digest = /^digest=([0-9a-f]{64})$/m.exec(readFileSync(output, "utf8"))?.[1] ?? "";
    expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^\\d\\d+ changes, plan ${digest}$`, "m"))]);
    expect(readFileSync(summary, "utf8")).toMatch(
      /^\*\*terraform plan\*\*: \d+ to create, 0 to update, 0 to delete\.$/m,
    );
    expect((await plan(["--approved", digest])).code).toBe(0);
    expect(readFileSync(summary, "utf8")).toBe("");
    const other = await plan(["--approved", digest], { TF_VAR_vpc: "true" });
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("not the one that was approved")]);
  });

  it("says why there is none, and fails", async () => {
    const { code, stderr } = await plan([], { TF_VAR_athena_scan_limit_gb: "0" });
    expect([code, stderr]).toEqual([1, expect.stringContaining("Cannot stop queries below a GB")]);
  });
});
