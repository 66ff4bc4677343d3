import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { messageOf, quote, VantageflowError } from "../../errors.ts";
import { privateFolder } from "../../storage/open.ts";
import { absoluteUrl } from "../../storage/url.ts";
import { serveHttp } from "../../streams/doors/serve-http.ts";
import { FLUSH_LIMITS, type FlushLimits } from "../../streams/flush.ts";
import { openInlet } from "../../streams/inlet.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type Io, notice, printJson } from "../io.ts";
import { plural } from "../plural.ts";
import { checkFolders, loadSettings, openLake, withLake } from "../settings.ts";
import { untilSignal } from "../signals.ts";
import { readToken, tokenAdvice } from "../token.ts";
import type { command } from "./listen.command.ts";

type ListenFlags = FlagsOf<typeof command>;

const LOOPBACK = "127.0.0.1";
const IS_LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i;
const TOKEN = "VANTAGEFLOW_LISTEN_TOKEN";
/** The stream of this door, in bronze and in the spool. */
const SOURCE = "http";

/** Takes readings until somebody stops it, and brings into bronze what it has then. */
export async function action(io: Io, flags: ListenFlags, lake?: string): Promise<number> {
  const { host, port } = readPlace(flags.http);
  const limits = readLimits(flags);
  const token = tokenFor(io, host);
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const { config } = settings;
  checkFolders(config.lake);
  const { storage } = openLake(io, settings);
  const say = (line: object) => void printJson(io, { version: 1, time: new Date(io.now()).toISOString(), ...line });
  const onTrouble = (error: unknown) => {
    if (flags.json === true) say({ type: "trouble", message: messageOf(error) });
    else complain(io, messageOf(error));
  };
  const inlet = await openInlet({
    storage,
    source: SOURCE,
    folder: join(spoolOf(io, flags, config.lake), SOURCE),
    limits,
    now: io.now,
    onFlushed: ({ batches, records }) => {
      if (flags.json === true) say({ type: "flush", records, batches });
    },
    onTrouble,
  });
  const signal = untilSignal(io, flags);
  try {
    const door = await serveHttp({ inlet, token, host, port, now: io.now });
    const url = `http://${host}:${door.port}`;
    if (flags.json === true) say({ type: "listening", lake: config.lake, url, port: door.port });
    notice(io, flags, `Listening for ${config.lake}: POST ${url}/v1/readings. Ctrl-C stops.`);
    const ended = await Promise.race([signal, inlet.ended]);
    await door.close();
    if (typeof ended !== "number") throw ended;
    return await endWith(io, ended, await inlet.close());
  } catch (error) {
    await inlet.close();
    throw error;
  }
}

async function endWith(io: Io, code: number, left: number): Promise<number> {
  if (left === 0) return code;
  const why = "the lake could not be reached. They are kept, and brought there when vantageflow listen runs again";
  complain(io, `Cannot bring ${plural(left, "reading")} into bronze: ${why}.`);
  return 1;
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

function readPlace(given: string): { readonly host: string; readonly port: number } {
  const [, host = LOOPBACK, port = ""] = /^(?:(\[[\da-f:.]+\]|[^:\s]+):)?(\d{1,5})$/i.exec(given) ?? [];
  if (port !== "" && Number(port) <= 65_535) return { host, port: Number(port) };
  const why =
    "it is no port. Use a number from 0 (any that is free) to 65535, with a host in front of it if need be: 0.0.0.0:4280";
  throw new VantageflowError("usage", `Cannot use --http ${quote(given)}: ${why}.`);
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

/** Throws `config_invalid` where others than this machine get in without a token, too. */
function tokenFor(io: Io, host: string): string | null {
  const token = readToken(io, TOKEN);
  if (token !== null || IS_LOOPBACK.test(host)) return token;
  const why = "others than this machine could send readings, and there is no token";
  throw new VantageflowError("config_invalid", `Cannot listen on ${quote(host)}: ${why}. ${tokenAdvice(TOKEN)}`);
}
