import { isUtf8 } from "node:buffer";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { hasCode, messageOf, VantageflowError } from "../../errors.ts";
import type { Inlet, InletRequest } from "../inlet.ts";
import { type InletAnswer, type KeyUse, keyUse, type Rejected } from "../keys.ts";
import { bronzeRow } from "../record.ts";
import { BadRequest, BodyReader } from "./body.ts";
import { readCsv } from "./csv.ts";
import { faultTeller } from "./fault.ts";
import { tokenIn, whyNotLetIn } from "./guard.ts";
import { addInfluxRoutes } from "./influx.ts";
import { type OnCells, readJsonDocument, readJsonLines } from "./json.ts";
import { addMessageRoutes, type ContractInlet } from "./messages.ts";
import { readingFrom } from "./reading.ts";
import { readSenml } from "./senml.ts";

export interface HttpDoorOptions {
  readonly inlet: Inlet;
  /** Where what contracts of the lake read goes as it comes: messages by the name of the contract, and points of line protocol. */
  readonly contracts?: ReadonlyMap<string, ContractInlet>;
  readonly points?: ContractInlet | null;
  /** What clients send as `Authorization: Bearer`; null where none is asked for. */
  readonly token: string | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What was sent and cannot be a reading, where the answer has no place for it. */
  readonly onTrouble: (error: unknown) => void;
}

type Env = { Bindings: HttpBindings };
type Status = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 429 | 503;

/** Rejected readings of a request that are told one by one; fewer where the answer is kept for who asks again by a key. */
const [MAX_TOLD, MAX_TOLD_BY_KEY] = [100, 5];
/** Of a request: short ones become many times as many bytes as they were. */
const MAX_READINGS = 400_000;
const MAX_KEY_CHARACTERS = 255;
/** Seconds after which to try again: those who send too much at once, and those for whom there is no room. */
const RETRY_AFTER: Readonly<Partial<Record<Status, string>>> = { 429: "1", 503: "5" };

/** Reads a body of a media type and tells its readings. Returns what is wrong where there are none to be told. */
type Format = (bytes: Buffer, onCells: OnCells, arrival: string) => Promise<string | null> | string | null;

const lines: Format = (bytes, onCells) => {
  readJsonLines(textOf(bytes), onCells);
  return null;
};
const FORMATS: Readonly<Record<string, Format>> = {
  "application/json": (bytes, onCells) => readJsonDocument(textOf(bytes), onCells),
  "application/x-ndjson": lines,
  "application/ndjson": lines,
  "application/jsonl": lines,
  "text/csv": readCsv,
  "application/senml+json": readSenml,
};

/** The door for readings over HTTP, as an app that knows no socket. */
export function createHttpDoor(options: HttpDoorOptions): Hono<Env> {
  const { inlet, token, now, contracts = new Map(), points = null } = options;
  const inlets = [inlet, ...[...contracts.values(), points].flatMap((one) => one?.inlet ?? [])];
  const app = new Hono<Env>();
  const bodies = new BodyReader();
  const tellFault = faultTeller(options.onTrouble, now);
  addInfluxRoutes(app, { ...options, inlets, bodies, tellFault });
  app.use(guard(token));
  app.post("/v1/readings", async (c) => {
    const format = FORMATS[mediaType(c)];
    if (format === undefined) {
      throw new BadRequest(415, `its Content-Type is none of ${Object.keys(FORMATS).join(", ")}`);
    }
    if (inlet.isFull())
      return refuse(c, 503, "busy", "Cannot take readings now: the lake has not yet taken those before.");
    const bytes = await bodies.read(c.env.incoming);
    const incoming = await requestOf(format, bytes, new Date(now()).toISOString(), keyOf(c, bytes));
    if (incoming.rows.length > 0) return c.json(answerJson(await inlet.accept(incoming)), 202);
    if (incoming.rejectedCount === 0) throw new BadRequest(400, "there is no reading in it");
    return c.json(answerJson({ ...incoming, accepted: 0 }), 422);
  });
  app.all("/v1/readings", (c) => {
    c.header("Allow", "POST");
    return refuse(c, 405, "method_not_allowed", `Cannot ${c.req.method} readings: they are sent by POST.`);
  });
  addMessageRoutes(app, { contracts, bodies, keyOf, answerJson, refuse, now, maxMessages: MAX_READINGS });
  app.notFound((c) => refuse(c, 404, "not_found", "There is nothing here. Send readings to POST /v1/readings."));
  app.onError((error, c) => answerError(error, c, tellFault));
  return app;
}

function guard(token: string | null): MiddlewareHandler<Env> {
  return async (c, next) => {
    const why = whyNotLetIn(c, tokenIn(c), token);
    if (why === null) return next();
    if (why.status === 401) c.header("WWW-Authenticate", "Bearer");
    return refuse(c, why.status, why.code, why.message);
  };
}

async function requestOf(format: Format, bytes: Buffer, arrival: string, use: KeyUse | null): Promise<InletRequest> {
  if (bytes.includes(0) || !isUtf8(bytes)) throw new BadRequest(400, "it is not UTF-8, or has a NUL");
  const rows: string[] = [];
  const rejected: Rejected[] = [];
  let rejectedCount = 0;
  const take: OnCells = (cells) => {
    const index = rows.length + rejectedCount;
    if (index === MAX_READINGS)
      throw new BadRequest(413, `it has more than ${MAX_READINGS} readings. Send it in pieces`);
    const read = "reason" in cells ? cells : readingFrom(cells, arrival);
    if (!("reason" in read)) rows.push(bronzeRow(read));
    else if (++rejectedCount <= (use === null ? MAX_TOLD : MAX_TOLD_BY_KEY))
      rejected.push({ index, reason: read.reason, message: read.message });
  };
  const wrong = await format(bytes, take, arrival);
  if (wrong !== null) throw new BadRequest(400, wrong);
  return { rows, rejected, rejectedCount, use };
}

function answerJson({ accepted, rejected, rejectedCount }: InletAnswer) {
  const more = rejectedCount - rejected.length;
  return more === 0 ? { accepted, rejected } : { accepted, rejected, rejected_more: more };
}

/** Text without the byte order mark that some put in front of it. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function mediaType(c: Context): string {
  return (c.req.header("Content-Type") ?? "").split(";", 1)[0].trim().toLowerCase();
}

function keyOf(c: Context, bytes: Buffer, kind = ""): KeyUse | null {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  if (key !== "" && key.length <= MAX_KEY_CHARACTERS) return keyUse(key, bytes, kind);
  throw new BadRequest(400, `its Idempotency-Key is empty or longer than ${MAX_KEY_CHARACTERS} characters`);
}

function answerError(error: Error, c: Context, tellFault: (error: unknown) => void): Response {
  if (error instanceof BadRequest)
    return refuse(c, error.status, "unreadable", `Cannot read the request: ${error.message}.`);
  if (hasCode(error, "usage")) return refuse(c, 422, error.code, error.message);
  tellFault(error);
  return refuse(c, 503, error instanceof VantageflowError ? error.code : "internal", messageOf(error));
}

function refuse(c: Context, status: Status, code: string, message: string): Response {
  const after = RETRY_AFTER[status];
  if (after !== undefined) c.header("Retry-After", after);
  return c.json({ version: 1, error: { code, message } }, status);
}
