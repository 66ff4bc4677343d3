import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import type { Inlet } from "../inlet.ts";
import type { InletAnswer, KeyUse } from "../keys.ts";
import { BadRequest, type BodyReader, ReadingsSize } from "./body.ts";
import { messageRow } from "./message.ts";

/** Where what a contract of the lake is to read goes as it came. */
export interface ContractInlet {
  readonly inlet: Inlet;
  /** Of a row in bronze. */
  readonly maxRowBytes: number;
}

export interface MessageRoutes {
  /** By the names of their contracts. */
  readonly contracts: ReadonlyMap<string, ContractInlet>;
  readonly bodies: BodyReader;
  /** The use of an Idempotency-Key; a request of another kind is another one. */
  readonly keyOf: (c: Context, bytes: Buffer, kind: string) => KeyUse | null;
  readonly answerJson: (answer: InletAnswer) => object;
  readonly refuse: (c: Context, status: 404 | 405 | 503, code: string, message: string) => Response;
  /** Of a request, at most. */
  readonly maxMessages: number;
  readonly now: () => number;
}

const PATH = "/v1/messages";
const LINES = /^application\/(x-ndjson|ndjson|jsonl)\b/i;
const [LF, BLANK] = [10, 32];

/** Adds `POST /v1/messages/<contract>/<topic>`: a body of any kind is a message, one of NDJSON a message a line. */
export function addMessageRoutes(app: Hono<{ Bindings: HttpBindings }>, routes: MessageRoutes): void {
  const { contracts, bodies, now } = routes;
  app.all(`${PATH}/*`, async (c) => {
    if (c.req.method !== "POST") {
      c.header("Allow", "POST");
      return routes.refuse(c, 405, "method_not_allowed", `Cannot ${c.req.method} messages: they are sent by POST.`);
    }
    const [name, topic] = wordsOf(c.req.path);
    const contract = contracts.get(name);
    if (contract === undefined) return routes.refuse(c, 404, "not_found", noContract(contracts));
    const { inlet, maxRowBytes } = contract;
    if (inlet.isFull()) {
      return routes.refuse(c, 503, "busy", "Cannot take messages now: the lake has not yet taken those before.");
    }
    const bytes = await bodies.read(c.env.incoming);
    const isLines = LINES.test(c.req.header("Content-Type") ?? "");
    const frame = { topic, device: topic.replaceAll("/", "."), parts: {}, received: new Date(now()).toISOString() };
    const rows: string[] = [];
    const size = new ReadingsSize();
    for (const payload of isLines ? linesOf(bytes) : wholeOf(bytes)) {
      const { row, isTooLarge } = messageRow({ ...frame, payload }, maxRowBytes);
      if (isTooLarge) throw new BadRequest(413, `a message is longer than ${maxRowBytes} bytes, as a row may be`);
      if (rows.length === routes.maxMessages) {
        throw new BadRequest(413, `it has more than ${routes.maxMessages} messages. Send it in pieces`);
      }
      size.add(row);
      rows.push(row);
    }
    if (rows.length === 0) throw new BadRequest(400, "there is no message in it");
    const use = routes.keyOf(c, bytes, `${isLines} ${topic}`);
    return c.json(routes.answerJson(await inlet.accept({ rows, rejected: [], rejectedCount: 0, use })), 202);
  });
}

/** The contract's name and the topic of an address. Throws {@link BadRequest}. */
function wordsOf(path: string): readonly [string, string] {
  const [, name = "", topic = ""] = /^([^/]*)(?:\/(.*))?$/s.exec(path.slice(PATH.length + 1)) ?? [];
  try {
    const words = [decodeURIComponent(name), decodeURIComponent(topic)] as const;
    if (!words[1].includes("\0")) return words;
  } catch {
    // What is no text is no topic, either.
  }
  throw new BadRequest(400, "its topic has a NUL, or a % that is not written %25");
}

function noContract(contracts: MessageRoutes["contracts"]): string {
  const places = [...contracts.keys()].map((name) => `${PATH}/${name}`);
  const how =
    places.length === 0 ? "None does: vantageflow listen --contract names some" : `Here are ${places.join(", ")}`;
  return `No contract of this name takes messages here. ${how}.`;
}

function* wholeOf(bytes: Buffer): Generator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

/** Lines without their ends, but for blank ones. */
function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? bytes.length : found;
    while (start < end && bytes[start] <= BLANK) start++;
    if (start < end) yield bytes.subarray(start, end);
    start = end + 1;
  }
}
