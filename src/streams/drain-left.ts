import { join } from "node:path";
import type { LakeStorage } from "../storage/port.ts";
import { type DrainTarget, drainTaken, takeOver } from "./drain.ts";
import { folderStream } from "./form.ts";
import { RequestKeys } from "./keys.ts";
import { LeftSegments } from "./left-segments.ts";
import { SeenReadings } from "./seen.ts";
import type { SpoolFiles } from "./spool-files.ts";

export interface LeftOptions extends Pick<DrainTarget, "onFlushed" | "onTrouble"> {
  readonly storage: LakeStorage;
  readonly files: SpoolFiles;
  /** The spool: a folder for each stream of each door. */
  readonly folder: string;
  /** Those whose doors are open here: they bring in themselves what is left there. */
  readonly open: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Brings into bronze what processes that are gone have left for doors that are not open here. What fails is told, and tried again with the next call. */
export async function drainLeft({ storage, files, folder, open, now, ...told }: LeftOptions): Promise<void> {
  try {
    for (const name of await files.names(folder)) {
      const stream = open.includes(name) ? null : folderStream(name);
      if (stream === null) continue;
      const spool = { files, folder: join(folder, name), form: stream.form };
      const seen = new SeenReadings();
      const target = { ...told, storage, source: stream.source, spool, seen };
      const taken = await takeOver(target, new RequestKeys(now), now());
      if (taken.length === 0) continue;
      // What is known of readings there must be known to the door that opens it next.
      await seen.load(spool);
      await drainTaken(target, taken, new LeftSegments(files), now());
    }
  } catch (error) {
    told.onTrouble(error);
  }
}
