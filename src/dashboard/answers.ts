import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { messageOf, VantageflowError } from "../errors.ts";

/** What every answer carries, errors too (OWASP, "HTTP Security Response Headers"). */
export const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** The document of an error, as `--json` prints it. */
function errorDocument(code: string, message: string) {
  return { version: 1, error: { code, message } } as const;
}

/** Refuses a request: JSON for programs, a line of text for whoever opened the page. */
export function refuse(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  if (c.req.path.startsWith("/api/")) return c.json(errorDocument(code, message), status);
  return c.text(`${message}\n`, status);
}

/** An answer that could not be made: what is wrong with the lake is said, a stack is not. */
export function fail(error: Error, c: Context): Response {
  return refuse(c, 503, error instanceof VantageflowError ? error.code : "internal", messageOf(error));
}

/** For requests that are no HTTP to speak of, before there is anything to route (`@hono/node-server`'s errorHandler). */
export function failEarly(): Response {
  const document = errorDocument("bad_request", "Cannot read the request: its URL or Host header is not valid.");
  return Response.json(document, { status: 400, headers: HEADERS });
}
