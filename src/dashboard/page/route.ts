/** Where the page is: what stands behind `#`. */
export type Route =
  | { readonly page: "overview" }
  | { readonly page: "device"; readonly id: string }
  | { readonly page: "batch"; readonly key: string }
  | { readonly page: "unknown" };

export function readRoute(hash: string): Route {
  if (hash === "" || hash === "#" || hash === "#/") return { page: "overview" };
  const [, page, encoded] = /^#\/(device|batch)\/(.+)$/.exec(hash) ?? [];
  const name = encoded === undefined ? null : decode(encoded);
  if (name === null) return { page: "unknown" };
  return page === "device" ? { page, id: name } : { page: "batch", key: name };
}

export const OVERVIEW = "#/";

export function deviceHash(id: string): string {
  return `#/device/${segment(id)}`;
}

export function batchHash(key: string): string {
  return `#/batch/${segment(key)}`;
}

/** One segment of a URL. A lone surrogate, which no UTF-8 file can hold, would make encodeURIComponent throw. */
export function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
