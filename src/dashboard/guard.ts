import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import { errorDocument, refuseRequest } from "../api/answers.ts";

/** What every answer carries, errors too (OWASP, "HTTP Security Response Headers"). */
const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** Puts the security headers on every answer, where it has none of its own. */
export const withHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};

/** Names that stand for this machine, whoever asks: nobody else's name server has a say in them. Any port may follow. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/**
 * Lets through what this machine's own browser or a local program asks, and reading only. Another Host is a name that
 * somebody points at this machine (DNS rebinding); another Origin or Sec-Fetch-Site is a page of somebody else's, or of
 * another port. The Host's own port says nothing: that is where a tunnel begins (`ssh -L 8080:localhost:4270`).
 */
export const guard: MiddlewareHandler<{ Bindings: HttpBindings }> = async (c, next) => {
  const { origin, host: named = "" } = c.env.incoming.headers;
  const host = named.toLowerCase().replace(/:80$/, "");
  // A request line may name a host too; it has to be the same one.
  if (!LOOPBACK.test(host) || !c.req.url.startsWith(`http://${host}/`)) {
    const why = "it has another name than localhost, 127.0.0.1 or [::1]. Use one of them, through a tunnel too";
    return refuseRequest(c, 421, "misdirected", `Cannot answer for this host: ${why}.`);
  }
  const site = c.req.header("Sec-Fetch-Site");
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none";
  if (isForeign || (origin !== undefined && !isOriginOf(host, origin))) {
    const why = "another site asks for it. Paste the link into the address bar";
    return refuseRequest(c, 403, "forbidden", `Cannot show the lake: ${why}.`);
  }
  if (c.req.method !== "GET" && c.req.method !== "HEAD") {
    c.header("Allow", "GET, HEAD");
    const why = "this server only reads. Use GET, or vantageflow on the command line";
    return refuseRequest(c, 405, "method_not_allowed", `Cannot ${c.req.method}: ${why}.`);
  }
  return next();
};

/** Whether a page of this origin came from the same host and port; a tunnel may have added TLS. `null` is nobody's. */
function isOriginOf(host: string, origin: string): boolean {
  return [`http://${host}`, `https://${host}`].includes(origin.toLowerCase());
}

/** For requests that are no HTTP to speak of, before there is anything to route (`@hono/node-server`'s errorHandler). */
export function failEarly(): Response {
  const document = errorDocument("bad_request", "Cannot read the request: its URL or Host header is not valid.");
  return Response.json(document, { status: 400, headers: HEADERS });
}
