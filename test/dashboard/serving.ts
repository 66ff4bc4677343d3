import * as http from "node:http";
import * as net from "node:net";
import { afterEach } from "vitest";
import type { Assets } from "../../src/dashboard/app.ts";
import { type ServeOptions, type Serving, serve } from "../../src/dashboard/serve.ts";
import type { Monitor } from "../../src/monitor/monitor.ts";
import type { Overview } from "../../src/monitor/overview.ts";
import type { TableReading } from "../../src/tables/scan/reading.ts";
import type { ReadingsTable } from "../../src/tables/scan/readings-table.ts";
import { BATCH, batchDetail, detectionPage, device, deviceDetail, overview } from "./sample.ts";

export const TOKEN = "a-token-of-a-script-0123";

const encode = (text: string) => new TextEncoder().encode(text);
export const ASSETS: Assets = new Map([
  ["/", { type: "text/html; charset=utf-8", body: encode("<!doctype html><title>page</title>") }],
  ["/app.js", { type: "text/javascript; charset=utf-8", body: encode("export {};") }],
  ["/app.css", { type: "text/css; charset=utf-8", body: encode("body {}") }],
  ["/favicon.svg", { type: "image/svg+xml", body: encode("<svg/>") }],
]);

/** A monitor that the tests steer, and that notes what it was asked. */
export interface Double {
  refreshes: number;
  readonly asked: unknown[];
  /** The ids and keys that there are; null is any. */
  known: readonly string[] | null;
  next: () => Promise<Overview>;
  readonly monitor: Monitor;
  readonly readings: ReadingsTable;
  /** Whether there is a table. */
  hasTable: boolean;
}

const READING: TableReading = {
  ...{ ms: 1_766_838_710_123, nanos: 456_789, device: "FAB-1", value: 20.5, unit: "C", score: 0.1, anomaly: false },
  ...{ batch: "y=2025/b.csv", carried: { note: "ü" } },
};

export function createDouble(): Double {
  const double: Double = {
    refreshes: 0,
    asked: [],
    known: null,
    hasTable: true,
    next: async () => overview({ lake: `look ${double.refreshes}` }),
    monitor: {
      refresh() {
        double.refreshes++;
        return double.next();
      },
      devices(query) {
        double.asked.push(query);
        return { version: 1, total: 1, devices: [device(1)] };
      },
      batches(query) {
        double.asked.push(query);
        return { version: 1, total: 1, batches: [BATCH] };
      },
      async detections(query) {
        double.asked.push(query);
        return double.hasTable ? detectionPage() : null;
      },
      async device(id) {
        double.asked.push(id);
        return double.known === null || double.known.includes(id) ? deviceDetail(id) : null;
      },
      async batch(key) {
        double.asked.push(key);
        return double.known === null || double.known.includes(key) ? batchDetail(key) : null;
      },
    },
    readings: {
      async describe() {
        const columns = [{ name: "date", type: "date" }];
        const summary = { name: "readings", id: "4e0f", version: 7, rows: 1, files: 1, bytes: 900 };
        return double.hasTable ? { ...summary, days: ["2025-12-27", "2025-12-27"], columns, committed: 1 } : null;
      },
      async page(query) {
        double.asked.push(query);
        const { ms, nanos } = READING;
        return double.hasTable ? { readings: [READING], next: { ms, nanos, last: null }, version: 7 } : null;
      },
      async buckets(query) {
        double.asked.push(query);
        const [all, anomalies] = [
          { count: 3, min: 19.5, max: 44 },
          { count: 1, min: 44, max: 44 },
        ];
        const { ms } = READING;
        const span = { from: ms, to: ms + query.spanMs };
        const buckets = [
          { ms, all, anomalies },
          { ms: ms + 180_000, all, anomalies: null },
        ];
        return double.hasTable ? { span, complete: true, buckets, version: 7 } : null;
      },
    },
  };
  return double;
}

const servings: Serving[] = [];
afterEach(() => Promise.all(servings.splice(0).map((one) => one.close())));

/** A real server on a free port; its links as they were told. */
export async function startServer(options: Partial<ServeOptions> = {}) {
  const double = createDouble();
  const links: string[] = [];
  const serving = await serve({
    monitor: double.monitor,
    readings: double.readings,
    assets: ASSETS,
    token: TOKEN,
    port: 0,
    intervalMs: 5000,
    version: "1.2.3",
    onLink: (url) => links.push(url),
    ...options,
  });
  servings.push(serving);
  return { ...serving, double, links };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export const BEARER = { Authorization: `Bearer ${TOKEN}` };
/** Instead of that: nothing. */
export const NOBODY = { Authorization: [] };

/** One request over a socket of its own, path and headers just as given; with the script's token unless they say other. */
export function ask(
  port: number,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: http.OutgoingHttpHeaders } = {},
): Promise<Answer> {
  return new Promise((done, fail) => {
    const to = { port, host: "127.0.0.1", path, method, agent: false };
    const request = http.request({ ...to, headers: { ...BEARER, ...headers } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on("error", fail);
    });
    request.on("error", fail);
    request.end();
  });
}

/** Raw bytes to the server, and all it says until it ends the connection. */
export function talk(port: number, bytes: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    let said = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    socket.on("close", () => done(said));
    socket.on("error", fail);
  });
}
