import { readMutes } from "../../../tables/detections/mutes.ts";
import { type GlobalFlags, type Io, notice } from "../../io.ts";
import { openMutes, printMutes } from "../../mutes.ts";

export async function action(io: Io, flags: GlobalFlags): Promise<number> {
  const { lake, storage } = await openMutes(io, flags, "read the mutes of");
  const mutes = await readMutes(storage);
  await printMutes(io, flags, lake, mutes);
  if (mutes.length === 0) notice(io, flags, "Nothing is muted.");
  return 0;
}
