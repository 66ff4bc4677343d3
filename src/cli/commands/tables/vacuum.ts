import { planDetectionsVacuum, vacuumDetections } from "../../../tables/detections/keep.ts";
import { planTableExpiry, vacuumReadings } from "../../../tables/readings/expire.ts";
import type { FlagsOf } from "../../command.ts";
import { type Io, notice, printJson } from "../../io.ts";
import { plural } from "../../plural.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { interruptible } from "../../signals.ts";
import { printTable } from "../../table.ts";
import { expiryDocument, tableCells } from "../../table-expiry.ts";
import { tableContext } from "../../tables.ts";
import type { command } from "./vacuum.command.ts";

const right = { align: "right" as const };
const COLUMNS = [{ head: "key" }, { head: "days", ...right }, { head: "bytes", ...right }];

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "vacuum the tables of");
  const { storage } = openLake(io, settings);
  const context = tableContext(io, settings.config, storage);
  const times = { now: io.now(), clock: io.now() };
  const dryRun = flags.dryRun === true;
  const { results: garbage, interrupted } = await interruptible(io, flags, async (stopped) =>
    dryRun
      ? [...(await planTableExpiry(storage, times)).garbage, ...(await planDetectionsVacuum(context, times))]
      : [
          ...(await vacuumReadings(context, times, { stopped })),
          ...(await vacuumDetections(context, times, { stopped })),
        ],
  );
  const shown = { drop: [], garbage };
  if (flags.json) {
    const { removed } = expiryDocument(shown);
    await printJson(io, { version: 1, lake, table: "readings", dry_run: dryRun, removed });
  } else {
    const cells = tableCells(shown, times.now).map(([key, , , days, bytes]) => [key, days, bytes]);
    await printTable(io, flags, COLUMNS, cells);
  }
  const bytes = garbage.reduce((sum, { object }) => sum + object.size, 0);
  const files = `${plural(garbage.length, "file")} of ${bytes} bytes`;
  const text =
    garbage.length === 0
      ? `Nothing to do in ${lake}: versions of the last 7 days need all of its tables.`
      : `${files} ${dryRun ? "would be removed. Nothing was." : "removed."}`;
  notice(io, flags, text);
  return interrupted ?? 0;
}
