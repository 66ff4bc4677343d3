import { randomBytes } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { refuseRequest } from "../api/answers.ts";
import { isSameSecret } from "../secret.ts";

interface AccessOptions {
  readonly port: number;
  /** What scripts send as `Authorization: Bearer`; null where none is set. */
  readonly token: string | null;
  /** Told the link to open: at once, and a new one as soon as the one before was used. */
  readonly onLink: (url: string) => void;
}

/**
 * Who may look: whoever brings the one-time token of a link gets a session, a cookie that no script can read and no other
 * site can send. A link works once; the next one is told then. The host of a request was checked before (`guard`).
 */
export function createAccess({ port, token, onLink }: AccessOptions): MiddlewareHandler {
  const own = `127.0.0.1:${port}`;
  const session = randomBytes(32).toString("base64url");
  let oneTime = "";

  function renewLink(host: string): void {
    oneTime = randomBytes(32).toString("base64url");
    onLink(`http://${host}/?token=${oneTime}`);
  }
  renewLink(own);

  function hasSession(c: Context): boolean {
    const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    return isSameSecret(getCookie(c, cookieName(c)), session) || (token !== null && isSameSecret(bearer, token));
  }

  /** What to open: through a tunnel from another port, the printed link needs that port. */
  function linkFor(c: Context): string {
    const { host } = new URL(c.req.url);
    const there = host.endsWith(`:${port}`) ? "" : `, with ${host} for ${own}`;
    return `the newest link that vantageflow dashboard has printed${there}`;
  }

  return async (c, next) => {
    const given = c.req.path === "/" && c.req.method === "GET" ? c.req.query("token") : undefined;
    const isNew = isSameSecret(given, oneTime);
    if (isNew) {
      setCookie(c, cookieName(c), session, { httpOnly: true, sameSite: "Strict", path: "/" });
      // The next browser is most likely where this one is.
      renewLink(new URL(c.req.url).host);
    }
    // Off to the page without the token, which would stay in the history.
    if (isNew || (given !== undefined && hasSession(c))) return c.redirect("/", 303);
    if (hasSession(c)) return next();
    c.header("WWW-Authenticate", "Bearer");
    const why =
      given === undefined
        ? `there is no session. Open ${linkFor(c)}, or send Authorization: Bearer`
        : `this link was used, or is of an earlier run. Open ${linkFor(c)}`;
    return refuseRequest(c, 401, "unauthorized", `Cannot show the lake: ${why}.`);
  };
}

/** Cookies do not tell ports apart, so the name does: the port that the browser sees, where a tunnel begins. */
function cookieName(c: Context): string {
  return `vantageflow-${new URL(c.req.url).port || 80}`;
}
