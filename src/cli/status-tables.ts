import type { ChalkInstance } from "chalk";
import { REASON_TEXTS } from "../detection/reasons.ts";
import { escapeTerminal } from "../escape.ts";
import type { DetectionsState } from "../monitor/detections-state.ts";
import type { Overview, ReadingsState } from "../monitor/overview.ts";
import { spanOf } from "../monitor/span.ts";
import { agoText, amount, batchesText, countText, sizeText } from "./status-words.ts";

/** Devices that are named on one line. */
const MAX_DEVICES = 5;

export function tableLine({ newest, problem, lag }: ReadingsState) {
  const { version, committed, rows, files, bytes } = newest ?? {};
  const waits = [lag.batches, lag.complete ? "all" : "at_least", lag.oldest_seconds ?? ""];
  return [
    "table",
    "readings",
    ...[version, committed, rows, files, bytes].map((one) => one ?? ""),
    ...waits,
    problem ?? "",
  ];
}

/** What there is of the table, and a line for each device that was odd in the last 24 hours. */
export function detectionLines({ newest, problem, last_24h: day, silent }: DetectionsState) {
  const { version, readings_version: readings, behind } = newest ?? {};
  const counts = [day?.detections, day?.muted, day?.devices];
  const devices = (day?.by_device ?? []).map((d) => ["detected", d.device_id, d.detections, d.newest, d.reason]);
  const table = [version, readings, behind, ...counts].map((one) => one ?? "");
  const silences = silent.map((d) => ["silent", d.device_id, d.last, d.since]);
  return [["detections", ...table, problem ?? ""], ...devices, ...silences];
}

/** `1,234 rows in 5 files, 12.3 MB; version 7 of 3m ago; 2 batches are not in it, for 4m: vantageflow tables sync`. */
export function readingsText({ table, time }: Overview, colors: ChalkInstance): string {
  if (table === null) return "";
  const { newest, problem, lag } = table;
  if (newest === null) return `  table         ${colors.red(escapeTerminal(problem ?? ""))}\n`;
  const { version, committed, rows, files, bytes } = newest;
  const size = `${countText(rows, "row")} in ${countText(files, "file")}, ${sizeText(bytes)}`;
  const since = lag.oldest_seconds === null ? "" : `, the oldest for ${spanOf(lag.oldest_seconds)}`;
  const verb = lag.batches === 1 ? "waits" : "wait";
  const waits = `${batchesText(lag.batches, lag.complete)} ${verb}${since}: ${colors.cyan("vantageflow tables sync")}`;
  const behind = lag.batches === 0 ? "nothing waits" : waits;
  return `  table         ${size}; version ${version} of ${agoText(committed, time)}; ${behind}\n`;
}

/** `3 in 24 h, 1 muted; pump-7: level shift 2h ago, …; silent now: pump-8, last heard 3h ago; 2 versions of readings behind: …`. */
export function detectionsText({ detections, time }: Overview, colors: ChalkInstance): string {
  if (detections === null) return "";
  const { newest, problem, last_24h: day, silent } = detections;
  if (newest === null || day === null) return `  detections    ${colors.red(escapeTerminal(problem ?? ""))}\n`;
  const shown = day.by_device.slice(0, MAX_DEVICES).map((d) => {
    return `${escapeTerminal(d.device_id)}: ${REASON_TEXTS[d.reason]} ${agoText(d.newest, time)}`;
  });
  const more = day.devices - shown.length;
  const muted = day.muted === 0 ? "" : `, ${amount(day.muted)} muted`;
  const behind =
    newest.behind === null
      ? "not made of all readings yet"
      : `${countText(newest.behind, "version")} of readings behind`;
  const said = [
    `${amount(day.detections)} in 24 h${muted}`,
    ...(shown.length === 0 ? [] : [`${shown.join(", ")}${more > 0 ? ` and ${countText(more, "more device")}` : ""}`]),
    ...(silent.length === 0 ? [] : [`${colors.yellow("silent now")}: ${silentText(silent, time)}`]),
    ...(newest.behind === 0 ? [] : [`${behind}: ${colors.cyan("vantageflow detect")}`]),
  ];
  return `  detections    ${said.join("; ")}\n`;
}

function silentText(silent: DetectionsState["silent"], time: string): string {
  const shown = silent
    .slice(0, MAX_DEVICES)
    .map((d) => `${escapeTerminal(d.device_id)}, last heard ${agoText(d.last, time)}`);
  const more = silent.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${countText(more, "more device")}` : ""}`;
}
