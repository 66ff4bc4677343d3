import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { hasCode, messageOf, quote, VantageflowError } from "../errors.ts";
import { API } from "./routes.ts";

/** The document of an error, as `--json` prints it. */
export function errorDocument(code: string, message: string) {
  return { version: 1, error: { code, message } } as const;
}

/** Refuses a request: JSON for programs, a line of text for whoever opened the page. */
export function refuseRequest(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  if (c.req.path.startsWith("/api/")) return c.json(errorDocument(code, message), status);
  return c.text(`${message}\n`, status);
}

/** What is said of a path that nothing stands at. */
export function answerNothing(c: Context): Response {
  const why = `there is nothing here. See ${API}/openapi.json for what there is`;
  return refuseRequest(c, 404, "not_found", `Cannot show ${quote(c.req.path)}: ${why}.`);
}

/** An answer that could not be made: what is wrong with the request or the lake is said, a stack is not. */
export function answerError(error: Error, c: Context): Response {
  if (hasCode(error, "usage")) return refuseRequest(c, 400, error.code, error.message);
  return refuseRequest(c, 503, error instanceof VantageflowError ? error.code : "internal", messageOf(error));
}
