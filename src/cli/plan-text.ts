import type { ReadableContract } from "../contracts/readable.ts";
import { escapeTerminal } from "../escape.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import type { Fate } from "../preview/fates.ts";
import type { DeviceChange, DeviceFigures } from "../preview/gold.ts";
import type { LakePreview } from "../preview/preview.ts";
import type { Rerun } from "../preview/rerun.ts";
import type { FileChange, Summary } from "../preview/summary.ts";
import type { GlobalFlags, Io } from "./io.ts";
import { separatedText, type TextColumn, tableText } from "./table.ts";

/** All that a plan has found. */
export interface WholePlan {
  readonly lake: string;
  readonly proposed: readonly ReadableContract[];
  readonly before: PipelineSettings;
  readonly after: PipelineSettings;
  readonly preview: LakePreview;
  readonly summary: Summary;
  readonly rerun: Rerun;
}

/** The document of `--json`. */
export function planDocument({ lake, proposed, before, after, preview, summary, rerun }: WholePlan) {
  const { moves, samples } = summary;
  return {
    version: 1,
    lake,
    proposed: proposed.map(({ contract, digest }) => ({ name: contract.name, digest })),
    anomaly_threshold: { before: before.anomalyThreshold, after: after.anomalyThreshold },
    batches: {
      read: preview.batches.length,
      again: rerun.batches,
      duration_ms: rerun.duration_ms,
      cost_usd: rerun.cost_usd,
    },
    again: summary.again,
    files: summary.files,
    moves: moves.map(({ from, to, readings }) => ({
      ...{ from: from.name, to: to.name },
      ...(from.reason === undefined ? {} : { from_reason: from.reason }),
      ...(to.reason === undefined && from.reason === undefined ? {} : { reason: to.reason ?? from.reason }),
      readings,
    })),
    unchanged: summary.unchanged,
    rewritten: summary.rewritten,
    devices: summary.devices,
    become_critical: summary.becomeCritical,
    cease_critical: summary.ceaseCritical,
    appear: summary.appear,
    vanish: summary.vanish,
    samples: samples.map(({ key, line, from, to, why }) => ({ key, line, from: textOf(from), to: textOf(to), why })),
    cannotTell: preview.cannotTell.map((key) => ({ key, why: "its bronze is gone: it stands as it is" })),
  };
}

const MAX_LINES = 8;
const right = (head: string): TextColumn => ({ head, align: "right" });

