import { readFile } from "node:fs/promises";
import type { Assets } from "../dashboard/app.ts";
import { messageOf, VantageflowError } from "../errors.ts";
import type { Io } from "./io.ts";

/** The page, file by file: what is not here is not served. */
const FILES = [
  { path: "/", file: "index.html", type: "text/html; charset=utf-8" },
  { path: "/app.js", file: "app.js", type: "text/javascript; charset=utf-8" },
  { path: "/app.css", file: "app.css", type: "text/css; charset=utf-8" },
  { path: "/favicon.svg", file: "favicon.svg", type: "image/svg+xml" },
] as const;

/** Reads the dashboard's page into memory. Throws `not_found` where it was not built. */
export async function loadPage(io: Io): Promise<Assets> {
  try {
    const bodies = await Promise.all(FILES.map(({ file }) => readFile(new URL(file, io.page))));
    return new Map(FILES.map(({ path, type }, index) => [path, { type, body: new Uint8Array(bodies[index]) }]));
  } catch (error) {
    const why = `its page is not there (${messageOf(error)}). Run: npm run build`;
    throw new VantageflowError("not_found", `Cannot show the dashboard: ${why}`, { cause: error });
  }
}
