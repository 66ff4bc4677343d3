import { compactReadings } from "../../../tables/readings/compact.ts";
import { type GlobalFlags, type Io, notice, printJson } from "../../io.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { interruptible } from "../../signals.ts";
import { noTable, tableContext } from "../../tables.ts";

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "compact the tables of");
  const { storage } = openLake(io, settings);
  const context = tableContext(io, settings.config, storage);
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
      ? noTable(lake)
      : commits === 0
        ? `Nothing to do in ${lake}: no day of tables/readings/ has two small files (version ${version}).`
        : `${removed} files became ${files} with the same ${rows} rows; the table is at version ${version}.`;
  notice(io, flags, text);
  return interrupted ?? 0;
}
