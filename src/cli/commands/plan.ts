import { VantageflowError } from "../../errors.ts";
import { previewLake } from "../../preview/preview.ts";
import { rerunOf } from "../../preview/rerun.ts";
import { summarizePreview } from "../../preview/summary.ts";
import { openStorage } from "../../storage/open.ts";
import type { FlagsOf } from "../command.ts";
import { type Io, notice, print, printJson, untilEnd } from "../io.ts";
import { readLimit } from "../limit.ts";
import { planDocument, planScreen } from "../plan-text.ts";
import { createProgress } from "../progress.ts";
import { checkLake, loadSettings } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { parseSince } from "../since.ts";
import type { command } from "./plan.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const limit = readLimit(flags.limit);
  const { anomalyThreshold: _, ...others } = flags;
  const [inForce, settings] = [await loadSettings(io, others), await loadSettings(io, flags)];
  const { lake, concurrency, pipeline: after } = settings.config;
  const { pipeline: before } = inForce.config;
  const since = flags.since === undefined ? undefined : parseSince(flags.since, io.now());
  checkLake(lake, "plan on");
  const { readContractFiles } = await import("../contract-files.ts");
  const proposed = await readContractFiles(io, flags.contract ?? []);
  if (proposed.length === 0 && before.anomalyThreshold === after.anomalyThreshold) {
    const what = "Add --contract FILE, or an --anomaly-threshold that is not the one in force";
    throw new VantageflowError("usage", `Cannot plan: no other rules are proposed. ${what}.`);
  }
  const storage = untilEnd(io, openStorage(lake));
  const progress = createProgress(io, flags);
  const { results: preview, interrupted } = await interruptible(io, flags, (stopped) =>
    previewLake({
      ...{ storage, before, after, proposed, prefix: flags.prefix, since, limit, concurrency, stopped },
      onPlan: (objects) =>
        progress.expect(
          objects.length,
          objects.reduce((sum, { size }) => sum + size, 0),
        ),
      onRead: ({ key, size }) => {
        progress.read(key, size, 0);
        progress.finished();
      },
    }),
  );
  progress.end();
  if (interrupted !== null) return interrupted;
  const summary = summarizePreview(preview, limit);
  const rerun = await rerunOf(storage, summary.again);
  const plan = { lake, proposed, before, after, preview, summary, rerun };
  if (flags.json) await printJson(io, planDocument(plan));
  else await print(io, await planScreen(io, flags, plan));
  if (summary.again.length === 0) notice(io, flags, "Nothing would change.");
  return flags.exitCode === true && summary.again.length > 0 ? 1 : 0;
}
