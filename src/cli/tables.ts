import { randomUUID } from "node:crypto";
import type { Config } from "../config.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { ViewContext } from "../tables/detections/view-types.ts";
import type { SyncContext } from "../tables/readings/sync-types.ts";
import { VERSION } from "../version.ts";
import { type Io, lakeOption } from "./io.ts";

/** What code of the table needs to change it. */
export function tableContext(io: Io, config: Pick<Config, "pipeline">, storage: LakeStorage): SyncContext {
  return { storage, code: VERSION, now: io.now, settings: config.pipeline, newId: randomUUID };
}

/** The same of the table of detections. */
export function viewContext(io: Io, storage: LakeStorage): ViewContext {
  return { storage, code: VERSION, now: io.now, newId: randomUUID };
}

/** What is said where nobody has made the table yet. */
export function noTable(lake: string): string {
  return `No table in ${lake} yet. Make it: vantageflow tables sync${lakeOption(lake)}`;
}
