import { Detectors } from "../../detection/detectors.ts";
import { DEFAULT_ONE_IN_MS, sensitivityFor } from "../../detection/sensitivity.ts";
import { VantageflowError } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { DetectionRow } from "../../tables/detections/layout.ts";
import { readMutes } from "../../tables/detections/mutes.ts";
import { readDetections } from "../../tables/detections/read.ts";
import { syncDetections } from "../../tables/detections/sync.ts";
import { tryDetections } from "../../tables/detections/try.ts";
import type { SeenSoFar } from "../../tables/detections/view-state.ts";
import { planSync } from "../../tables/readings/plan.ts";
import { createReadingsTable } from "../../tables/scan/readings-table.ts";
import type { FlagsOf } from "../command.ts";
import { detectInFile } from "../detect-input.ts";
import { printDetections, sayPassed, seenBy } from "../detections.ts";
import { type Io, lakeOption, notice, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { checkLake, loadSettings, openLake, withLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import { parseSince, parseSpan } from "../since.ts";
import { noTable, viewContext } from "../tables.ts";
import type { command } from "./detect.command.ts";

type DetectFlags = FlagsOf<typeof command>;

/** What is odd in a lake's table of readings, or in a file. */
export async function action(io: Io, flags: DetectFlags, lake?: string): Promise<number> {
  checkFlags(flags, lake);
  const oneIn = flags.oneIn === undefined ? null : parseSpan(flags.oneIn, "--one-in");
  const since = flags.since === undefined ? Number.NEGATIVE_INFINITY : parseSince(flags.since, io.now());
  const { device, input, muted, scores = false } = flags;
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { config } = settings;
  if (input !== undefined) {
    const detectors = new Detectors(sensitivityFor(oneIn ?? config.detectOneIn ?? DEFAULT_ONE_IN_MS));
    const { maxRowBytes } = config.pipeline;
    const { found, isWhole } = await detectInFile(io, flags, detectors, { file: input, device, maxRowBytes, scores });
    if (scores) sayPassed(io, flags, detectors);
    else {
      const wanted = found.filter(({ time }) => time >= since);
      await printDetections(io, flags, { input }, seenBy(detectors), wanted, { mutes: [] });
    }
    return isWhole ? 0 : 1;
  }
  checkLake(config.lake, "detect in");
  const { storage } = openLake(io, settings);
  const { results: answer, interrupted } = await interruptible(io, flags, async (stopped) =>
    oneIn === null
      ? kept(io, storage, { oneIn: config.detectOneIn, device, since, stopped })
      : tryDetections(storage, { oneIn, device, since, stopped }),
  );
  if (answer === null) {
    if (flags.json) await printJson(io, { version: 1, lake: config.lake, detections: [] });
    notice(io, flags, noTable(config.lake));
    return 0;
  }
  const { rows, seen, isWhole } = answer;
  const mutes = await readMutes(storage);
  await printDetections(io, flags, { lake: config.lake }, seen, rows, { mutes, muted });
  const { batches, gone } = await planSync(storage, io.now(), () => {});
  if (batches.length + gone.length > 0) {
    const sync = `vantageflow tables sync${lakeOption(config.lake)}`;
    notice(
      io,
      flags,
      `${plural(batches.length + gone.length, "batch", "batches")} not in the table yet: ${sync}, then this again.`,
    );
  }
  if (device !== undefined && seen.devices === 0) notice(io, flags, `The table has no reading of ${device}.`);
  if (!isWhole) notice(io, flags, "Stopped: later days are as they were before. Run it again to go on.");
  if (interrupted !== null || seen.unreadable === 0) return interrupted ?? 0;
  const unreadable = plural(seen.unreadable, "row");
  notice(
    io,
    flags,
    `Without ${unreadable} of the table that another program has written without time, device or value.`,
  );
  return 1;
}

function checkFlags({ input, muted, scores, since, json }: DetectFlags, lake: string | undefined): void {
  const refuse = (why: string) => new VantageflowError("usage", `Cannot detect: ${why}.`);
  if (input !== undefined && lake !== undefined)
    throw refuse(`it is either --input or the lake "${lake}". Name one of them`);
  if (input !== undefined && muted) throw refuse("nothing is muted in a file. Leave out --muted");
  if (!scores) return;
  if (input === undefined) throw refuse("--scores are of a file. Add --input FILE");
  if (since !== undefined || json) throw refuse("--scores are CSV of every row. Leave out --since and --json");
}

/** What is asked of a lake. */
interface Asked {
  readonly oneIn: number | null;
  readonly device: string | undefined;
  readonly since: number;
  readonly stopped: () => boolean;
}

interface Answer {
  readonly rows: readonly DetectionRow[];
  readonly seen: SeenSoFar;
  /** Whether it came to the end of the readings. */
  readonly isWhole: boolean;
}

/** Brings the table of detections up to date, and reads it. Null where there is no table of readings. */
async function kept(io: Io, storage: LakeStorage, { oneIn, device, since, stopped }: Asked): Promise<Answer | null> {
  const seen = await syncDetections(viewContext(io, storage), { oneIn: oneIn ?? undefined, stopped });
  const found = seen === null ? null : await readDetections(storage, { device, since });
  if (seen === null || found === null) return null;
  const { rows } = found;
  if (device === undefined) return { rows, seen, isWhole: seen.isWhole };
  const devices = (await hasDevice(storage, device)) ? 1 : 0;
  return { rows, seen: { ...seen, devices, learned: devices }, isWhole: seen.isWhole };
}

async function hasDevice(storage: LakeStorage, device: string): Promise<boolean> {
  const any = { from: null, to: null, direction: -1, limit: 1, after: null, maxBytes: 1 } as const;
  const page = await createReadingsTable(storage).page({ ...any, device });
  return page !== null && page.readings.length > 0;
}