/** The same for people, on one screen, the most affected first. */
export async function planScreen(io: Io, flags: GlobalFlags, plan: WholePlan): Promise<string> {
  const { summary, rerun, preview } = plan;
  const moves = summary.moves.map(({ from, to, readings }) => [textOf(from), textOf(to), readings]);
  if (summary.rewritten > 0) moves.push(["(same layer)", "written differently", summary.rewritten]);
  const devices = summary.devices.slice(0, MAX_LINES).map(deviceCells);
  const samples = summary.samples
    .slice(0, MAX_LINES)
    .map(({ key, line, from, to, why }) => [key, line, textOf(from), textOf(to), why]);
  const parts = [
    await tableText(io, flags, [{ head: "readings from" }, { head: "to" }, right("readings")], moves),
    await tableText(io, flags, DEVICE_COLUMNS, devices),
    more("device", summary.devices.length - devices.length),
    await tableText(io, flags, SAMPLE_COLUMNS, samples),
    filesText(summary.files),
    criticalText(summary),
    preview.cannotTell.length === 0
      ? ""
      : `Of ${preview.cannotTell.length} batches bronze is gone: their gold stands as it is.\n`,
    rerunText(rerun, preview.batches.length),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

const DEVICE_COLUMNS: readonly TextColumn[] = [
  { head: "device" },
  right("readings"),
  right("average"),
  right("minimum"),
  right("maximum"),
  right("anomalies %"),
];
const SAMPLE_COLUMNS: readonly TextColumn[] = [
  { head: "file" },
  right("line"),
  { head: "from" },
  { head: "to" },
  { head: "why" },
];

/** The same for a pipe: a line for each fact, tab-separated, the first field says of what. */
export function planLines({ summary, rerun, preview }: WholePlan): string {
  return separatedText([
    ...summary.moves.map(({ from, to, readings }) => ["move", textOf(from), textOf(to), readings]),
    ["rewritten", summary.rewritten],
    ["unchanged", summary.unchanged],
    ...summary.devices.map((one) => ["device", ...deviceCells(one)]),
    ...summary.files.map(({ key, before, after, message }) => ["file", key, before, after, message ?? ""]),
    ...summary.samples.map(({ key, line, from, to, why }) => ["sample", key, line, textOf(from), textOf(to), why]),
    ...preview.cannotTell.map((key) => ["cannot_tell", key]),
    ["again", rerun.batches, rerun.duration_ms, rerun.cost_usd],
  ]);
}

/** Files that end the same way for the same reason are told of together: a change of a contract may be the reason of all. */
function filesText(files: readonly FileChange[]): string {
  const groups = new Map<string, FileChange[]>();
  for (const file of files) {
    const { key, before, after, message } = file;
    const id = JSON.stringify([before, after, message?.replaceAll(key, "")]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [file]);
    else group.push(file);
  }
  const told = [...groups.values()].slice(0, MAX_LINES);
  const rest = files.length - told.reduce((sum, { length }) => sum + length, 0);
  return `${told.map(groupText).join("")}${more("file", rest)}`;
}

function groupText([{ key, before, after, message }, ...others]: readonly FileChange[]): string {
  const like = others.length === 0 ? "" : ` (and ${others.length} more ${others.length === 1 ? "file" : "files"})`;
  const lines = [`${key}${like}: ${before}, then ${after}`, ...(message === null ? [] : [`  ${message}`])];
  return lines.map((line) => `${escapeTerminal(line)}\n`).join("");
}

function textOf({ name, reason }: Fate): string {
  return reason === undefined ? name : `${name}: ${reason}`;
}

function deviceCells({ device_id, before, after }: DeviceChange): string[] {
  const pair = (of: (figures: DeviceFigures) => number) => {
    const [a, b] = [before, after].map((figures) => (figures === null ? "-" : String(of(figures))));
    return a === b ? a : `${a} -> ${b}`;
  };
  return [
    device_id,
    pair(({ readings }) => readings),
    pair(({ average }) => average),
    pair(({ minimum }) => minimum),
    pair(({ maximum }) => maximum),
    pair(({ anomaly_percentage }) => anomaly_percentage),
  ];
}

function more(what: string, count: number): string {
  return count > 0 ? `and ${count} more ${what}${count === 1 ? "" : "s"} (--json tells all)\n` : "";
}

function criticalText({ becomeCritical, ceaseCritical, appear, vanish }: Summary): string {
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ["Become critical", becomeCritical],
    ["Cease to be critical", ceaseCritical],
    ["Appear", appear],
    ["Vanish", vanish],
  ];
  return lines
    .filter(([, ids]) => ids.length > 0)
    .map(([what, ids]) => `${what}: ${ids.slice(0, MAX_LINES).join(", ")}${ids.length > MAX_LINES ? ", ..." : ""}`)
    .map((line) => `${escapeTerminal(line)}\n`)
    .join("");
}

function rerunText({ batches, measured, duration_ms, cost_usd }: Rerun, read: number): string {
  if (batches === 0) return "";
  const seconds = (duration_ms / 1000).toFixed(1);
  const of = measured === batches ? "" : ` (of ${measured} that have a receipt)`;
  const what = `${batches} of ${read} batches would have to be run again: some ${seconds} s by their receipts${of}`;
  const cost = cost_usd < 0.0001 ? "less than $0.0001" : `about $${cost_usd.toFixed(4)}`;
  return `${what}, ${cost} on AWS.\n`;
}
