import { isUtf8 } from "node:buffer";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { messageOf, quote } from "../../errors.ts";
import type { Inlet } from "../inlet.ts";
import { bodyUse } from "../keys.ts";
import { BadRequest, type BodyReader } from "./body.ts";
import { passwordIn, tokenIn, whyNotLetIn } from "./guard.ts";
import { OLD_PRECISIONS, PRECISIONS, type Precision } from "./instant.ts";
import { type LineReadings, readLineProtocol } from "./line-protocol.ts";
import type { ContractInlet } from "./messages.ts";
import { readPointRows } from "./point-rows.ts";
import type { WrongLine } from "./points.ts";

interface InfluxOptions {
  readonly inlet: Inlet;
  /** All of the door's: its health is theirs. */
  readonly inlets: readonly Inlet[];
  /** Where points go as they came, for a contract of the lake to read; null where their numbers are readings. */
  readonly points?: ContractInlet | null;
  readonly bodies: BodyReader;
  /** See `faultTeller`. */
  readonly tellFault: (error: unknown) => void;
  readonly token: string | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A field that is no reading, told once. */
  readonly onTrouble: (error: unknown) => void;
}

type Env = { Bindings: HttpBindings };
type Status = 400 | 401 | 403 | 413 | 415 | 422 | 503;

/** What InfluxDB 2 calls each. */
const CODES: Readonly<Record<Status, string>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  413: "request too large",
  415: "invalid",
  422: "unprocessable entity",
  503: "unavailable",
};
/** Of the InfluxDB whose ways these are; some clients look for it. */
const VERSION = { "X-Influxdb-Build": "vantageflow", "X-Influxdb-Version": "v2.7.0" };
const RETRY_AFTER_SECONDS = "5";
/** How many fields with texts are told of. */
const MAX_TOLD = 100;
/** Says how many fields of a request were texts. */
const PASSED_OVER = "X-Vantageflow-Passed-Over";
const BUSY = "Cannot take readings now: the lake has not yet taken those before";

/** A request that is answered with an error. */
class Refused extends Error {
  readonly status: Status;
  /** The line that is wrong, 1-based. */
  readonly line: number | undefined;

  constructor(status: Status, message: string, line?: number) {
    super(message);
    this.status = status;
    this.line = line;
  }
}

/** What differs between the two ways to write. */
interface Way {
  readonly path: string;
  readonly precisions: Readonly<Record<string, Precision>>;
  readonly tokenOf: (c: Context) => string | undefined;
  readonly errorOf: (refused: Refused) => object;
}

const WAYS: readonly Way[] = [
  {
    path: "/api/v2/write",
    precisions: PRECISIONS,
    tokenOf: tokenIn,
    errorOf: ({ status, message }) => ({ code: CODES[status], message }),
  },
  {
    path: "/write",
    precisions: OLD_PRECISIONS,
    tokenOf: (c) => tokenIn(c) ?? passwordIn(c),
    errorOf: ({ message }) => ({ error: message }),
  },
];

