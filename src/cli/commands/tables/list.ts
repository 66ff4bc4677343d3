import { describeDetections, detectionsLag } from "../../../tables/detections/describe.ts";
import { describeReadings, type TableSummary } from "../../../tables/readings/describe.ts";
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
  const readings = await describeReadings(storage);
  const detections = await describeDetections(storage);
  const { batches, gone } = await planSync(storage, io.now(), () => {});
  const waiting = batches.length + gone.length;
  // What waits to be looked at are versions of readings.
  const lag = detections === null ? null : await detectionsLag(storage);
  const behind = lag === null ? 0 : Math.max(1, lag.newest - (lag.shown ?? 0));
  const tables = [
    ...(readings === null ? [] : [{ ...readings, waiting }]),
    ...(detections === null ? [] : [{ ...detections, waiting: behind }]),
  ];
  if (flags.json) {
    await printJson(io, { version: 1, lake, tables });
    return 0;
  }
  await printTable(io, flags, COLUMNS, tables.map(cellsOf));
  if (readings === null) notice(io, flags, noTable(lake));
  else if (waiting > 0) notice(io, flags, `Next: vantageflow tables sync${lakeOption(lake)}`);
  else if (behind > 0) notice(io, flags, `Next: vantageflow detect${lakeOption(lake)}`);
  return 0;
}

function cellsOf({ name, version, rows, files, bytes, days, waiting }: TableSummary & { readonly waiting: number }) {
  const [first, last] = days ?? ["", ""];
  return [name, version, rows, files, bytes, first, last, waiting];
}
