import type { Resolved } from "../config.ts";
import { createMonitor, type Monitor, type MonitorOptions } from "../monitor/monitor.ts";
import { isThere, openRemovals } from "../storage/open.ts";
import { openFailures } from "./failures.ts";
import type { Io } from "./io.ts";
import { leftBehindIn } from "./left-behind.ts";
import { checkLake, openLake } from "./settings.ts";

/** Looks at the lake of the settings; `verb` is what the command does with it. Throws `not_found`. */
export function openMonitor(io: Io, settings: Resolved, verb: string, reach?: MonitorOptions["reach"]): Monitor {
  const { lake, pipeline } = settings.config;
  const { anomalyThreshold } = pipeline;
  checkLake(lake, verb);
  const { storage } = openLake(io, settings);
  const failures = openFailures(io, settings);
  const versions = openRemovals(lake);
  const leftBehind = leftBehindIn(lake);
  const facts = { storage, failures, versions, now: io.now, reach, anomalyThreshold, leftBehind };
  return createMonitor({ ...facts, isThere: () => isThere(lake) });
}
