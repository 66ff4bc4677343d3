import { Detectors } from "../../detection/detectors.ts";
import { sensitivityFor } from "../../detection/sensitivity.ts";
import { VantageflowError } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { readSnapshot } from "../../tables/delta/snapshot.ts";
import { READINGS } from "../../tables/readings/layout.ts";
import { readInOrder } from "../../tables/scan/in-order.ts";
import type { FlagsOf } from "../command.ts";
import { detectInFile } from "../detect-input.ts";
import { type Found, printDetections, sayPassed } from "../detections.ts";
import { type Io, notice, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { checkLake, loadSettings, openLake, withLake } from "../settings.ts";
import { parseSince, parseSpan } from "../since.ts";
import { noTable } from "../tables.ts";
import type { command } from "./detect.command.ts";

type DetectFlags = FlagsOf<typeof command>;

/** What is odd in a lake's table of readings, or in a file. */
export async function action(io: Io, flags: DetectFlags, lake?: string): Promise<number> {
  checkFlags(flags, lake);
  const detectors = new Detectors(sensitivityFor(parseSpan(flags.oneIn, "--one-in")));
  const since = flags.since === undefined ? Number.NEGATIVE_INFINITY : parseSince(flags.since, io.now());
  const { device, input, scores = false } = flags;
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { config } = settings;
  if (input !== undefined) {
    const { maxRowBytes } = config.pipeline;
    const { found, isWhole } = await detectInFile(io, flags, detectors, { file: input, device, maxRowBytes, scores });
    const wanted = found.filter(({ time }) => time >= since);
    if (scores) sayPassed(io, flags, detectors);
    else await printDetections(io, flags, { input }, detectors, wanted);
    return isWhole ? 0 : 1;
  }
  checkLake(config.lake, "detect in");
  const { storage } = openLake(io, settings);
  const read = await inLake(storage, detectors, device ?? null);
  if (read === null) {
    if (flags.json) await printJson(io, { version: 1, lake: config.lake, detections: [] });
    notice(io, flags, noTable(config.lake));
    return 0;
  }
  const wanted = read.found.filter(({ time }) => time >= since);
  await printDetections(io, flags, { lake: config.lake }, detectors, wanted);
  if (device !== undefined && detectors.count === 0) notice(io, flags, `The table has no reading of ${device}.`);
  if (read.unreadable === 0) return 0;
  const rows = plural(read.unreadable, "row");
  notice(io, flags, `Without ${rows} of the table that another program has written without time, device or value.`);
  return 1;
}

function checkFlags({ input, scores, since, json }: DetectFlags, lake: string | undefined): void {
  const refuse = (why: string) => new VantageflowError("usage", `Cannot detect: ${why}.`);
  if (input !== undefined && lake !== undefined)
    throw refuse(`it is either --input or the lake "${lake}". Name one of them`);
  if (!scores) return;
  if (input === undefined) throw refuse("--scores are of a file. Add --input FILE");
  if (since !== undefined || json) throw refuse("--scores are CSV of every row. Leave out --since and --json");
}

/** Null where there is no table. */
async function inLake(storage: LakeStorage, detectors: Detectors, device: string | null) {
  const snapshot = await readSnapshot(storage, READINGS);
  if (snapshot === null) return null;
  const found: Found[] = [];
  const unreadable = await readInOrder(storage, snapshot, device, (id, time, value) => {
    const detection = detectors.take(id, time, value);
    if (detection !== null) found.push({ ...detection, device: id });
  });
  return { found, unreadable };
}
