import { join } from "node:path";
import { leftReasons } from "../monitor/doors.ts";
import { privateFolder } from "../storage/open.ts";
import { type LeftBehind, watchSpool } from "../streams/left-segments.ts";
import { spoolFiles } from "../streams/spool-files.ts";
import { type GlobalFlags, type Io, notice } from "./io.ts";

/** What is left in the spool of a lake that is a directory. Those of buckets, and others that `--spool` names, are not looked for. */
export function leftBehindIn(lake: string): (now: number) => Promise<readonly LeftBehind[]> {
  const own = privateFolder(lake);
  return own === null ? async () => [] : watchSpool(spoolFiles, join(own, "streams"));
}

/** Says so where it is a batch that people wait for. */
export async function sayLeftBehind(io: Io, flags: GlobalFlags, lake: string): Promise<void> {
  for (const { message, next } of leftReasons(await leftBehindIn(lake)(io.now()))) {
    notice(io, flags, `${message[0].toUpperCase()}${message.slice(1)}: ${next}`);
  }
}
