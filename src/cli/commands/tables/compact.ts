import { randomUUID } from "node:crypto";
import { compactReadings } from "../../../tables/readings/compact.ts";
import { VERSION } from "../../../version.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { interruptible } from "../../signals.ts";

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake, pipeline } = settings.config;
  checkLake(lake, "compact the tables of");
  const { storage } = openLake(io, settings);
  const context = { storage, code: VERSION, now: io.now, settings: pipeline, newId: randomUUID };
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    compactReadings(context, { stopped, onLeft: (message) => notice(io, flags, message) }),
  );
  const { version, commits, removed, files, rows, bytes } = results;
  if (flags.json) {
    const shown = { table_version: version, commits, removed, files, rows, bytes };
    await printJson(io, { version: 1, lake, table: "readings", ...shown });
  }
  const text =
    version === null
      ? `No table in ${lake} yet. Make it: vantageflow tables sync${lakeOption(lake)}`
      : commits === 0
        ? `Nothing to do in ${lake}: no day of tables/readings/ has two small files (version ${version}).`
        : `${removed} files became ${files} with the same ${rows} rows; the table is at version ${version}.`;
  notice(io, flags, text);
  return interrupted ?? 0;
}
