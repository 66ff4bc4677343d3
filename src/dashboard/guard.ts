import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import { HEADERS, refuse } from "./answers.ts";

/** Puts the security headers on every answer. */
export const withHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
};

/**
 * Lets through what this machine's own browser or a local program asks, and reading only. Another Host is a name that
 * somebody points at this machine (DNS rebinding); another Sec-Fetch-Site is a page of somebody else's, or of another port.
 */
export function createGuard(port: number): MiddlewareHandler<{ Bindings: HttpBindings }> {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (port === 80) hosts.push("127.0.0.1", "localhost");
  return async (c, next) => {
    const host = c.env.incoming.headers.host ?? "";
    // A request line may name a host too; it has to be the same one.
    if (!hosts.includes(host) || !c.req.url.startsWith(`http://${host}/`)) {
      const why = `this server is ${hosts[0]} and nothing else. Use http://${hosts[0]}/`;
      return refuse(c, 421, "misdirected", `Cannot answer for this host: ${why}`);
    }
    const site = c.req.header("Sec-Fetch-Site");
    if (site !== undefined && site !== "same-origin" && site !== "none") {
      const why = "another site asks for it. Paste the link into the address bar";
      return refuse(c, 403, "forbidden", `Cannot show the lake: ${why}.`);
    }
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      c.header("Allow", "GET, HEAD");
      const why = "this server only reads. Use GET, or vantageflow on the command line";
      return refuse(c, 405, "method_not_allowed", `Cannot ${c.req.method}: ${why}.`);
    }
    return next();
  };
}
