import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createUpdates } from "../api/updates.ts";
import { listenOn } from "../listen-on.ts";
import { type AppOptions, createApp } from "./app.ts";
import { STREAM_TIMING } from "./events.ts";
import { failEarly } from "./guard.ts";

/** This machine only. */
const HOST = "127.0.0.1";
const MAX_CONNECTIONS = 256;
const FREE = "Add --port 0 to take a free one.";

export interface ServeOptions
  extends Pick<AppOptions, "monitor" | "readings" | "assets" | "token" | "onLink" | "version"> {
  /** 0 is any that is free. */
  readonly port: number;
  readonly timing?: AppOptions["timing"];
  /** How often the lake is looked at while somebody follows it and does not say otherwise. Milliseconds. */
  readonly intervalMs: number;
  /** Monotonic, in milliseconds. */
  readonly clock?: () => number;
  /** How long a client may take over its headers, and three times that over the request. Milliseconds. */
  readonly patienceMs?: number;
}

export interface Serving {
  readonly port: number;
  readonly server: Server;
  /** Ends every connection, streams too. */
  readonly close: () => Promise<void>;
}

/** Serves a lake's page and data API until it is closed. Throws `busy` where the port is taken, `usage` where it cannot be used. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { monitor, intervalMs, patienceMs = 10_000, timing = STREAM_TIMING, clock = () => performance.now() } = options;
  const server = createServer({
    headersTimeout: patienceMs,
    requestTimeout: 3 * patienceMs,
    connectionsCheckingInterval: patienceMs / 2,
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listenOn(server, HOST, options.port, { verb: "serve", taken: FREE, refused: FREE });
  const updates = createUpdates({ monitor, clock, intervalMs });
  const app = createApp({ ...options, updates, port, timing });
  // What an app's error handler does not catch is a request that cannot be made into one.
  server.on("request", getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: failEarly }));
  return {
    port,
    server,
    async close() {
      updates.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
