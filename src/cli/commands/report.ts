import { attempt } from "../../bounded.ts";
import { VantageflowError } from "../../errors.ts";
import { escapeTerminal } from "../../escape.ts";
import { ANOMALIES, GOLD, isCsvName, isRejectsKey } from "../../ledger/layers.ts";
import { readGold } from "../../report/gold.ts";
import { CRITICAL_PERCENTAGE, type DeviceReport } from "../../report/merge.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { DETECTIONS } from "../../tables/detections/layout.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type Io, lakeOption, notice, print, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { namedFiles } from "../rejects.ts";
import { detectedCells, detectedFields, type ReportedDevice, withDetections } from "../report-detections.ts";
import { checkLake, loadSettings, openLake } from "../settings.ts";
import { parseSince } from "../since.ts";
import { printTable } from "../table.ts";
import type { command } from "./report.command.ts";

type ReportFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: ReportFlags): Promise<number> {
  if (flags.format !== "table" && flags.format !== "csv") {
    throw new VantageflowError("usage", `Cannot report as "${flags.format}": the formats are table and csv.`);
  }
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  const since = flags.since === undefined ? undefined : parseSince(flags.since, io.now());
  checkLake(lake, "report on");
  const { storage } = openLake(io, settings);
  const { devices: reported, failed } = await readGold(storage, { devices: flags.device, since });
  for (const { message } of failed) complain(io, message);
  const told = await attempt(DETECTIONS, () => withDetections(storage, reported, since));
  // A report is of gold: what else cannot be read keeps nobody from it.
  if ("failed" in told) complain(io, `Left out detections: ${told.failed.message}`);
  const devices = "value" in told ? told.value : reported;
  if (flags.json) await printJson(io, { version: 1, lake, devices, failed });
  else await printDevices(io, flags, devices);
  if (devices.length === 0 && failed.length === 0) await sayEmpty(io, flags, storage, lake);
  else {
    const missing = (flags.device ?? []).filter((id) => !devices.some(({ device_id }) => device_id === id));
    if (missing.length > 0) notice(io, flags, `No gold of ${[...new Set(missing)].join(", ")}.`);
  }
  if (failed.length === 0) return 0;
  notice(io, flags, `Without ${plural(failed.length, "gold object")} that cannot be read.`);
  return 1;
}

async function printDevices(io: Io, flags: ReportFlags, devices: readonly ReportedDevice[]): Promise<void> {
  const hasDetections = devices.some(({ detections }) => detections !== undefined);
  if (flags.format === "csv") {
    // An id may have line feeds and quotes, too: escaped before, it cannot look like a row of its own.
    const idOf = (id: string) => (io.stdout.isTTY ? escapeTerminal(id) : id);
    const shown = devices.map((one) => ({ ...one, device_id: idOf(one.device_id), ...detectedFields(one) }));
    const { reportCsv } = await import("../../report/csv.ts");
    const more = hasDetections ? ["detections", "last_detection", "last_reason"] : [];
    return print(io, await reportCsv(shown, more));
  }
  const columns = hasDetections ? [...COLUMNS, ...DETECTED_COLUMNS] : COLUMNS;
  const cells = devices.map((one) => [...cellsOf(one), ...(hasDetections ? detectedCells(one) : [])]);
  await printTable(io, flags, columns, cells, (cell, head, colors) =>
    head === "anomalies %" && Number(cell) > CRITICAL_PERCENTAGE ? colors.red(cell) : cell,
  );
}

const COLUMNS = [
  { head: "device" },
  ...["batches", "readings", "average", "minimum", "maximum", "anomalies", "anomalies %"].map((head) => ({
    head,
    align: "right" as const,
  })),
];
const DETECTED_COLUMNS = [{ head: "detections", align: "right" as const }, { head: "the newest" }];

function cellsOf(d: DeviceReport) {
  const numbers = [d.avg_value, d.min_value, d.max_value];
  return [d.device_id, d.batches, d.total_readings, ...numbers, d.anomaly_count, d.anomaly_percentage.toFixed(1)];
}

async function sayEmpty(io: Io, flags: ReportFlags, storage: LakeStorage, lake: string): Promise<void> {
  const option = lakeOption(lake);
  if (flags.device !== undefined || flags.since !== undefined) {
    notice(io, flags, `No gold in ${lake} matches. Try: vantageflow report${option}`);
  } else if (!(await hasGold(storage))) {
    notice(io, flags, `No gold in ${lake} yet. Try: vantageflow ingest FILE${option}, or vantageflow demo`);
  } else {
    const files: string[] = [];
    for await (const { key } of storage.list(ANOMALIES)) if (isRejectsKey(key)) files.push(key);
    const why = files.length === 0 ? "none of them has a row" : "every row of theirs was rejected";
    const where = files.length === 0 ? "" : `: ${namedFiles(files, lake)}`;
    notice(io, flags, `There are batches in ${lake}, but ${why}${where}`);
  }
}

async function hasGold(storage: LakeStorage): Promise<boolean> {
  for await (const { key } of storage.list(GOLD)) if (isCsvName(key)) return true;
  return false;
}
