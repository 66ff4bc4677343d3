import { quote, VantageflowError } from "../../errors.ts";
import type { ContractInlet } from "../../streams/doors/messages.ts";
import { serveHttp } from "../../streams/doors/serve-http.ts";
import { POINT_ROWS, READING_ROWS, type RowForm, spoolFolder } from "../../streams/form.ts";
import type { Inlet } from "../../streams/inlet.ts";
import type { Io } from "../io.ts";
import { readToken, tokenAdvice } from "../token.ts";
import type { DoorContext, OpenDoor } from "./door.ts";
import { closeInlets, inletOf, lookInto } from "./inlet.ts";

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
  const inlets: Inlet[] = [];
  const spools: string[] = [];
  const open: OpenInlet = async (source, form) => {
    const folder = spoolFolder(source, form, SOURCE);
    const inlet = await inletOf(context, source, { folder, form });
    inlets.push(inlet);
    spools.push(folder);
    return inlet;
  };
  try {
    const { now } = io;
    const inlet = await open(SOURCE, READING_ROWS);
    const served = await contractInlets(context, open);
    const door = await serveHttp({ inlet, ...served, token, host, port, now, onTrouble: context.onTrouble });
    const url = `http://${host}:${door.port}`;
    const messages = [...served.contracts.keys()].map((name) => `${url}/v1/messages/${name}`);
    const points = served.points === null ? [] : [`${url}/write`];
    return {
      listening: { door: SOURCE, url, port: door.port, contracts: context.contracts.map(({ name }) => name) },
      place: `POST ${[`${url}/v1/readings`, ...messages, ...points].join(", ")}`,
      spools,
      ended: Promise.race(inlets.map(({ ended }) => ended)),
      look: () => ({ connected: true, ...lookInto(inlets), lag_seconds: null }),
      stop: door.close,
      close: () => closeInlets(inlets),
    };
  } catch (error) {
    await closeInlets(inlets);
    throw error;
  }
}

type OpenInlet = (source: string, form: RowForm) => Promise<Inlet>;

/** An inlet for each contract: points go as they come where there is one for them. */
async function contractInlets({ contracts, maxRowBytes }: DoorContext, open: OpenInlet) {
  const messages = new Map<string, ContractInlet>();
  let points: ContractInlet | null = null;
  for (const { name, source, form } of contracts) {
    const inlet = { inlet: await open(source, form), maxRowBytes };
    if (form === POINT_ROWS) points = inlet;
    else messages.set(name, inlet);
  }
  return { contracts: messages, points };
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
