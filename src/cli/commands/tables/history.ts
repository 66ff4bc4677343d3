import { readHistory } from "../../../tables/readings/describe.ts";
import type { FlagsOf } from "../../command.ts";
import { type Io, notice, printJson } from "../../io.ts";
import { readLimit } from "../../limit.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { printTable } from "../../table.ts";
import { noTable } from "../../tables.ts";
import type { command } from "./history.command.ts";

const right = (head: string) => ({ head, align: "right" as const });
const COLUMNS = [
  ...[right("version"), { head: "time" }, { head: "operation" }, right("batches")],
  ...[right("rows added"), right("rows removed"), right("files added"), right("files removed"), { head: "engine" }],
];

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  const limit = readLimit(flags.limit);
  checkLake(lake, "show the history of a table of");
  const { storage } = openLake(io, settings);
  const commits = await readHistory(storage, limit);
  if (flags.json) {
    const shown = (commits ?? []).map(({ rowsAdded, rowsRemoved, filesAdded, filesRemoved, ...one }) => ({
      ...one,
      ...{ rows_added: rowsAdded, rows_removed: rowsRemoved, files_added: filesAdded, files_removed: filesRemoved },
    }));
    await printJson(io, { version: 1, lake, table: "readings", commits: shown });
    return 0;
  }
  const cells = (commits ?? []).map((one) => [
    ...[one.version, one.time ?? "", one.operation, one.batches ?? ""],
    ...[one.rowsAdded ?? "", one.rowsRemoved ?? "", one.filesAdded, one.filesRemoved, one.engine],
  ]);
  await printTable(io, flags, COLUMNS, cells);
  if (commits === null) notice(io, flags, noTable(lake));
  return 0;
}
