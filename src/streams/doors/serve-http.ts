import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { listenOn } from "../../listen-on.ts";
import { createHttpDoor, type HttpDoorOptions } from "./http.ts";

const MAX_CONNECTIONS = 1024;
/** Longer than the minute between two readings of most devices. */
const KEEP_ALIVE_MS = 75_000;
const TEXTS = {
  verb: "listen on",
  taken: "Take another, or 0 for a free one.",
  refused: "Name another with --http.",
};

export interface ServeHttpOptions extends HttpDoorOptions {
  readonly host: string;
  /** 0 is any that is free. */
  readonly port: number;
  /** How long a client may take over its headers, and six times that over the request. Milliseconds. */
  readonly patienceMs?: number;
  readonly maxConnections?: number;
}

export interface ServedDoor {
  readonly port: number;
  readonly server: Server;
  /** Takes no more requests, and waits for those that are being answered, but not for clients that are slow. */
  readonly close: () => Promise<void>;
}

/** Opens the door. Throws `busy` where the port is taken, `usage` where it cannot be used. */
export async function serveHttp(options: ServeHttpOptions): Promise<ServedDoor> {
  const { host, port, patienceMs = 10_000, maxConnections = MAX_CONNECTIONS } = options;
  const server = createServer({
    headersTimeout: patienceMs,
    requestTimeout: 6 * patienceMs,
    connectionsCheckingInterval: patienceMs / 2,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.maxConnections = maxConnections;
  const listening = await listenOn(server, host, port, TEXTS);
  const app = createHttpDoor(options);
  const fail = () => Response.json({ version: 1, error: { code: "bad_request" } }, { status: 400 });
  server.on("request", getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: fail }));
  return {
    port: listening,
    server,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const slow = setTimeout(() => server.closeAllConnections(), patienceMs / 5);
      await closed;
      clearTimeout(slow);
    },
  };
}
