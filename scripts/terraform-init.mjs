// Makes infra/terraform ready on a runner: state in the bucket STATE_BUCKET, locked there, and the provider that the lock file pins.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const FOLDER = "infra/terraform";
/** Terraform lays `*_override.tf` over the rest; no laptop needs a bucket for its state, so this one is not in the repository. */
const BACKEND = `terraform {\n  backend "s3" {}\n}\n`;

const { STATE_BUCKET: bucket, AWS_REGION: region } = process.env;
const { stage } = JSON.parse(readFileSync("src/topology.json", "utf8"));
if (!bucket || !region)
  fail("STATE_BUCKET or AWS_REGION is not set. Set both as variables of the repository; docs/deploy.md says which");
if (!existsSync(`${FOLDER}/.terraform.lock.hcl`)) {
  fail(
    `no provider is pinned. Run terraform -chdir=${FOLDER} providers lock -platform=linux_amd64, and commit .terraform.lock.hcl`,
  );
}
writeFileSync(`${FOLDER}/backend_override.tf`, BACKEND);
const settings = { bucket, region, key: `vantageflow-${stage}/terraform.tfstate`, encrypt: true, use_lockfile: true };
const given = Object.entries(settings).map(([name, value]) => `-backend-config=${name}=${value}`);
const args = [`-chdir=${FOLDER}`, "init", "-input=false", "-no-color", "-lockfile=readonly", ...given];
process.exitCode = spawnSync("terraform", args, { stdio: "inherit" }).status ?? 1;

function fail(why) {
  console.error(`Cannot deploy: ${why}.`);
  process.exit(2);
}
