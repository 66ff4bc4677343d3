import type { ChalkInstance } from "chalk";
import { escapeTerminal } from "../escape.ts";
import { isEmpty, type Overview, type Totals, type Verdict } from "../monitor/overview.ts";
import { spanOf } from "../monitor/span.ts";
import type { GlobalFlags, Io } from "./io.ts";
import { doorLine, doorsText } from "./status-doors.ts";
import { detectionLines, detectionsText, readingsText, tableLine } from "./status-tables.ts";
import { agoText, amount, batchesText, sizeText } from "./status-words.ts";
import { separatedText, tableText } from "./table.ts";

/** One fact a line, tab-separated; the first field says of what. */
export function statusLines(o: Overview): string {
  const totals = (name: string, t: Totals) => [
    name,
    ...[t.batches, t.done, t.refused, t.failed, t.rows.in, t.rows.silver, t.rows.anomalies, t.rows.rejects],
    ...[t.anomaly_percentage ?? "", t.reject_percentage ?? "", t.duration_ms?.average ?? ""],
  ];
  return separatedText([
    ["verdict", o.health.verdict, o.health.percentage],
    ["time", o.time],
    ...o.health.reasons.map(({ code, verdict, message, next }) => ["reason", verdict, code, message, next]),
    totals("today", o.today),
    totals("last_24h", o.last_24h),
    ["work", o.work.waiting, o.work.oldest_seconds ?? ""],
    ["dead_letters", o.dead_letters.open],
    ...o.devices.critical_devices.map((d) => ["critical", d.device_id, d.anomaly_percentage, d.total_readings]),
    ...Object.entries(o.layers).map(([name, l]) => [
      ...["layer", name, l.files, l.bytes, l.files_24h, l.rows_24h, l.last_write ?? "", l.lag_seconds ?? ""],
    ]),
    ...o.alarms.map((a) => ["alarm", a.name, a.function ?? "", a.state, a.value ?? "", a.threshold, a.unit]),
    ...o.contracts.map((c) => [
      ...["contract", c.name, c.state, c.waiting, c.made_otherwise, c.older_time_zones, c.next ?? ""],
    ]),
    ...(o.verified === null ? [] : [verifiedLine(o.verified)]),
    ...o.doors.map(doorLine),
    ...(o.table === null ? [] : [tableLine(o.table)]),
    ...(o.detections === null ? [] : detectionLines(o.detections)),
    ["cost_estimate", o.cost.month, o.cost.month_free_tier, o.cost.region, o.cost.prices],
  ]);
}

function verifiedLine({ time, prefix, counts, failed }: NonNullable<Overview["verified"]>) {
  const { intact, changed, missing, orphaned, unknown, stale } = counts;
  return ["verified", time, prefix ?? "", intact, changed, missing, orphaned, unknown, stale, failed];
}

const MAX_LETTERS = 3;
const MAX_DEVICES = 5;
const MAX_CHARACTERS = 80;

