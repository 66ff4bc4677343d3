import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Detection } from "../../detection/detector.ts";
import { Detectors } from "../../detection/detectors.ts";
import { REASON_TEXTS } from "../../detection/reasons.ts";
import { sensitivityFor } from "../../detection/sensitivity.ts";
import { readSeries } from "../../detection/series.ts";
import { VantageflowError } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { readSnapshot } from "../../tables/delta/snapshot.ts";
import { READINGS } from "../../tables/readings/layout.ts";
import { readInOrder } from "../../tables/scan/in-order.ts";
import { DAY_MS } from "../../time.ts";
import { VERSION } from "../../version.ts";
import type { FlagsOf } from "../command.ts";
import { openFile } from "../ingest-files.ts";
import { type Io, notice, print, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { checkLake, loadSettings, openLake, withLake } from "../settings.ts";
import { parseSince, parseSpan } from "../since.ts";
import { printTable } from "../table.ts";
import { noTable } from "../tables.ts";
import type { command } from "./detect.command.ts";

type DetectFlags = FlagsOf<typeof command>;

/** A detection, and of which device. */
type Found = Detection & { readonly device: string };

const COLUMNS = [
  { head: "time" },
  { head: "device" },
  ...["value", "expected", "once in days"].map((head) => ({ head, align: "right" as const })),
  { head: "reason" },
];
/** Rows of scores that are printed at once. */
const PRINTED_ROWS = 1000;

/** What is odd in a lake's table of readings, or in a file. */
export async function action(io: Io, flags: DetectFlags, lake?: string): Promise<number> {
  const devices = new Detectors(sensitivityFor(parseSpan(flags.oneIn, "--one-in")));
  const since = flags.since === undefined ? Number.NEGATIVE_INFINITY : parseSince(flags.since, io.now());
  const wants = (found: Found) => found.time >= since;
  if (flags.input !== undefined) return inFile(io, flags, devices, flags.input, wants);
  if (flags.scores) throw new VantageflowError("usage", "Cannot score a lake: --scores goes with --input FILE.");
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { lake: url } = settings.config;
  checkLake(url, "detect in");
  const { storage } = openLake(io, settings);
  const found = await inLake(storage, devices, flags.device ?? null);
  if (found === null) {
    if (flags.json) await printJson(io, { version: 1, lake: url, detections: [] });
    notice(io, flags, noTable(url));
    return 0;
  }
  await tell(io, flags, { lake: url }, devices, found.filter(wants));
  return 0;
}

/** Null where there is no table. */
async function inLake(storage: LakeStorage, devices: Detectors, device: string | null): Promise<Found[] | null> {
  const snapshot = await readSnapshot(storage, READINGS);
  if (snapshot === null) return null;
  const found: Found[] = [];
  await readInOrder(storage, snapshot, device, (id, time, value) => {
    const detection = devices.take(id, time, value);
    if (detection !== null && detection !== "passed") found.push({ ...detection, device: id });
  });
  return found.sort((a, b) => a.time - b.time);
}

async function inFile(
  io: Io,
  flags: DetectFlags,
  devices: Detectors,
  file: string,
  wants: (found: Found) => boolean,
): Promise<number> {
  const found: Found[] = [];
  const left = { unread: 0, first: 0, late: 0 };
  let lines: string[] = flags.scores ? ["timestamp,value,score"] : [];
  let row = 1;
  const flush = async () => {
    if (lines.length > 0) await print(io, `${lines.join("\n")}\n`);
    lines = [];
  };
  for await (const { given, device, time, value } of readSeries(bytesOf(io, file))) {
    row++;
    let score: number | "" = "";
    if (time === null || value === null) {
      if (left.unread++ === 0) left.first = row;
    } else if (flags.device === undefined || device === flags.device) {
      const detection = devices.take(device, time, value);
      score = 0;
      if (detection === "passed") left.late++;
      else if (detection !== null) {
        score = detection.score;
        if (wants({ ...detection, device })) found.push({ ...detection, device });
      }
    }
    if (!flags.scores) continue;
    lines.push([given.time, given.value, score].map((cell) => cellOf(String(cell))).join(","));
    if (lines.length >= PRINTED_ROWS) await flush();
  }
  await flush();
  if (!flags.scores)
    await tell(
      io,
      flags,
      { input: file },
      devices,
      found.sort((a, b) => a.time - b.time),
    );
  if (left.late > 0)
    notice(io, flags, `${plural(left.late, "row")} of a time that its device had already reported did not count.`);
  if (left.unread === 0) return 0;
  const verb = left.unread === 1 ? "has" : "have";
  const first = `the first is row ${left.first}`;
  notice(io, flags, `Without ${plural(left.unread, "row")} that ${verb} no time or no value, ${first}.`);
  return 1;
}

function bytesOf(io: Io, file: string): AsyncIterable<Buffer> {
  if (file === "-") return io.stdin;
  return createReadStream(file, {
    fd: openFile(resolve(io.cwd, file), { verb: "read", command: "vantageflow detect --input" }),
  });
}

/** RFC 4180 §2.6: what has a comma, a quote or a line break is quoted. */
function cellOf(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function tell(
  io: Io,
  flags: DetectFlags,
  of: object,
  devices: Detectors,
  found: readonly Found[],
): Promise<void> {
  if (flags.json) {
    const detections = found.map(({ device, time, value, expected, band, onceIn, reason, score }) => ({
      timestamp: new Date(time).toISOString(),
      device_id: device,
      value,
      expected,
      band: [expected - band, expected + band],
      once_in_days: onceIn / DAY_MS,
      reason,
      score,
    }));
    await printJson(io, { version: 1, ...of, detector: VERSION, devices: devices.count, detections });
    return;
  }
  const rows = found.map(({ time, device, value, expected, onceIn, reason }) => [
    new Date(time).toISOString(),
    device,
    String(value),
    shown(expected),
    shown(onceIn / DAY_MS),
    REASON_TEXTS[reason],
  ]);
  await printTable(io, flags, COLUMNS, rows);
  notice(io, flags, `${plural(found.length, "detection")} of ${plural(devices.count, "device")}.`);
}

/** Four digits are enough to compare with a value. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
