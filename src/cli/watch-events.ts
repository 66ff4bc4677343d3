import type { WatchEvent } from "../emulator/watch.ts";
import { messageOf } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import type { BatchResult } from "../functions/result.ts";
import { noteTexts } from "../ledger/notes.ts";
import { alarmText } from "../monitor/alarms.ts";
import type { AlarmState } from "../monitor/overview.ts";
import type { ViewResult } from "../tables/detections/view-types.ts";
import type { KeptTable } from "../tables/readings/keep.ts";
import { batchJson } from "./batches.ts";
import { colorsFor } from "./color.ts";
import { inferAdvice } from "./infer-advice.ts";
import { complain, type GlobalFlags, type Io, lakeOption, notice, print, printJson } from "./io.ts";
import { plural } from "./plural.ts";

/** Prints an event of `watch`: batches are data, everything else is said aside; with `--json` all of it is data. */
export async function printWatchEvent(io: Io, flags: GlobalFlags, lake: string, event: WatchEvent): Promise<void> {
  if (flags.json) return printJson(io, { version: 1, time: new Date(io.now()).toISOString(), ...jsonOf(lake, event) });
  if (event.type === "trouble") return void complain(io, messageOf(event.error));
  if (event.type === "alarm") return void sayAlarm(io, flags, event.alarm);
  if (event.type !== "batch") return void notice(io, flags, asideOf(lake, event));
  const { result } = event;
  await print(io, io.stdout.isTTY ? lineOf(io, flags, result) : `${fieldsOf(result).join("\t")}\n`);
  for (const text of noteTexts([result])) notice(io, flags, text);
  if (result.error !== null) complain(io, `${result.error.message}${inferAdvice(lake, result.key, result.error)}`);
}

/** Says what has come into the table, or which of its files have become one. */
export async function printTableKept(io: Io, flags: GlobalFlags, kept: KeptTable): Promise<void> {
  const { version, batches, rows, replaced, gone, removed, files, compacted } = kept;
  if (flags.json) {
    const merged = { removed: compacted?.removed ?? 0, files: compacted?.files ?? 0 };
    const time = new Date(io.now()).toISOString();
    const table = { type: "table", table: "readings", table_version: version };
    return printJson(io, { version: 1, time, ...table, batches, rows, replaced, gone, removed, files, merged });
  }
  const merge = compacted === null ? "" : ` ${compacted.removed} small files became ${compacted.files}.`;
  notice(io, flags, `Table: ${plural(rows, "row")} came in, ${removed} went.${merge} It is at version ${version}.`);
}

/** Says that something is odd that was not, or no more; nothing where it is as it was. */
export async function printDetectionsKept(io: Io, flags: GlobalFlags, lake: string, kept: ViewResult): Promise<void> {
  const { version, found, gone, readings } = kept;
  if (found + gone === 0) return;
  if (flags.json) {
    const table = { type: "detections", table: "detections", table_version: version, readings_version: readings };
    return printJson(io, { version: 1, time: new Date(io.now()).toISOString(), ...table, found, gone });
  }
  const how = `vantageflow detect --since 24h${lakeOption(lake)}`;
  notice(io, flags, `Detections: ${found} came, ${gone} went. See what is odd: ${how}`);
}

function sayAlarm(io: Io, flags: GlobalFlags, alarm: AlarmState): void {
  if (alarm.state === "ALARM") complain(io, `${alarmText(alarm)}.`);
  else notice(io, flags, `${alarmText(alarm)}.`);
}

function jsonOf(lake: string, event: WatchEvent): object {
  if (event.type === "batch") return { type: "batch", ...batchJson(event.result) };
  if (event.type === "watching") return { ...event, lake };
  if (event.type === "alarm") return { type: "alarm", ...event.alarm };
  if (event.type === "trouble") return { type: event.type, message: messageOf(event.error) };
  if (event.type !== "retry") return event;
  const { delayMs, error, ...retry } = event;
  return { ...retry, delay_ms: Number.isFinite(delayMs) ? delayMs : null, message: messageOf(error) };
}

function asideOf(lake: string, event: Exclude<WatchEvent, { type: "batch" | "trouble" | "alarm" }>): string {
  if (event.type === "watching") {
    const how = event.how === "events" ? "" : " by listing it";
    const why = event.reason === null ? "" : `: ${event.reason}`;
    return `Watching ${lake}${how}${why}. Drop CSV files into bronze/; Ctrl-C stops.`;
  }
  if (event.type === "retry") {
    const next = Number.isFinite(event.delayMs)
      ? `Next attempt in ${event.delayMs / 1000} s.`
      : "A later sweep tries again.";
    return `${event.key}: attempt ${event.attempt} failed: ${messageOf(event.error)} ${next}`;
  }
  return `${event.type === "waiting" ? "Waiting for" : "Ignored"} ${event.key}: ${event.reason}.`;
}

function fieldsOf({ key, outcome, rows, devices, durationMs }: BatchResult): (string | number)[] {
  const counts = [rows.in, rows.silver, rows.anomalies, rows.rejects, rows.blank];
  return [escapeTerminal(key), outcome, ...counts, devices, Math.round(durationMs)];
}

/** `15:04:05  done  bronze/b.csv  1000 rows: 950 silver, 48 anomalies, 2 rejects; 12 devices, 41 ms` */
function lineOf(io: Io, flags: GlobalFlags, result: BatchResult): string {
  const { rows } = result;
  const colors = colorsFor(io, flags, io.stdout);
  const time = new Date(io.now()).toTimeString().slice(0, 8);
  const isBad = result.outcome === "refused" || result.outcome === "failed";
  const outcome = (isBad ? colors.red : colors.green)(result.outcome);
  const rejects = rows.rejects === 0 ? "0 rejects" : colors.yellow(`${rows.rejects} rejects`);
  const counts = `${rows.in} rows: ${rows.silver} silver, ${rows.anomalies} anomalies, ${rejects}`;
  const tail = isBad ? "" : `  ${counts}; ${result.devices} devices, ${Math.round(result.durationMs)} ms`;
  return `${colors.dim(time)}  ${outcome}  ${escapeTerminal(result.key)}${tail}\n`;
}
