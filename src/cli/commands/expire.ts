import { expire as expireLake } from "../../retention/expire.ts";
import { type ExpirePlan, type ExpireWarning, type Kept, planExpire, takeInventory } from "../../retention/plan.ts";
import { openVersions } from "../../storage/open.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson } from "../io.ts";
import { loadSettings, openLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { parseSince } from "../since.ts";
import { printTable } from "../table.ts";

interface ExpireFlags extends GlobalFlags {
  readonly dryRun?: boolean;
  readonly now?: string;
  readonly concurrency?: string;
}

export async function expire(io: Io, flags: ExpireFlags): Promise<number> {
  const now = flags.now === undefined ? io.now() : parseSince(flags.now, io.now(), "--now");
  const settings = await loadSettings(io, flags);
  const { lake, concurrency } = settings.config;
  const { storage } = openLake(io, settings);
  const versions = openVersions(lake);
  const plan = planExpire(await takeInventory(storage, versions), now);
  if (flags.dryRun) {
    await show(io, flags, lake, plan);
    return 0;
  }
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    expireLake(storage, versions, plan, { concurrency, stopped }),
  );
  await show(io, flags, lake, results);
  return interrupted ?? 0;
}

async function show(io: Io, flags: ExpireFlags, lake: string, plan: ExpirePlan): Promise<void> {
  if (flags.json) await printJson(io, documentOf(lake, plan, flags.dryRun === true));
  else {
    const right = { align: "right" as const };
    const heads = [{ head: "key" }, { head: "what" }, { head: "layer" }, { head: "days", ...right }];
    await printTable(
      io,
      flags,
      [...heads, { head: "bytes", ...right }],
      [
        ...plan.remove.map((one) => [one.object.key, "remove", one.layer, one.ageDays, one.object.size]),
        ...plan.purge.map((one) => [one.key, "purge version", one.layer, one.ageDays, one.size]),
      ],
    );
  }
  for (const text of keptTexts(plan.kept, lake)) notice(io, flags, text);
  for (const warning of plan.warnings) notice(io, flags, textOf(warning));
  const counts = `${counted(plan.remove.length, "object")} and ${counted(plan.purge.length, "older version")}`;
  if (flags.dryRun) notice(io, flags, `${counts} would be removed. Nothing was.`);
  else if (plan.remove.length + plan.purge.length === 0) notice(io, flags, `Nothing in ${lake} is past its retention.`);
  else notice(io, flags, `${counts} removed. Objects can be restored: vantageflow versions KEY${lakeOption(lake)}`);
}

function documentOf(lake: string, plan: ExpirePlan, dryRun: boolean) {
  return {
    version: 1,
    lake,
    now: new Date(plan.now).toISOString(),
    dry_run: dryRun,
    removed: plan.remove.map(({ object: { key, size }, layer, ageDays }) => ({ key, layer, age_days: ageDays, size })),
    purged: plan.purge.map(({ key, versionId, layer, ageDays, size }) => ({
      key,
      version_id: versionId,
      layer,
      age_days: ageDays,
      size,
    })),
    kept: plan.kept,
    warnings: plan.warnings.map((warning) => ({ ...warning, message: textOf(warning) })),
  };
}

const KEPT_TEXTS: Readonly<Record<Kept["reason"], (count: number, lake: string) => string>> = {
  unprocessed: (count, lake) =>
    `Kept ${counted(count, "object")} past retention, still to be processed. Next: vantageflow run${lakeOption(lake)}`,
  object_is_there: (count) => `Kept ${counted(count, "receipt")} past retention: what they are of is still there.`,
  replaced: (count) => `Kept ${counted(count, "object")}: replaced while this ran.`,
};

function keptTexts(kept: readonly Kept[], lake: string): string[] {
  const reasons = Object.keys(KEPT_TEXTS) as Kept["reason"][];
  return reasons.flatMap((reason) => {
    const count = kept.filter((one) => one.reason === reason).length;
    return count === 0 ? [] : [KEPT_TEXTS[reason](count, lake)];
  });
}

function textOf({ keys }: ExpireWarning): string {
  return `${counted(keys.length, "gold object")} (first ${keys[0]}) can no longer be rebuilt after this: bronze, silver or anomalies are gone.`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
