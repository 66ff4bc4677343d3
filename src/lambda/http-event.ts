import { API, ROUTES } from "../api/routes.ts";
import { quote, VantageflowError } from "../errors.ts";

/** Of an event of an HTTP API what is looked at (API Gateway developer guide, "Lambda proxy integrations", format 2.0). */
interface HttpEvent {
  readonly version: "2.0";
  readonly rawPath: string;
  /** As it was sent, percent-encoded. */
  readonly rawQueryString: string;
  readonly requestContext: { readonly http: { readonly method: string } };
}

/** What API Gateway makes a response of. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

/** No host of a request says anything here: API Gateway has let it in. */
const HOST = "https://api.invalid";

/** The paths that have a segment of anybody's choice: what is before it and behind it, those first that go on behind it. */
const AROUND_SEGMENT = ROUTES.flatMap(({ path, segment }) => {
  if (segment === undefined) return [];
  return [{ before: `${API}${path.slice(0, path.indexOf("{"))}`, behind: path.slice(path.indexOf("}") + 1) }];
}).sort((a, b) => b.behind.length - a.behind.length);

/** The request that an event is of; only what reads is one. Throws `usage` for what is no event of format 2.0. */
export function requestOf(event: unknown): Request {
  if (!isHttpEvent(event)) {
    const why = "it is no event of an HTTP API in format 2.0";
    throw new VantageflowError("usage", `Cannot answer ${quote(JSON.stringify(event) ?? "nothing")}: ${why}.`);
  }
  const { rawPath, rawQueryString, requestContext } = event;
  const url = new URL(`${HOST}${pathAsSent(rawPath)}`);
  url.search = rawQueryString;
  return new Request(url, { method: requestContext.http.method });
}

function isHttpEvent(event: unknown): event is HttpEvent {
  const { version, rawPath, rawQueryString, requestContext } = (event ?? {}) as Partial<HttpEvent>;
  const { method } = requestContext?.http ?? {};
  return (
    version === "2.0" &&
    typeof rawPath === "string" &&
    rawPath.startsWith("/") &&
    typeof rawQueryString === "string" &&
    (method === "GET" || method === "HEAD")
  );
}

/**
 * API Gateway decodes paths before it hands them on, so that an id or a key may hold anything: a slash, a question mark, a
 * blank. All of it is one segment, and is encoded again; what ends as a route ends is that one's. One that has nothing in it but what an encoded one may
 * have is left as it is, in case that it comes encoded.
 */
function pathAsSent(path: string): string {
  const around = AROUND_SEGMENT.find(
    ({ before, behind }) =>
      path.startsWith(before) && path.endsWith(behind) && path.length > before.length + behind.length,
  );
  if (around === undefined) return path.split("/").map(encoded).join("/");
  const { before, behind } = around;
  return before + encoded(path.slice(before.length, path.length - behind.length)) + behind;
}

function encoded(segment: string): string {
  const isEncoded = /^(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})*$/i.test(segment) && segment.includes("%");
  // A text that is no UTF-16 cannot be encoded, and nothing is called so.
  return isEncoded ? segment : encodeURIComponent(segment.toWellFormed());
}

/** The response as API Gateway takes it: all that the API answers with is text. */
export async function answerOf(response: Response): Promise<HttpAnswer> {
  const headers = {
    ...Object.fromEntries(response.headers),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  return { statusCode: response.status, headers, body: await response.text(), isBase64Encoded: false };
}
