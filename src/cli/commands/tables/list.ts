import { describeReadings } from "../../../tables/readings/describe.ts";
import { planSync } from "../../../tables/readings/plan.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { printTable } from "../../table.ts";
import { noTable } from "../../tables.ts";

const COLUMNS = [
  { head: "table" },
  ...["version", "rows", "files", "bytes"].map((head) => ({ head, align: "right" as const })),
  { head: "first day" },
  { head: "last day" },
  { head: "waiting", align: "right" as const },
];

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "list the tables of");
  const { storage } = openLake(io, settings);
  const table = await describeReadings(storage);
  const { batches, gone } = await planSync(storage, io.now(), () => {});
  const waiting = batches.length + gone.length;
  if (flags.json) {
    const tables = table === null ? [] : [{ ...table, waiting }];
    await printJson(io, { version: 1, lake, tables });
    return 0;
  }
  if (table !== null) {
    const { name, version, rows, files, bytes, days } = table;
    const [first, last] = days ?? ["", ""];
    await printTable(io, flags, COLUMNS, [[name, version, rows, files, bytes, first, last, waiting]]);
    if (waiting > 0) notice(io, flags, `Next: vantageflow tables sync${lakeOption(lake)}`);
  } else notice(io, flags, noTable(lake));
  return 0;
}
