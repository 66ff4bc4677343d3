import { quote, VantageflowError } from "../../errors.ts";
import { serveHttp } from "../../streams/doors/serve-http.ts";
import type { Io } from "../io.ts";
import { readToken, tokenAdvice } from "../token.ts";
import type { DoorContext, OpenDoor } from "./door.ts";
import { inletOf } from "./inlet.ts";

const LOOPBACK = "127.0.0.1";
const IS_LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i;
const TOKEN = "VANTAGEFLOW_LISTEN_TOKEN";
/** The stream of this door, in bronze and in the spool. */
const SOURCE = "http";

/** `--http`: readings by POST. */
export async function openHttpDoor(context: DoorContext): Promise<OpenDoor | null> {
  const { io, flags } = context;
  if (flags.http === undefined) return null;
  const { host, port } = readPlace(flags.http);
  const token = tokenFor(io, host);
  const inlet = await inletOf(context, SOURCE);
  try {
    const door = await serveHttp({ inlet, token, host, port, now: io.now, onTrouble: context.onTrouble });
    const url = `http://${host}:${door.port}`;
    return {
      listening: { door: SOURCE, url, port: door.port },
      place: `POST ${url}/v1/readings`,
      ended: inlet.ended,
      look: () => ({ connected: true, ...inlet.look(), lag_seconds: null }),
      stop: door.close,
      close: inlet.close,
    };
  } catch (error) {
    await inlet.close();
    throw error;
  }
}

function readPlace(given: string): { readonly host: string; readonly port: number } {
  const [, host = LOOPBACK, port = ""] = /^(?:(\[[\da-f:.]+\]|[^:\s]+):)?(\d{1,5})$/i.exec(given) ?? [];
  if (port !== "" && Number(port) <= 65_535) return { host, port: Number(port) };
  const why =
    "it is no port. Use a number from 0 (any that is free) to 65535, with a host in front of it if need be: 0.0.0.0:4280";
  throw new VantageflowError("usage", `Cannot use --http ${quote(given)}: ${why}.`);
}

/** Throws `config_invalid` where others than this machine get in without a token, too. */
function tokenFor(io: Io, host: string): string | null {
  const token = readToken(io, TOKEN);
  if (token !== null || IS_LOOPBACK.test(host)) return token;
  const why = "others than this machine could send readings, and there is no token";
  throw new VantageflowError("config_invalid", `Cannot listen on ${quote(host)}: ${why}. ${tokenAdvice(TOKEN)}`);
}
