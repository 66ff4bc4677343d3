import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { LakeStorage } from "../../../src/storage/port.ts";
import { type ServeHttpOptions, serveHttp } from "../../../src/streams/doors/serve-http.ts";
import { type InletOptions, openInlet } from "../../../src/streams/inlet.ts";
import { keysOf, textOf } from "../../pipeline/lake.ts";

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-door-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** When everything arrives. */
export const ARRIVAL = "2025-06-01T12:00:00.000Z";
let spools = 0;

/** A door for HTTP with an inlet of its own, closed behind the test. */
export async function openDoor(
  storage: LakeStorage = createMemoryStorage(),
  options: Partial<ServeHttpOptions & InletOptions> = {},
) {
  const now = () => Date.parse(ARRIVAL);
  const folder = join(home, String(++spools));
  const quiet = { onFlushed: () => {}, onTrouble: () => {} };
  const inlet = await openInlet({ storage, source: "http", folder, now, ...quiet, ...options });
  const door = await serveHttp({ inlet, token: null, host: "127.0.0.1", port: 0, now, ...quiet, ...options });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await door.close();
    await inlet.close();
  };
  closers.push(close);
  const post = (body: string | Uint8Array, headers: Record<string, string> = {}, path = "/v1/readings") =>
    send(door.port, { method: "POST", path, headers: { "Content-Type": "application/json", ...headers } }, body);
  return { post, port: door.port, inlet, folder, close };
}

/** Sends a request on a connection of its own; `json` is null where nothing is answered. */
export async function send(port: number, options: http.RequestOptions, body?: string | Uint8Array) {
  const request = http.request({ ...options, port, host: "127.0.0.1", agent: false });
  // A server that refuses what is too large may have closed before all of it was sent.
  request.on("error", () => {});
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
}

/** Rows of bronze without their numbers. */
export async function rowsOf(storage: LakeStorage): Promise<string[]> {
  const keys = await keysOf(storage, "bronze/stream/http/");
  const texts = await Promise.all(keys.map((key) => textOf(storage, key)));
  return texts.flatMap((text) => text?.trimEnd().split("\n").slice(1) ?? []).map((row) => row.replace(/,\d+$/, ""));
}
