import { SILVER } from "../../ledger/layers.ts";
import { expire } from "../../retention/expire.ts";
import { type ExpirePlan, type ExpireWarning, type Kept, planExpire, takeInventory } from "../../retention/plan.ts";
import { openVersions, sweepMetadata } from "../../storage/open.ts";
import type { LakeVersions } from "../../storage/port.ts";
import { planDetectionsVacuum, vacuumDetections } from "../../tables/detections/keep.ts";
import { dropOldDays, planTableExpiry, type TableExpiry, vacuumReadings } from "../../tables/readings/expire.ts";
import { keepRowsOf, listNotInTable } from "../../tables/readings/expired-silver.ts";
import { topology } from "../../topology.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type Io, lakeOption, notice, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { checkLake, concurrencyOf, loadSettings, openLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { parseSince } from "../since.ts";
import { printTable } from "../table.ts";
import { expiryDocument, tableCells } from "../table-expiry.ts";
import { tableContext } from "../tables.ts";
import type { command } from "./expire.command.ts";

type ExpireFlags = FlagsOf<typeof command>;

interface Expired extends ExpirePlan {
  readonly table: TableExpiry;
  /** Metadata of objects that are gone. */
  readonly sideFiles: number;
}

export async function action(io: Io, flags: ExpireFlags): Promise<number> {
  const now = flags.now === undefined ? io.now() : parseSince(flags.now, io.now(), "--now");
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  const concurrency = concurrencyOf(settings, lake);
  checkLake(lake, "expire");
  const { storage } = openLake(io, settings);
  const versions = openVersions(lake);
  const plan = planExpire(await takeInventory(storage, versions), now, await listNotInTable(storage));
  const times = { now, clock: io.now() };
  const context = tableContext(io, settings.config, storage);
  // By the clock itself, whatever --now says: a side file waits for an object that is being written now.
  const sweep = async (done: ExpirePlan, table: TableExpiry, stopped?: () => boolean): Promise<Expired> => {
    const dryRun = flags.dryRun === true;
    const { removed, failed } = await sweepMetadata(lake, { now: io.now(), dryRun, ...(stopped && { stopped }) });
    return { ...done, table, sideFiles: removed, failed: [...done.failed, ...failed] };
  };
  if (flags.dryRun) {
    const { drop, garbage } = await planTableExpiry(storage, times);
    const table = { drop, garbage: [...garbage, ...(await planDetectionsVacuum(context, times))] };
    return show(io, flags, lake, await sweep(plan, table), versions);
  }
  const { results, interrupted } = await interruptible(io, flags, async (stopped) => {
    const silver = plan.remove.filter(({ object }) => object.key.startsWith(SILVER));
    await keepRowsOf(
      storage,
      silver.map(({ object }) => object),
      times.clock,
    );
    const done = await expire(storage, versions, plan, { concurrency, stopped });
    const drop = stopped() ? [] : await dropOldDays(context, now);
    const garbage = stopped() ? [] : await vacuumReadings(context, times, { stopped });
    const ofDetections = stopped() ? [] : await vacuumDetections(context, times, { stopped });
    return sweep(done, { drop, garbage: [...garbage, ...ofDetections] }, stopped);
  });
  const code = await show(io, flags, lake, results, versions);
  return interrupted ?? code;
}

