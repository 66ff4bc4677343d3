import { join } from "node:path";
import { type Inlet, openInlet } from "../../streams/inlet.ts";
import type { SeenReadings } from "../../streams/seen.ts";
import type { DoorContext } from "./door.ts";

/** The inlet of a door's source: what the door has taken becomes durable in it, and comes into bronze. */
export function inletOf(context: DoorContext, source: string, seen?: SeenReadings): Promise<Inlet> {
  const { io, storage, spool, limits, onFlushed, onTrouble } = context;
  const folder = join(spool, source);
  return openInlet({ storage, source, folder, limits, now: io.now, onFlushed, onTrouble, ...(seen && { seen }) });
}
