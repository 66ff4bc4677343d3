import type { ReadableContract } from "../../contracts/readable.ts";
import { VantageflowError } from "../../errors.ts";
import type { FlagsOf } from "../command.ts";
import { advised, type Io, lakeOption, notice, print, printJson, shellWord } from "../io.ts";
import { readLimit } from "../limit.ts";
import { planDocument, planLines, planScreen } from "../plan-text.ts";
import { readPlan } from "../read-plan.ts";
import { CONFIG_FILE, checkLake, concurrencyOf, loadSettings } from "../settings.ts";
import { parseSince } from "../since.ts";
import type { command } from "./plan.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const limit = readLimit(flags.limit);
  const { anomalyThreshold: _, ...others } = flags;
  const [inForce, settings] = [await loadSettings(io, others), await loadSettings(io, flags)];
  const { lake, pipeline: after } = settings.config;
  const concurrency = concurrencyOf(settings, lake);
  const { pipeline: before } = inForce.config;
  const since = flags.since === undefined ? undefined : parseSince(flags.since, io.now());
  checkLake(lake, "plan on");
  const { readContracts } = await import("../contract-files.ts");
  const proposed = await readContracts(flags.contract ?? []);
  if (proposed.length === 0 && before.anomalyThreshold === after.anomalyThreshold) {
    const what = "Add --contract FILE, or an --anomaly-threshold that is not the one in force";
    throw new VantageflowError("usage", `Cannot plan: no other rules are proposed. ${what}.`);
  }
  const scope = { prefix: flags.prefix, since, limit };
  const { plan, interrupted } = await readPlan(io, flags, { lake, before, after, proposed, concurrency, ...scope });
  if (interrupted !== null) return interrupted;
  const { summary, preview } = plan;
  if (flags.json) await printJson(io, planDocument(plan));
  else {
    const files = summary.files.map((one) => ({ ...one, message: one.message && advised(io, one.message) }));
    const told = { ...plan, summary: { ...summary, files } };
    await print(io, io.stdout.isTTY ? await planScreen(io, flags, told) : planLines(told));
  }
  if (preview.inScope === 0 && preview.cannotTell.length === 0) notice(io, flags, nothingInScope(flags, lake));
  else if (summary.again.length === 0) notice(io, flags, "Nothing would change.");
  else {
    notice(io, flags, `To do it: ${nextOf(flags, proposed, lake)}`);
    if (flags.anomalyThreshold !== undefined) {
      const setting = JSON.stringify({ anomalyThreshold: after.anomalyThreshold });
      notice(io, flags, `For batches that come later, keep the threshold in ${CONFIG_FILE}: ${setting}`);
    }
  }
  return flags.exitCode === true && summary.again.length > 0 ? 1 : 0;
}

function nothingInScope({ prefix, since }: FlagsOf<typeof command>, lake: string): string {
  const asked = [
    ...(prefix === undefined ? [] : [`with the prefix ${shellWord(prefix)}`]),
    ...(since === undefined ? [] : [`since ${since}`]),
  ];
  const what = ["No batch", ...asked].join(" ");
  const see = prefix === undefined ? "" : " A prefix is of a key (bronze/station/), or of a path without its layer.";
  return `${what} is in bronze of ${lake}: nothing was compared.${see}`;
}

function nextOf(flags: FlagsOf<typeof command>, proposed: readonly ReadableContract[], lake: string): string {
  const files = (flags.contract ?? []).map(shellWord).join(" ");
  const threshold = flags.anomalyThreshold === undefined ? "" : ` --anomaly-threshold ${flags.anomalyThreshold}`;
  const prefix = proposed.length === 1 && threshold === "" ? ` ${proposed[0].contract.prefix}` : "";
  const run = `vantageflow run --reprocess${prefix}${threshold}${lakeOption(lake)}`;
  return files === "" ? run : `vantageflow contract apply ${files}${lakeOption(lake)}; then ${run}`;
}
