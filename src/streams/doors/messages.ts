import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import type { Inlet } from "../inlet.ts";
import type { InletAnswer, KeyUse } from "../keys.ts";
import { BadRequest, type BodyReader, ReadingsSize } from "./body.ts";
import { isTooLarge, messageRow } from "./message.ts";

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
  readonly keyOf: (c: Context, bytes: Buffer) => KeyUse | null;
  readonly answerJson: (answer: InletAnswer) => object;
  readonly refuse: (c: Context, status: 404 | 503, code: string, message: string) => Response;
  readonly now: () => number;
}

const PATH = "/v1/messages";
const LINES = /^application\/(x-ndjson|ndjson|jsonl)\b/i;
const LF = 10;

/** Adds `POST /v1/messages/<contract>/<topic>`: a body of any kind is a message, one of NDJSON a message a line. */
export function addMessageRoutes(app: Hono<{ Bindings: HttpBindings }>, routes: MessageRoutes): void {
  const { contracts, bodies, now } = routes;
  app.post(`${PATH}/:contract/:topic{.*}?`, async (c) => {
    const name = c.req.param("contract");
    const contract = contracts.get(name);
    if (contract === undefined) return routes.refuse(c, 404, "not_found", noContract(contracts));
    const { inlet, maxRowBytes } = contract;
    if (inlet.isFull()) {
      return routes.refuse(c, 503, "busy", "Cannot take messages now: the lake has not yet taken those before.");
    }
    const bytes = await bodies.read(c.env.incoming);
    const topic = c.req.param("topic") ?? "";
    const device = topic.replaceAll("/", ".");
    const received = new Date(now()).toISOString();
    const isLines = LINES.test(c.req.header("Content-Type") ?? "");
    const payloads = isLines ? linesOf(bytes) : [bytes];
    const size = new ReadingsSize();
    const rows = payloads
      .filter(({ length }) => length > 0)
      .map((payload) => {
        const row = messageRow({ topic, device, parts: {}, payload, received }, maxRowBytes);
        if (isTooLarge(row)) throw new BadRequest(413, `a message is longer than ${maxRowBytes} bytes`);
        size.add(row);
        return row;
      });
    if (rows.length === 0) throw new BadRequest(400, "there is no message in it");
    const use = routes.keyOf(c, bytes);
    return c.json(routes.answerJson(await inlet.accept({ rows, rejected: [], rejectedCount: 0, use })), 202);
  });
}

function noContract(contracts: MessageRoutes["contracts"]): string {
  const names = [...contracts.keys()].map((name) => `${PATH}/${name}`).join(", ");
  return `No contract of this name takes messages here. ${names === "" ? "Name one: vantageflow listen --contract NAME" : `Send them to ${names}`}.`;
}

/** Lines without their ends; blank ones are empty. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    const line = bytes.subarray(start, end < 0 ? bytes.length : end);
    lines.push(line.toString("latin1").trim() === "" ? line.subarray(0, 0) : line);
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
