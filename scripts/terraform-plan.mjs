// Plans infra/terraform into FILE, says what it would do in the run's summary and on the pull request, and names the plan by a digest of
// its changes. With --approved DIGEST it fails where the plan is another than the one that somebody has approved meanwhile.
// node scripts/terraform-plan.mjs FILE [--approved DIGEST]; -var comes by TF_VAR_*.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { fenced, tell } from "./pull-request.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { approved: { type: "string" } } });
if (positionals.length !== 1) {
  console.error("Usage: node scripts/terraform-plan.mjs FILE [--approved DIGEST]");
  process.exit(2);
}
const file = resolve(positionals[0]);
const MAX_PLAN_BYTES = 256 * 1024 * 1024;

terraform("plan", "-input=false", "-no-color", `-out=${file}`);
const { resource_changes: resources = [], output_changes: outputs = {} } = JSON.parse(terraform("show", "-json", file));
const changes = resources.filter(({ change }) => change.actions.join() !== "no-op");
// Sensitive values stand in it in clear: only its digest leaves this process.
const digest = createHash("sha256")
  .update(JSON.stringify([changes, outputs]))
  .digest("hex");
if (values.approved !== undefined && values.approved !== digest) {
  const why = "it is not the one that was approved: something has changed since";
  console.error(`Cannot apply the plan: ${why}. Start the workflow again, and approve what it shows.`);
  process.exit(1);
}
if (values.approved === undefined) await tell("plan", markdown(terraform("show", "-no-color", file)));
if (process.env.GITHUB_OUTPUT)
  appendFileSync(process.env.GITHUB_OUTPUT, `digest=${digest}\nchanges=${changes.length}\n`);
console.log(`${changes.length} changes, plan ${digest}`);

function markdown(text) {
  const count = (action) => changes.filter(({ change }) => change.actions.includes(action)).length;
  const counts = `${count("create")} to create, ${count("update")} to update, ${count("delete")} to delete`;
  const removed = changes
    .filter(({ change }) => change.actions.includes("delete"))
    .map(({ address }) => `- \`${address}\``);
  const warning = removed.length === 0 ? "" : `\nDeleted or replaced:\n\n${removed.join("\n")}\n`;
  return `**terraform plan**: ${counts}.\n${warning}\n<details><summary>The plan</summary>\n\n${fenced(text)}\n</details>\n\nPlan \`${digest}\`.\n`;
}

/** Prints nothing of what Terraform answers: it comes back. */
function terraform(...args) {
  const { status, stdout, stderr, error } = spawnSync("terraform", ["-chdir=infra/terraform", ...args], {
    encoding: "utf8",
    maxBuffer: MAX_PLAN_BYTES,
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout;
  console.error(stderr);
  process.exit(1);
}
