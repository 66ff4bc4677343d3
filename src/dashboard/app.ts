import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { answerError, answerNothing, refuseRequest } from "../api/answers.ts";
import { createApi } from "../api/app.ts";
import { DASHBOARD } from "../api/front.ts";
import { EVENT_PARAMETERS, readQuery } from "../api/parameters.ts";
import { API } from "../api/routes.ts";
import type { Updates } from "../api/updates.ts";
import type { Monitor } from "../monitor/monitor.ts";
import type { ReadingsTable } from "../tables/scan/readings-table.ts";
import { createAccess } from "./access.ts";
import { openEvents, type StreamTiming } from "./events.ts";
import { guard, withHeaders } from "./guard.ts";

/** The files of the page by the path of their URL: there are no others. */
export type Assets = ReadonlyMap<string, { readonly type: string; readonly body: Uint8Array<ArrayBuffer> }>;

export interface AppOptions {
  readonly monitor: Monitor;
  readonly readings: ReadingsTable;
  readonly updates: Updates;
  readonly assets: Assets;
  /** Where the server listens. */
  readonly port: number;
  /** What scripts send as `Authorization: Bearer`; null where none is set. */
  readonly token: string | null;
  /** Told the link to open, and the next one as soon as that was used. */
  readonly onLink: (url: string) => void;
  readonly timing: StreamTiming;
  /** Of vantageflow. */
  readonly version: string;
}

/** A proxy in between is not to hold events back until they fill a buffer (nginx), nor to compress them (RFC 9111). */
const STREAM_HEADERS = { "X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform" };

type App = Hono<{ Bindings: HttpBindings }>;

/** Streams at once; a browser opens one per tab. */
const MAX_STREAMS = 32;

/** The page, the data API behind its session, and the stream of events, as an app that knows no socket. */
export function createApp(options: AppOptions): App {
  const { assets, updates } = options;
  const app: App = new Hono<{ Bindings: HttpBindings }>();
  app.use(withHeaders, guard, createAccess(options));
  for (const [path, { type, body }] of assets) app.get(path, (c) => c.body(body, 200, { "Content-Type": type }));
  app.route("/", createApi({ ...options, current: () => updates.current(), front: DASHBOARD }));
  addEvents(app, options);
  app.notFound(answerNothing);
  app.onError(answerError);
  return app;
}

function addEvents(app: App, { updates, timing }: AppOptions): void {
  let open = 0;
  app.get(`${API}/events`, (c) => {
    const asked = readQuery<{ interval?: number }>(EVENT_PARAMETERS, new URL(c.req.url).searchParams);
    const intervalMs = asked.interval === undefined ? updates.intervalMs : asked.interval * 1000;
    // Chunked from the start: else the adapter holds the headers back to see whether the answer is a short one.
    const headers = { ...STREAM_HEADERS, "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    if (open >= MAX_STREAMS) {
      const why = `${open} readers follow the lake already. Close some, or ask ${API}/overview now and then`;
      return refuseRequest(c, 503, "busy", `Cannot follow the lake: ${why}.`);
    }
    const { outgoing } = c.env;
    const { stream, end } = openEvents({
      updates,
      intervalMs,
      timing,
      drop: () => outgoing.destroy(),
    });
    open++;
    outgoing.once("close", () => {
      open--;
      end();
    });
    return c.body(stream, 200, headers);
  });
}