/** The same for people, on one screen: what to look at first comes first. */
export async function statusScreen(io: Io, flags: GlobalFlags, overview: Overview): Promise<string> {
  const { colorsFor } = await import("./color.ts");
  const colors = colorsFor(io, flags, io.stdout);
  const parts = [
    verdictText(overview, colors),
    await tableText(io, flags, TOTAL_COLUMNS, totalRows(overview)),
    await actOn(io, flags, overview, colors),
    await layers(io, flags, overview),
    `${hoursText(overview)}${alarmsText(overview, colors)}${contractsText(overview, colors)}${doorsText(overview, colors)}${readingsText(overview, colors)}${detectionsText(overview, colors)}${costText(overview)}`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

const SIGNS: Readonly<Record<Verdict, string>> = { healthy: "●", degraded: "▲", unhealthy: "■" };

function verdictText(overview: Overview, colors: ChalkInstance): string {
  const { health, lake, time } = overview;
  const paint = { healthy: colors.green, degraded: colors.yellow, unhealthy: colors.red };
  const word = isEmpty(overview)
    ? colors.bold("○ EMPTY")
    : paint[health.verdict].bold(`${SIGNS[health.verdict]} ${health.verdict.toUpperCase()}`);
  const percentage = overview.last_24h.batches === 0 ? "nothing ended in 24 h" : `${health.percentage} % done in 24 h`;
  const reasons = health.reasons.map(({ verdict, message, next }) => {
    return `  ${paint[verdict](SIGNS[verdict])} ${escapeTerminal(message)}: ${colors.cyan(escapeTerminal(next))}\n`;
  });
  return `${word} · ${percentage} · ${escapeTerminal(lake)}\n${reasons.join("")}${freshText(overview, time)}${verifiedText(overview)}`;
}

/** How old the data is: what looks fine may have stood still. */
function freshText({ layers, work }: Overview, time: string): string {
  const written = Object.values(layers).flatMap(({ last_write }) => last_write ?? []);
  const last = written.toSorted().at(-1);
  const age = last === undefined ? "nothing written yet" : `last write ${agoText(last, time)}`;
  const waiting = work.waiting === 0 ? "nothing waits" : `${amount(work.waiting)} waiting`;
  return `  ${time.slice(0, 19).replace("T", " ")} UTC · ${age} · ${waiting}\n`;
}

/** `verified 2d ago: 10,000 intact, 1 changed`. */
function verifiedText({ verified, time }: Overview): string {
  if (verified === null) return "  never verified: vantageflow verify\n";
  const { counts, failed, prefix } = verified;
  const states = Object.entries(counts).filter(([state, n]) => state === "intact" || n > 0);
  const parts = states.map(([state, n]) => `${amount(n)} ${state}`);
  if (failed > 0) parts.push(`${amount(failed)} failed`);
  const part = prefix === null ? "" : ` (only ${escapeTerminal(prefix)})`;
  return `  verified ${agoText(verified.time, time)}${part}: ${parts.join(", ")}\n`;
}

const right = (head: string) => ({ head, align: "right" as const });
const TOTAL_COLUMNS = [
  { head: "" },
  ...["batches", "refused", "failed", "rows", "anomalies %", "rejects %", "ms", "p95"].map(right),
];

function totalRows({ today, last_24h }: Overview) {
  const row = (name: string, { batches, refused, failed, rows, ...t }: Totals) => [
    name,
    ...[batches, refused, failed, rows.in].map(amount),
    ...[t.anomaly_percentage?.toFixed(1) ?? "–", t.reject_percentage?.toFixed(1) ?? "–"],
    ...[t.duration_ms?.average.toFixed(0) ?? "–", t.duration_ms?.p95.toFixed(0) ?? "–"],
  ];
  return [row("today", today), row("24 h", last_24h)];
}

async function actOn(io: Io, flags: GlobalFlags, { devices, dead_letters }: Overview, colors: ChalkInstance) {
  const letters = dead_letters.letters.slice(0, MAX_LETTERS).map(({ id, key, message }) => {
    return `  ${colors.red(escapeTerminal(id.slice(0, 8)))} ${escapeTerminal(key ?? "")} ${escapeTerminal(shortened(message))}\n`;
  });
  const columns = [{ head: `act on: ${amount(devices.critical)} critical` }, right("readings"), right("anomalies %")];
  const rows = devices.critical_devices
    .slice(0, MAX_DEVICES)
    .map((d) => [d.device_id, amount(d.total_readings), d.anomaly_percentage.toFixed(1)]);
  const paint = (cell: string, head: string) => (head === "anomalies %" ? colors.red(cell) : cell);
  return `${letters.join("")}${await tableText(io, flags, columns, rows, paint)}`;
}

function shortened(message: string): string {
  return message.length > MAX_CHARACTERS ? `${message.slice(0, MAX_CHARACTERS)}…` : message;
}

function layers(io: Io, flags: GlobalFlags, { layers, time }: Overview): Promise<string> {
  const heads = ["files", "size", "files 24 h", "rows 24 h", "last write", "lag"];
  const rows = Object.entries(layers).map(([name, l]) => [
    name,
    amount(l.files),
    sizeText(l.bytes),
    amount(l.files_24h),
    amount(l.rows_24h),
    l.last_write === null ? "–" : agoText(l.last_write, time),
    l.lag_seconds === null ? "–" : spanOf(l.lag_seconds),
  ]);
  return tableText(io, flags, [{ head: "layer" }, ...heads.map(right)], rows);
}

const BARS = "▁▂▃▄▅▆▇█";

/** Rows in each of the last 24 hours; a point where nothing was processed. */
function hoursText({ series }: Overview): string {
  const most = Math.max(...series.map(({ rows }) => rows?.in ?? 0));
  if (most === 0) return "";
  const bars = series.map(({ rows }) => {
    return rows === null ? "·" : BARS[Math.min(BARS.length - 1, Math.floor((rows.in / most) * BARS.length))];
  });
  return `  rows an hour  ${bars.join("")}  at most ${amount(most)}\n`;
}

function alarmsText({ alarms }: Overview, colors: ChalkInstance): string {
  const names = [...new Set(alarms.filter(({ state }) => state === "ALARM").map(({ name }) => name))];
  const text = names.length === 0 ? colors.green("none") : colors.red(names.join(", "));
  return `  alarms        ${text}\n`;
}

/** What batches wait for is a reason of the verdict; here is what stays as it is until somebody wants it otherwise. */
function contractsText({ contracts }: Overview, colors: ChalkInstance): string {
  const lines = contracts.flatMap(({ name, made_otherwise: made, older_time_zones: older, complete, next }) => {
    const said = [
      ...(made > 0 ? [`${batchesText(made, complete)} made by other rules than it has now`] : []),
      ...(older > 0 ? [`${batchesText(older, complete)} judged by an older time zone database`] : []),
    ];
    if (said.length === 0) return [];
    const what = `${escapeTerminal(name)}: ${said.join(", ")}; to make them again`;
    return `  contract      ${what}: ${colors.cyan(escapeTerminal(next ?? ""))}\n`;
  });
  return lines.join("");
}

function costText({ cost }: Overview): string {
  const free = `$${cost.month_free_tier.toFixed(2)} with the free tier`;
  return `  cost          $${cost.month.toFixed(2)} a month, ${free}: an estimate, ${cost.region} prices of ${cost.prices}\n`;
}
