import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { refuse } from "./answers.ts";

interface AccessOptions {
  readonly port: number;
  /** What scripts send as `Authorization: Bearer`; null where none is set. */
  readonly token: string | null;
  /** Told the link to open: at once, and a new one as soon as the one before was used. */
  readonly onLink: (url: string) => void;
}

/**
 * Who may look: whoever brings the one-time token of a link gets a session, a cookie that no script can read and no other
 * site can send. Cookies do not tell ports apart, so its name does. A link works once; the next one is told then.
 */
export function createAccess({ port, token, onLink }: AccessOptions): MiddlewareHandler {
  const session = randomBytes(32).toString("base64url");
  const cookie = `vantageflow-${port}`;
  let oneTime = "";

  function renewLink(): void {
    oneTime = randomBytes(32).toString("base64url");
    onLink(`http://127.0.0.1:${port}/?token=${oneTime}`);
  }
  renewLink();

  function hasSession(c: Context): boolean {
    const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    return same(getCookie(c, cookie), session) || (token !== null && same(bearer, token));
  }

  return async (c, next) => {
    const given = c.req.path === "/" && c.req.method === "GET" ? c.req.query("token") : undefined;
    const isNew = same(given, oneTime);
    if (isNew) {
      setCookie(c, cookie, session, { httpOnly: true, sameSite: "Strict", path: "/" });
      renewLink();
    }
    // Off to the page without the token, which would stay in the history.
    if (isNew || (given !== undefined && hasSession(c))) return c.redirect("/", 303);
    if (hasSession(c)) return next();
    c.header("WWW-Authenticate", "Bearer");
    const why =
      given === undefined
        ? "there is no session. Open the newest link that vantageflow dashboard has printed, or send Authorization: Bearer"
        : "this link was used, or is of an earlier run. Open the newest one that vantageflow dashboard has printed";
    return refuse(c, 401, "unauthorized", `Cannot show the lake: ${why}.`);
  };
}

/** Whether two secrets are the same, in a time that tells nothing of them or their lengths. */
function same(given: string | undefined, secret: string): boolean {
  return given !== undefined && timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
