import { VantageflowError } from "../../../errors.ts";
import { removeMutes } from "../../../tables/detections/mutes.ts";
import { type GlobalFlags, type Io, notice } from "../../io.ts";
import { openMutes, printMutes } from "../../mutes.ts";
import { plural } from "../../plural.ts";

export async function action(io: Io, flags: GlobalFlags, id: string): Promise<number> {
  const { lake, storage } = await openMutes(io, flags, "unmute a device of");
  const removed = await removeMutes(storage, id);
  if (removed.length === 0) {
    const how = "See what is muted: vantageflow detect mutes";
    throw new VantageflowError("usage", `Cannot unmute "${id}": no mute has this id or device. ${how}.`);
  }
  await printMutes(io, flags, lake, removed);
  notice(io, flags, `Took back ${plural(removed.length, "mute")}.`);
  return 0;
}
