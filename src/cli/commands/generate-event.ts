import { VantageflowError } from "../../errors.ts";
import { bucketOf, s3ObjectEvent, s3TestEvent } from "../../ledger/s3-event.ts";
import { findObject } from "../../storage/find.ts";
import { isThere } from "../../storage/open.ts";
import { topology, triggeredBy } from "../../topology.ts";
import type { FlagsOf } from "../command.ts";
import { type GlobalFlags, type Io, print } from "../io.ts";
import { checkFolders, loadSettings, openLake } from "../settings.ts";
import { parseSince } from "../since.ts";
import type { command } from "./generate-event.command.ts";

type EventFlags = FlagsOf<typeof command>;

/** Of an object that the lake does not hold: those of `sam local generate-event s3 put`. */
const EXAMPLE = { size: 1024, token: "0123456789abcdef0123456789abcdef" };

export async function action(io: Io, flags: EventFlags, kind: string): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  const bucket = flags.bucket ?? bucketOf(lake);
  const time = parseSince(flags.time, io.now(), "--time");
  if (kind === "s3-test") {
    await printEvent(io, flags, s3TestEvent(bucket, time));
    return 0;
  }
  if (kind !== "s3-put") throw usage(`"${kind}": the events are s3-put and s3-test`);

  const { key, etag, versionId, region } = flags;
  const { storage } = openLake(io, settings);
  checkFolders(lake);
  const known = bucket === bucketOf(lake) && isThere(lake) ? await findObject(storage, key) : null;
  const { size, token } = known ?? EXAMPLE;
  const id = triggeredBy(key);
  const configurationId = id === null ? "none" : topology.functions[id].startedBy.id;
  const object = { key, size: sizeOf(flags.size) ?? size, eTag: etag ?? token, versionId, time };
  await printEvent(io, flags, s3ObjectEvent(bucket, object, configurationId, region));
  return 0;
}

/** The event is the document: nothing may be added to it. */
function printEvent(io: Io, flags: GlobalFlags, event: unknown): Promise<void> {
  return print(io, `${JSON.stringify(event, null, flags.json ? 0 : 2)}\n`);
}

function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage(`--size "${text}": it is no number of bytes`);
}

function usage(why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot generate ${why}.`);
}