/** Says what was done, or would be, and returns the exit code. */
async function show(io: Io, flags: ExpireFlags, lake: string, plan: Expired, versions: LakeVersions): Promise<number> {
  const restorable = new Set<string>();
  for (const { object } of plan.remove) if (await versions.keeps(object.key)) restorable.add(object.key);
  for (const { message } of plan.failed) complain(io, message);
  if (flags.json) await printJson(io, documentOf(lake, plan, flags.dryRun === true, restorable));
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
        ...plan.failed.map(({ key }) => [key, "failed", "", "", ""]),
        ...tableCells(plan.table, plan.now),
      ],
    );
  }
  for (const text of keptTexts(plan.kept, lake)) notice(io, flags, text);
  for (const warning of plan.warnings) notice(io, flags, textOf(warning));
  if (plan.sideFiles > 0) {
    const files = plural(plan.sideFiles, "metadata file");
    notice(io, flags, `${files} of objects that are gone ${flags.dryRun ? "would be " : ""}removed.`);
  }
  if (plan.table.drop.length > 0) {
    const files = plural(plan.table.drop.length, "file");
    const how = `rows past ${topology.tables.readings.rowDays} days ${flags.dryRun ? "would be " : ""}taken out of the table`;
    notice(io, flags, `${files} of ${how}; older versions have them for ${topology.tables.readings.versionDays} days.`);
  }
  if (plan.table.garbage.length > 0) {
    const files = plural(plan.table.garbage.length, "file");
    notice(io, flags, `${files} of tables that no version needs ${flags.dryRun ? "would be " : ""}removed.`);
  }
  notice(io, flags, summaryOf(plan, flags.dryRun === true, lake, restorable.size));
  return plan.failed.length === 0 ? 0 : 1;
}

function summaryOf(
  { remove, purge, failed, table }: Expired,
  dryRun: boolean,
  lake: string,
  restorable: number,
): string {
  const counts = `${plural(remove.length, "object")} and ${plural(purge.length, "older version")}`;
  const left = failed.length === 0 ? "" : ` ${plural(failed.length, "object")} cannot be removed.`;
  if (dryRun) return `${counts} would be removed. Nothing was.${left}`;
  if (remove.length + purge.length + failed.length + table.drop.length + table.garbage.length === 0)
    return `Nothing in ${lake} is past its retention.`;
  const command = `vantageflow versions KEY${lakeOption(lake)}`;
  const back =
    restorable === 0
      ? ""
      : restorable === remove.length
        ? ` Objects can be restored: ${command}`
        : ` ${restorable} of the objects can be restored, receipts and run logs not: ${command}`;
  return `${counts} removed.${left}${back}`;
}

function documentOf(lake: string, plan: Expired, dryRun: boolean, restorable: ReadonlySet<string>) {
  return {
    version: 1,
    lake,
    now: new Date(plan.now).toISOString(),
    dry_run: dryRun,
    removed: plan.remove.map(({ object: { key, size }, layer, ageDays }) => ({
      key,
      layer,
      age_days: ageDays,
      size,
      restorable: restorable.has(key),
    })),
    purged: plan.purge.map(({ key, versionId, layer, ageDays, size }) => ({
      key,
      version_id: versionId,
      layer,
      age_days: ageDays,
      size,
    })),
    side_files: plan.sideFiles,
    table: expiryDocument(plan.table),
    kept: plan.kept,
    failed: plan.failed,
    warnings: plan.warnings.map((warning) => ({ ...warning, message: textOf(warning) })),
  };
}

const KEPT_TEXTS: Readonly<Record<Kept["reason"], (count: number, lake: string) => string>> = {
  unprocessed: (count, lake) =>
    `Kept ${plural(count, "object")} past retention, still to be processed. Next: vantageflow run${lakeOption(lake)}`,
  not_in_table: (count, lake) =>
    `Kept ${plural(count, "object")} past retention that the table has not taken in yet. Next: vantageflow tables sync${lakeOption(lake)}`,
  object_is_there: (count) => `Kept ${plural(count, "receipt")} past retention: what they are of is still there.`,
  replaced: (count) => `Kept ${plural(count, "object")}: replaced while this ran.`,
};

function keptTexts(kept: readonly Kept[], lake: string): string[] {
  const reasons = Object.keys(KEPT_TEXTS) as Kept["reason"][];
  return reasons.flatMap((reason) => {
    const count = kept.filter((one) => one.reason === reason).length;
    return count === 0 ? [] : [KEPT_TEXTS[reason](count, lake)];
  });
}

function textOf({ keys }: ExpireWarning): string {
  return `${plural(keys.length, "gold object")} (first ${keys[0]}) can no longer be rebuilt after this: bronze, silver or anomalies are gone.`;
}
