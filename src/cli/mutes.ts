import type { LakeStorage } from "../storage/port.ts";
import type { Mute } from "../tables/detections/mutes.ts";
import { type GlobalFlags, type Io, printJson } from "./io.ts";
import { checkLake, loadSettings, openLake } from "./settings.ts";
import { printTable } from "./table.ts";

const COLUMNS = ["id", "device", "from", "to", "who", "why"].map((head) => ({ head }));

/** The lake whose mutes a command reads or changes; `purpose` is what for. */
export async function openMutes(
  io: Io,
  flags: GlobalFlags,
  purpose: string,
): Promise<{ readonly lake: string; readonly storage: LakeStorage }> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, purpose);
  return { lake, storage: openLake(io, settings).storage };
}

/** Prints mutes, as a table or as JSON. */
export async function printMutes(io: Io, flags: GlobalFlags, lake: string, mutes: readonly Mute[]): Promise<void> {
  if (flags.json) await printJson(io, { version: 1, lake, mutes: mutes.map(documentOf) });
  else await printTable(io, flags, COLUMNS, mutes.map(cellsOf));
}

function documentOf({ id, device, from, to, who, why, said }: Mute) {
  return { id, device_id: device, from: shown(from), to: to === null ? null : shown(to), who, why, said: shown(said) };
}

function cellsOf({ id, device, from, to, who, why }: Mute): string[] {
  return [id, device, shown(from), to === null ? "" : shown(to), who, why];
}

function shown(time: number): string {
  return new Date(time).toISOString();
}
