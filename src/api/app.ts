import { Hono } from "hono";
import { quote } from "../errors.ts";
import { answerError, answerNothing, refuseRequest } from "./answers.ts";
import type { Front } from "./front.ts";
import { openApi } from "./openapi.ts";
import { readQuery } from "./parameters.ts";
import { API, type ApiRoute, type Asked, type Look, ROUTES } from "./routes.ts";

export interface ApiOptions extends Pick<Asked, "monitor" | "readings"> {
  /** A look at the lake that is young enough. Throws `storage_failed`. */
  readonly current: () => Promise<Look>;
  /** Of vantageflow. */
  readonly version: string;
  /** Who serves it, for the description. */
  readonly front: Front;
}

/**
 * The data API of a lake as an app that knows no socket, no page and no session: whoever serves it says who may ask. Every
 * path it answers is fixed here and in `routes.ts`.
 */
export function createApi(options: ApiOptions): Hono {
  const app = new Hono();
  for (const route of ROUTES) addRoute(app, options, route);
  const description = openApi(options.version, options.front);
  app.get(`${API}/openapi.json`, (c) => c.json(description));
  app.notFound(answerNothing);
  app.onError(answerError);
  return app;
}

function addRoute(app: Hono, { monitor, readings, current }: ApiOptions, route: ApiRoute): void {
  const name = route.segment?.name ?? "";
  app.get(`${API}${route.path.replace(/\{(\w+)\}/, ":$1")}`, async (c) => {
    // A query that is none is refused before anybody waits for the lake.
    const query = readQuery<Asked["query"]>(route.parameters, new URL(c.req.url).searchParams);
    const segment = c.req.param(name) ?? "";
    const document = await route.answer({ monitor, readings, look: current, segment, query });
    if (document === null && route.missing !== undefined) return refuseRequest(c, 404, "not_found", route.missing);
    if (document === null) {
      const why = `the lake has no such ${route.path.startsWith("/devices") ? "device" : "batch"}`;
      return refuseRequest(c, 404, "not_found", `Cannot show ${quote(segment)}: ${why}. See ${API}${parentOf(route)}.`);
    }
    if (document instanceof Uint8Array) {
      return c.body(document as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "application/json" });
    }
    return c.json(document);
  });
}

function parentOf({ path }: ApiRoute): string {
  return path.slice(0, path.lastIndexOf("/"));
}