/** Adds to a door what writers to InfluxDB ask for: `/api/v2/write`, `/write`, `/ping` and `/health`. */
export function addInfluxRoutes(app: Hono<Env>, options: InfluxOptions): void {
  const { inlets, token, bodies, tellFault } = options;
  app.get("/ping", (c) => c.body(null, 204, VERSION));
  app.get("/health", (c) => {
    const isFull = inlets.some((inlet) => inlet.isFull());
    const pending = inlets.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
    const [status, message] = isFull ? ["fail", BUSY] : ["pass", "ready for writes"];
    const health = { name: "vantageflow", status, message, checks: [], pending_bytes: pending };
    return c.json(health, isFull ? 503 : 200, VERSION);
  });
  const write = createWriter(options);
  for (const way of WAYS) {
    app.post(way.path, async (c) => {
      try {
        const why = whyNotLetIn(c, way.tokenOf(c), token);
        if (why !== null) throw new Refused(why.status, why.message);
        const passedOver = await write(c, way.precisions);
        if (passedOver > 0) c.header(PASSED_OVER, String(passedOver));
        return c.body(null, 204, VERSION);
      } catch (error) {
        const refused = refusedBy(error, tellFault);
        if (refused.status === 503) c.header("Retry-After", RETRY_AFTER_SECONDS);
        if (refused.status === 401) c.header("WWW-Authenticate", "Bearer");
        return c.json({ ...way.errorOf(refused), line: refused.line }, refused.status, VERSION);
      }
    });
  }
  // What writers to InfluxDB 1 begin with.
  app.post("/query", async (c) => {
    const why = whyNotLetIn(c, tokenIn(c) ?? passwordIn(c), token);
    if (why !== null) return c.json({ error: why.message }, why.status, VERSION);
    const query = c.req.query("q") ?? new URLSearchParams(String(await bodies.read(c.env.incoming))).get("q") ?? "";
    if (/^ *CREATE +DATABASE\b/i.test(query)) return c.json({ results: [{ statement_id: 0 }] }, 200, VERSION);
    return c.json({ error: "Cannot answer queries here. Ask the lake with vantageflow sql." }, 400, VERSION);
  });
}

/** Returns what takes a request, and says how many fields of it are texts, once the others are durable. Throws {@link Refused}, and what the inlet throws. */
function createWriter(options: InfluxOptions) {
  const { points = null, bodies, now, onTrouble } = options;
  const inlet = points?.inlet ?? options.inlet;
  const read = (bytes: Buffer, precision: Precision): LineReadings | WrongLine => {
    if (points === null) return readLineProtocol(bytes, precision, new Date(now()).toISOString());
    const found = readPointRows(bytes, precision, now(), points.maxRowBytes);
    return "line" in found ? found : { ...found, texts: [], textCount: 0 };
  };
  const told = new Set<string>();
  const tell = (texts: readonly string[]) => {
    for (const name of texts) {
      if (told.has(name) || told.size === MAX_TOLD) continue;
      told.add(name);
      const why = "it is a text, and a reading is a number. This is told once; the answer to each request has a count";
      onTrouble(new Error(`Cannot keep the field ${quote(name)}: ${why}.`));
    }
  };
  return async (c: Context<Env>, precisions: Way["precisions"]): Promise<number> => {
    const name = c.req.query("precision") || "ns";
    if (!Object.hasOwn(precisions, name)) {
      throw new Refused(400, `invalid precision; valid precision units are ${Object.keys(precisions).join(", ")}`);
    }
    if (inlet.isFull()) throw new Refused(503, `${BUSY}.`);
    const bytes = await bodies.read(c.env.incoming);
    if (bytes.length === 0) throw new Refused(400, "writing requires points");
    if (bytes.includes(0) || !isUtf8(bytes)) throw new Refused(400, "the request is not UTF-8, or has a NUL");
    const found = read(bytes, precisions[name]);
    if ("line" in found) throw new Refused(400, `${found.message} (line ${found.line})`, found.line);
    tell(found.texts);
    // A point without a time is another one each time that it comes.
    const use = found.isTimed ? bodyUse(`influx ${name}`, bytes) : null;
    const { rejected, rejectedCount } = found.rows.length > 0 ? await inlet.accept({ ...found, use }) : found;
    if (rejectedCount === 0) return found.textCount;
    const [{ index, message }] = rejected;
    const rest = found.rows.length > 0 ? "the others are kept" : "there is no other";
    throw new Refused(422, `partial write: line ${index + 1}: ${message}; ${rest} dropped=${rejectedCount}`, index + 1);
  };
}

/** What is wrong with a request. Too much at once is no fault of it: some clients throw away what is answered by any status from 400 to 499. */
function refusedBy(error: unknown, tellFault: (error: unknown) => void): Refused {
  if (error instanceof Refused) return error;
  if (!(error instanceof BadRequest)) {
    tellFault(error);
    return new Refused(503, messageOf(error));
  }
  return new Refused(error.status === 429 ? 503 : error.status, `Cannot read the request: ${error.message}.`);
}
