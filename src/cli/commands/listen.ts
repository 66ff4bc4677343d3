import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { messageOf, quote, VantageflowError } from "../../errors.ts";
import { DEFAULT_SETTINGS } from "../../pipeline/settings.ts";
import { privateFolder } from "../../storage/open.ts";
import { absoluteUrl } from "../../storage/url.ts";
import { TAKE_OVER_MS } from "../../streams/drain.ts";
import { drainLeft } from "../../streams/drain-left.ts";
import { FLUSH_LIMITS, type FlushLimits } from "../../streams/flush.ts";
import { spoolFiles } from "../../streams/spool-files.ts";
import { doorContracts } from "../doors/contracts.ts";
import type { DoorFlushed, DoorOpener, ListenFlags, OpenDoor } from "../doors/door.ts";
import { openHttpDoor } from "../doors/http.ts";
import { type DoorStates, keepDoorStates } from "../doors/keep-states.ts";
import { openKinesisDoor } from "../doors/kinesis.ts";
import { openMqttDoor } from "../doors/mqtt.ts";
import { complain, type Io, notice, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { checkFolders, loadSettings, openLake, withLake } from "../settings.ts";
import { untilSignal } from "../signals.ts";

/** How often a lake is told what its doors do: in a bucket each time is a request. */
const [DIRECTORY_MS, BUCKET_MS] = [10_000, 60_000];

/** By the name that each door has where it is told of. */
const DOORS: Readonly<Record<string, DoorOpener>> = {
  http: openHttpDoor,
  mqtt: openMqttDoor,
  kinesis: openKinesisDoor,
};

/** Takes readings until somebody stops it, and brings into bronze what it has then. */
export async function action(io: Io, flags: ListenFlags, lake?: string): Promise<number> {
  const limits = readLimits(flags);
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { config } = settings;
  checkFolders(config.lake);
  const { storage } = openLake(io, settings);
  const say = (line: object) => void printJson(io, { version: 1, time: new Date(io.now()).toISOString(), ...line });
  let states: DoorStates | null = null;
  const context = {
    io,
    flags,
    lake: config.lake,
    storage,
    spool: spoolOf(io, flags, config.lake),
    limits,
    contracts: await doorContracts({ io, flags, storage }),
    // Whoever processes the lake may have another limit, and a batch with a longer row is refused.
    maxRowBytes: Math.min(config.pipeline.maxRowBytes, DEFAULT_SETTINGS.maxRowBytes),
    onFlushed: ({ batches, records, iteratorAgeMs }: DoorFlushed) => {
      if (flags.json === true) say({ type: "flush", records, batches, iterator_age_ms: iteratorAgeMs });
    },
    onChange: (line: object, text: string) => {
      if (flags.json === true) say(line);
      else notice(io, flags, text);
    },
  };
  const tellTrouble = (door: string, error: unknown) => {
    if (flags.json === true) say({ type: "trouble", door, message: messageOf(error) });
    else complain(io, messageOf(error));
    states?.tell(door, error);
  };
  const doors: OpenDoor[] = [];
  const others = regularly(TAKE_OVER_MS, () =>
    drainLeft({
      ...{ storage, files: spoolFiles, folder: context.spool, now: io.now, onFlushed: context.onFlushed },
      open: doors.flatMap(({ spools }) => spools),
      onTrouble: (error) => tellTrouble("spool", error),
    }),
  );
  try {
    for (const [name, open] of Object.entries(DOORS)) {
      const door = await open({ ...context, onTrouble: (error) => tellTrouble(name, error) });
      if (door !== null) doors.push(door);
    }
    if (doors.length === 0) throw noDoor();
    others.begin();
    const signal = untilSignal(io, flags);
    for (const { listening, place } of doors) {
      if (flags.json === true) say({ type: "listening", lake: config.lake, ...listening });
      notice(io, flags, `Listening for ${config.lake}: ${place}. Ctrl-C stops.`);
    }
    states = keepDoorStates(storage, doors, io.now, privateFolder(config.lake) === null ? BUCKET_MS : DIRECTORY_MS);
    const ended = await Promise.race([signal, ...doors.map((door) => door.ended)]);
    if (typeof ended !== "number") throw ended;
    await others.end();
    const left = await closeAll(doors);
    await states.close(left === 0);
    return await endWith(io, ended, left);
  } catch (error) {
    await others.end();
    await closeAll(doors);
    await states?.close(false);
    throw error;
  }
}

/** Does some work at once when it begins, and then again and again, never twice at a time. */
function regularly(everyMs: number, work: () => Promise<void>) {
  let working: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  const go = () => {
    working ??= work().finally(() => {
      working = null;
    });
  };
  return {
    begin() {
      go();
      timer = setInterval(go, everyMs);
    },
    async end() {
      clearInterval(timer);
      await working;
    },
  };
}

/** All doors take no more before the first brings in what it has, which may take long. */
async function closeAll(doors: OpenDoor[]): Promise<number> {
  const open = doors.splice(0);
  await Promise.all(open.map((door) => door.stop()));
  const left = await Promise.all(open.map((door) => door.close()));
  return left.reduce((sum, readings) => sum + readings, 0);
}

async function endWith(io: Io, code: number, left: number): Promise<number> {
  if (left === 0) return code;
  const why = "the lake could not be reached. They are kept, and brought there when vantageflow listen runs again";
  complain(io, `Cannot bring ${plural(left, "reading")} into bronze: ${why}.`);
  return 1;
}

function noDoor(): VantageflowError {
  const how = "Use --http 4280, --mqtt mqtt://localhost or --kinesis STREAM";
  return new VantageflowError("usage", `Cannot listen: no door is named. ${how}.`);
}

/** Where readings are kept until they are in bronze: on this machine, since nothing is acknowledged before. */
function spoolOf(io: Io, { spool }: ListenFlags, lake: string): string {
  if (spool !== undefined) return resolve(io.cwd, spool);
  const own = privateFolder(lake);
  if (own !== null) return join(own, "streams");
  const state = io.environment.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const name = createHash("sha256").update(absoluteUrl(lake, io.cwd)).digest("hex").slice(0, 16);
  return join(state, "vantageflow", "streams", name);
}

function readLimits(flags: ListenFlags): FlushLimits {
  const read = (flag: string, given: string, max: number, pattern: RegExp) => {
    const value = Number(given);
    if (pattern.test(given) && value > 0 && value <= max) return value;
    throw new VantageflowError(
      "usage",
      `Cannot use ${flag} ${quote(given)}: it is no number from 1 to ${max}. Use one.`,
    );
  };
  return {
    ms: 1000 * read("--flush-seconds", flags.flushSeconds, 3600, /^\d+(\.\d+)?$/),
    bytes: read("--flush-bytes", flags.flushBytes, 4 * FLUSH_LIMITS.bytes, /^\d+$/),
    records: read("--flush-records", flags.flushRecords, 4 * FLUSH_LIMITS.records, /^\d+$/),
  };
}
