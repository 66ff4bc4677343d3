import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { hasCode, quote } from "../errors.ts";
import type { Monitor } from "../monitor/monitor.ts";
import { createAccess } from "./access.ts";
import { fail, refuse } from "./answers.ts";
import { openEvents, type StreamTiming } from "./events.ts";
import { guard, withHeaders } from "./guard.ts";
import { openApi } from "./openapi.ts";
import { EVENT_PARAMETERS, readQuery } from "./parameters.ts";
import { type Asked, ROUTES, type Route } from "./routes.ts";
import type { Updates } from "./updates.ts";

/** The files of the page by the path of their URL: there are no others. */
export type Assets = ReadonlyMap<string, { readonly type: string; readonly body: Uint8Array<ArrayBuffer> }>;

export interface AppOptions {
  readonly monitor: Monitor;
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

const API = "/api/v1";
/** Streams at once; a browser opens one per tab. */
const MAX_STREAMS = 32;

/** The page and the data API of a lake, as an app that knows no socket: every path it answers is fixed here. */
export function createApp(options: AppOptions): App {
  const app: App = new Hono<{ Bindings: HttpBindings }>();
  app.use(withHeaders, guard, createAccess(options));
  for (const [path, { type, body }] of options.assets)
    app.get(path, (c) => c.body(body, 200, { "Content-Type": type }));
  for (const route of ROUTES) addRoute(app, options, route);
  addEvents(app, options);
  const description = openApi(options.version);
  app.get(`${API}/openapi.json`, (c) => c.json(description));
  app.notFound((c) => {
    const why = `there is nothing here. See ${API}/openapi.json for what there is`;
    return refuse(c, 404, "not_found", `Cannot show ${quote(c.req.path)}: ${why}.`);
  });
  app.onError((error, c) => (hasCode(error, "usage") ? refuse(c, 400, error.code, error.message) : fail(error, c)));
  return app;
}

function addRoute(app: App, { monitor, updates }: AppOptions, route: Route): void {
  const name = route.segment?.name ?? "";
  app.get(`${API}${route.path.replace(/\{(\w+)\}/, ":$1")}`, async (c) => {
    // A query that is none is refused before anybody waits for the lake.
    const query = readQuery<Asked["query"]>(route.parameters, new URL(c.req.url).searchParams);
    const segment = c.req.param(name) ?? "";
    const document = await route.answer({ monitor, snapshot: await updates.current(), segment, query });
    if (document === null) {
      const why = `the lake has no such ${route.path.startsWith("/devices") ? "device" : "batch"}`;
      return refuse(c, 404, "not_found", `Cannot show ${quote(segment)}: ${why}. See ${API}${parentOf(route)}.`);
    }
    if (document instanceof Uint8Array) {
      return c.body(document as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "application/json" });
    }
    return c.json(document);
  });
}

function parentOf({ path }: Route): string {
  return path.slice(0, path.lastIndexOf("/"));
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
      return refuse(c, 503, "busy", `Cannot follow the lake: ${why}.`);
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
