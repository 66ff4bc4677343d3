import type { Context } from "hono";
import { isSameSecret } from "../../secret.ts";

/** Why a request is not let in. */
export interface NotLetIn {
  readonly status: 401 | 403;
  readonly code: "unauthorized" | "forbidden";
  readonly message: string;
}

/**
 * Lets in who has the token. Where none is asked for only this machine reaches the door, and a page of whatever site in a browser on it
 * is kept out: a browser says of whom a request is that sends something. Returns null for who is let in.
 */
export function whyNotLetIn(c: Context, given: string | undefined, token: string | null): NotLetIn | null {
  if (token !== null) {
    if (isSameSecret(given, token)) return null;
    const how = "Send Authorization: Bearer and what VANTAGEFLOW_LISTEN_TOKEN is where vantageflow listens";
    const message = `Cannot take readings: the token is missing or another. ${how}.`;
    return { status: 401, code: "unauthorized", message };
  }
  if (c.req.header("Origin") === undefined) return null;
  const message = "Cannot take readings of a page in a browser. Set VANTAGEFLOW_LISTEN_TOKEN.";
  return { status: 403, code: "forbidden", message };
}

/** The token that a request brings in its header; InfluxDB's clients call it `Token`. */
export function tokenIn(c: Context): string | undefined {
  return /^(?:Bearer|Token) +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
}

/** The same from clients of InfluxDB 1, which have a password: in the address, or as HTTP's Basic. */
export function passwordIn(c: Context): string | undefined {
  const basic = /^Basic +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (basic === undefined) return c.req.query("p");
  const pair = Buffer.from(basic, "base64").toString("utf8");
  return pair.slice(pair.indexOf(":") + 1);
}
